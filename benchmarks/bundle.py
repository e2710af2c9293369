"""How much memory an evidence bundle of about 2 GB takes, to make and to check, and how long.

    python benchmarks/bundle.py [--write]

A signed case with 105 files of evidence of 20 MB each, the largest that is taken, in a database and a folder of its own. Making, checking and
merely hashing the same bytes run in a process each, so that each one's peak of memory is its own. ``--write`` keeps the table in
docs/evidence-bundle.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.tables import keep  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

FILES = 105
MOST_MB = 200  # of memory, in the process that makes the bundle
Row = tuple[str, str, str]


def prepare() -> None:
    import django

    django.setup()


def fill() -> str:
    """The signed case, with its report made; returns the decision record's id. The evidence can't be packed any smaller, as a scan can't."""
    from django.conf import settings

    from assessments import workflow
    from jobs.models import Job
    from reports.tasks import make_sign_off
    from tests.fixtures import attach, make_cast, make_complete, sign

    cast = make_cast()
    assessment = make_complete(cast)
    head = b"%PDF-1.7\n"
    body = os.urandom(settings.EVIDENCE_MAX_BYTES - len(head) - 4)
    for number in range(FILES):
        attach(cast, assessment, f"scan-{number}.pdf", head + number.to_bytes(4, "big") + body)
    workflow.submit(actor=cast.risk_officer, assessment=assessment)
    assessment.refresh_from_db()
    decision = sign(cast, assessment)
    make_sign_off(str(Job.objects.get(key=f"sign_off:{decision.digest}").pk))
    return str(decision.pk)


def make(pk: str, out: str) -> dict[str, float]:
    """Write the bundle; seconds until its first byte and in all, and its size. What was imported before counts in the peak, as in a worker."""
    from assessments.models import DecisionRecord
    from reports.bundle import bundle_of

    decision = DecisionRecord.objects.get(pk=pk)
    start = time.perf_counter()
    bundle = bundle_of(decision)
    looked = time.perf_counter() - start
    with open(out, "wb") as file:
        for chunk in bundle:
            file.write(chunk)
    return {"looked": looked, "seconds": time.perf_counter() - start, "bytes": Path(out).stat().st_size, "peak": peak()}


def hashing(out: str) -> dict[str, float]:
    """The floor: reading the zip and hashing it, twice, as making it reads the files twice."""
    start = time.perf_counter()
    for _ in range(2):
        with open(out, "rb") as file:
            hashlib.file_digest(file, "sha256")
    return {"seconds": time.perf_counter() - start, "peak": peak()}


def peak() -> float:
    """In MB, of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def part(name: str, *arguments: str) -> None:
    """One measurement in a process of its own, which prints what it found as JSON."""
    if name == "hash":
        print(json.dumps(hashing(*arguments)))
        return
    prepare()
    print(json.dumps({"fill": fill, "make": make}[name](*arguments)))  # type: ignore[operator]


def run(environment: dict[str, str], *arguments: str) -> Any:
    done = subprocess.run([sys.executable, __file__, "--part", *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def check(out: str) -> dict[str, float]:
    """verify.py on the zip, as an auditor runs it."""
    script = ROOT / "reports" / "bundle" / "verify.py"
    measured = (
        f"import resource, runpy, sys; sys.argv = ['verify.py', {out!r}]\ntry: runpy.run_path({str(script)!r}, run_name='__main__')\n"
    )
    measured += "except SystemExit as end: print(end.code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-I", "-S", "-c", measured], stdout=subprocess.PIPE, text=True, check=True)
    code, held = done.stdout.splitlines()[-1].split()
    assert code == "0", done.stdout
    return {"seconds": time.perf_counter() - start, "peak": float(held)}


def measure() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as var:
        environment = {**os.environ, "VAR_DIR": var, "DATABASE_URL": f"sqlite:///{var}/bench.sqlite3", "LOG_LEVEL": "ERROR"}
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True)
        out = f"{var}/b.zip"
        made = run(environment, "make", run(environment, "fill"), out)
        floor = run(environment, "hash", out)
        checked = check(out)
    assert made["peak"] < MOST_MB, f"{made['peak']:.0f} MB"
    return [
        (f"a bundle of {made['bytes'] / 1e9:.2f} GB, {FILES} files of evidence: memory", f"{made['peak']:.0f} MB",
         f"{made['peak'] / MOST_MB:.2f} of the limit of {MOST_MB} MB"),
        ("looking at every file before the first byte", f"{made['looked']:.1f} s", f"{made['looked'] / made['seconds']:.2f} of the whole"),
        ("all of it", f"{made['seconds']:.1f} s", f"{made['seconds'] / floor['seconds']:.2f} × reading and hashing it twice"),
        ("verify.py on the zip", f"{checked['seconds']:.1f} s, {checked['peak']:.0f} MB",
         f"{checked['seconds'] / floor['seconds'] * 2:.2f} × reading and hashing it once"),
    ]  # fmt: skip


def table(rows: list[Row]) -> str:
    return "\n".join(["| what | figure | against |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)])


def main() -> None:
    if sys.argv[1:2] == ["--part"]:
        part(*sys.argv[2:])
        return
    found = table(measure())
    print(found)
    if "--write" in sys.argv:
        keep("bundle", found, "docs/evidence-bundle.md")


if __name__ == "__main__":
    main()
