"""How long a sign-off report takes against Chromium printing the same HTML, how time and memory grow with its pages, and reports a minute.

    python benchmarks/report.py [--pages] [--workers] [--write]

The record is that of examples/bank-chatbot.yaml, signed in a database and a folder of its own. Ours is the whole way: charts, pages, tags,
embedded records, seal. Chromium prints that HTML, with our fonts and charts, tagged and with an outline, and does none of the rest. Both are warm,
take turns in one run, and the median counts. ``--write`` keeps the tables in benchmarks/README.md.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.tables import keep  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

RUNS = 7
LIMIT = 1.6  # of our time against Chromium's
REPEATS = (0, 3, 7, 12)  # of each questionnaire, beside the one that there is
REPORTS = 6  # of each worker
# The browser itself, which the limit is of, and its engine without a desktop around it, which prints in two thirds of the time; what is there.
CHROMIUMS = [name for name in ("chromium", "google-chrome", "chromium-headless-shell") if shutil.which(name)]
FLAGS = ["--no-sandbox", "--allow-file-access-from-files"]
Row = tuple[str, str, str]


def prepare() -> None:
    import django

    django.setup()


def fill(out: str) -> None:
    """The signed case; ``out`` gets the exact bytes of its records."""
    from reports.log_proof import log_proof
    from reports.making import frozen
    from tests.fixtures import make_approved, make_cast

    decision = make_approved(make_cast())
    Path(out).write_bytes(pickle.dumps(replace(frozen(decision), log_proof=log_proof(decision))))


def read(file: str, repeats: int = 0) -> Any:
    """The records; with ``repeats`` each questionnaire stands so many times more in the snapshot, to make a long report."""
    records = pickle.loads(Path(file).read_bytes())
    if repeats:
        snapshot = json.loads(records.snapshot)
        snapshot["questionnaires"] += [q | {"id": f"{q['id']}-{n}"} for n in range(repeats) for q in snapshot["questionnaires"]]
        records = replace(records, snapshot=json.dumps(snapshot).encode())
    return records


def make(records: Any) -> tuple[bytes, str]:
    """The sealed report and its HTML: what reports.making does, without the job and the store."""
    from accounts.models import Organisation
    from accounts.seal import signer_for
    from reports import pdf
    from reports.charts import draw_charts
    from reports.seal import seal

    charts = draw_charts(records)
    html = pdf.page(records, charts)
    unsigned = pdf.finish(pdf.lay_out(html, records, charts))
    return seal(unsigned, signer_for(Organisation.objects.get(slug="meridian-bank")), reason="Benchmark"), html


def ours(file: str, repeats: str = "0") -> None:
    """Answers each line on standard input with the seconds of one report."""
    from reports.charts import draw_charts

    records = read(file, int(repeats))
    sealed, html = make(records)
    folder = Path(file).parent / "site"
    if repeats == "0" and not folder.exists():
        site(folder, html, draw_charts(records))
    say(pages(sealed))
    for _ in sys.stdin:
        start = time.perf_counter()
        make(records)
        say(time.perf_counter() - start)


def site(folder: Path, html: str, charts: Any) -> None:
    """The HTML as files that Chromium can open."""
    from reports import fonts, pdf

    (folder / "chart").mkdir(parents=True)
    (folder / "fonts").mkdir()
    for font in fonts.FOLDER.glob("*.woff2"):
        shutil.copy(font, folder / "fonts")
    for name, chart in charts.items():
        (folder / "chart" / f"{name}.svg").write_text(chart.svg, "utf-8")
    (folder / "report.css").write_text(pdf.STYLES.read_text("utf-8").replace("countersign:", ""), "utf-8")
    html = re.sub(r"countersign:chart/(\w+)", r"chart/\1.svg", html).replace("countersign:", "")
    (folder / "index.html").write_text(html, "utf-8")


def chromium(file: str, name: str) -> None:
    """Answers each line on standard input with the seconds of one print, by a browser that runs already."""
    from playwright.sync_api import sync_playwright

    address = (Path(file).parent / "site" / "index.html").as_uri()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which(name), args=FLAGS)

        def printed() -> bytes:
            page = browser.new_page()
            page.goto(address)
            page.evaluate("document.fonts.ready.then(() => 1)")
            found = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
            page.close()
            return found

        say(pages(printed()))
        for _ in sys.stdin:
            start = time.perf_counter()
            printed()
            say(time.perf_counter() - start)


def pages(data: bytes) -> int:
    import io

    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as document:
        return len(document.pages)


def say(answer: object) -> None:
    print(json.dumps(answer), flush=True)


class Part:
    """One measurement in a process of its own, which answers a line with a line of JSON."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--part", *arguments], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def ask(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def __call__(self) -> Any:
        self.ask()
        return self.answer()

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def against_chromium(environment: dict[str, str], file: str) -> list[Row]:
    report = Part(environment, "ours", file)
    count = report.answer()
    browsers = {name: Part(environment, "chromium", file, name) for name in CHROMIUMS}
    counts = {name: browser.answer() for name, browser in browsers.items()}
    turns = [(report(), {name: browser() for name, browser in browsers.items()}) for _ in range(RUNS)]
    for part in (report, *browsers.values()):
        part.end()
    mine = [took for took, _ in turns]
    here = statistics.median(mine)
    rows = [
        ("the sealed report", f"{count} pages, {here:.2f} s ({min(mine):.2f} to {max(mine):.2f}), {here / count * 1000:.0f} ms a page", "1")
    ]
    for name in browsers:
        theirs = [took[name] for _, took in turns]
        there = statistics.median(theirs)
        by_turn = statistics.median(took / others[name] for took, others in turns)
        figure = (
            f"{counts[name]} pages, {there:.2f} s ({min(theirs):.2f} to {max(theirs):.2f}), {there / counts[name] * 1000:.0f} ms a page"
        )
        limit = "" if name.endswith("shell") else f" (limit {LIMIT})"
        rows.append((f"`{name}`", figure, f"ours takes {here / there:.2f} × its time{limit}; {by_turn:.2f} × turn by turn"))
        cold = statistics.median(_cold(file, name) for _ in range(3))
        rows.append((f"`{name}`, started for each print", f"{cold:.2f} s", f"{cold / there:.2f} × one that runs already"))
    return rows


def _cold(file: str, name: str) -> float:
    page = Path(file).parent / "site" / "index.html"
    start = time.perf_counter()
    subprocess.run(
        [name, "--headless=new", *FLAGS, "--no-pdf-header-footer", f"--print-to-pdf={page.with_suffix('.pdf')}", page.as_uri()],
        check=True, capture_output=True,
    )  # fmt: skip
    return time.perf_counter() - start


def growth(environment: dict[str, str], file: str) -> list[Row]:
    rows: list[Row] = []
    first = 0.0
    for repeats in REPEATS:
        part = Part(environment, "ours", file, str(repeats))
        count = part.answer()
        seconds = statistics.median(part() for _ in range(3))
        before = most = _memory(part.process.pid)
        part.ask()
        while not _answered(part):
            most = max(most, _memory(part.process.pid))
            time.sleep(0.02)
        part.answer()
        part.end()
        each = seconds / count
        first = first or each
        took = f"{seconds:.2f} s, {each * 1000:.0f} ms a page"
        held = f"{most:.0f} MB, {most / count:.1f} MB a page; {before:.0f} MB between two reports"
        rows.append((f"{count} pages", f"{took}, {held}", f"{each / first:.2f} × the time a page at the smallest"))
    return rows


def _answered(part: Part) -> bool:
    import select

    return bool(select.select([part.process.stdout], [], [], 0)[0])


def _memory(pid: int) -> float:
    """In MB what a process and its children hold, what they share counted once. They stand still meanwhile: where one ends or begins between two
    readings, what it shares would be counted for it and for the others."""
    held, names = 0, [pid, *map(int, _children(pid))]
    _signal(names, signal.SIGSTOP)
    for name in names:
        try:
            found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{name}/smaps_rollup").read_text(), re.MULTILINE)
        except OSError:
            continue
        held += int(found[1]) if found else 0
    _signal(names, signal.SIGCONT)
    return held / 1024


def _signal(names: list[int], which: int) -> None:
    for name in names:
        with suppress(ProcessLookupError):
            os.kill(name, which)


def _children(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def throughput(environment: dict[str, str], file: str) -> list[Row]:
    rates = []
    for count in (1, 2):
        parts = [Part(environment, "ours", file) for _ in range(count)]
        for part in parts:
            part.answer()
        start = time.perf_counter()
        for part in parts:
            for _ in range(REPORTS):
                part.ask()
        for part in parts:
            for _ in range(REPORTS):
                part.answer()
        rates.append(count * REPORTS / (time.perf_counter() - start) * 60)
        for part in parts:
            part.end()
    return [
        (f"{count} worker{'s' if count > 1 else ''}", f"{rate:.1f} reports a minute", f"{rate / rates[0]:.2f} × one")
        for count, rate in enumerate(rates, start=1)
    ]


def table(rows: list[Row]) -> str:
    return "\n".join(["| what | figure | against |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)])


def measure(wanted: list[str]) -> dict[str, str]:
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as var:
        environment = {**os.environ, "VAR_DIR": var, "DATABASE_URL": f"sqlite:///{var}/bench.sqlite3", "LOG_LEVEL": "ERROR"}
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True)
        file = f"{var}/records"
        subprocess.run([sys.executable, __file__, "--part", "fill", file], env=environment, check=True)
        found = {"report": table(against_chromium(environment, file))}
        if "--pages" in wanted:
            found["report pages"] = table(growth(environment, file))
        if "--workers" in wanted:
            found["report workers"] = table(throughput(environment, file))
    return found


def main() -> None:
    if sys.argv[1:2] == ["--part"]:
        prepare()
        {"fill": fill, "ours": ours, "chromium": chromium}[sys.argv[2]](*sys.argv[3:])
        return
    found = measure(sys.argv[1:])
    for name, text in found.items():
        print(text)
        if "--write" in sys.argv:
            keep(name, text)


if __name__ == "__main__":
    main()
