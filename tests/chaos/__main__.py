"""``python -m tests.chaos [--kills 100 | --reports 200 [--real 20] | --short] [--seed N]``: exit code 0 where all is well, 1 where something
is wrong, 2 where it can't be tried."""

from __future__ import annotations

import argparse
import secrets
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos import waits
from tests.chaos.parts import DidNotStart, NotToBeHad
from tests.chaos.reports import ReportRun
from tests.chaos.run import Run, say
from tests.chaos.stage import Stage

CLIENTS = 4


def play(folder: Path, seed: int, kills: int | None) -> list[str]:
    """The whole run in ``folder``; returns what was wrong. Raises NotToBeHad."""
    begun = time.monotonic()
    say(f"{kills or 'a few'} kills with the seed {seed}; everything lies in {folder}. Waits before lost work is taken over: {waits.text()}")
    stage = None
    try:
        stage = Stage(folder, small=kills is None)
        people = stage.open()
        say(f"Ready after {time.monotonic() - begun:.0f} s.")
        wrong = Run(stage, people, seed, kills=kills, clients=CLIENTS if kills else 1).play()
    except DidNotStart as fault:
        wrong = [str(fault)]
    finally:
        if stage is not None:
            stage.close()
    say(f"{time.monotonic() - begun:.0f} s in all.")
    return wrong


def play_reports(folder: Path, seed: int, reports: int, real: int) -> list[str]:
    """The run with many reports in ``folder``; returns what was wrong. Raises NotToBeHad."""
    begun = time.monotonic()
    say(f"{reports} reports, {real} of them in full, with the seed {seed}; everything lies in {folder}. Waits: {waits.text()}")
    stage = None
    try:
        stage = Stage(folder)
        wrong = ReportRun(stage, seed, reports=reports, real=real).play()
    except DidNotStart as fault:
        wrong = [str(fault)]
    finally:
        if stage is not None:
            stage.close()
    say(f"{time.monotonic() - begun:.0f} s in all.")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description="Kill -9 of every part of the service while cases are signed off.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None, help="of the random choices; how fast the machine is stays its own matter")
    parser.add_argument("--short", action="store_true", help="one case, and each of web, worker, broker and database killed once")
    parser.add_argument("--reports", type=int, default=0, help="instead: so many reports, with faults of all that makes them")
    parser.add_argument("--real", type=int, default=20, help="how many of those are laid out and sealed; the others are cheap")
    chosen = parser.parse_args()
    if chosen.kills < 1:
        parser.error("--kills is 1 or more")
    seed = secrets.randbelow(10**6) if chosen.seed is None else chosen.seed

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    folder = Path(tempfile.mkdtemp(prefix="countersign-chaos-"))
    folder.chmod(0o711)  # PostgreSQL may run as another user, and its folder lies in here
    keep = True
    try:
        if chosen.reports:
            wrong = play_reports(folder, seed, chosen.reports, chosen.real)
        else:
            wrong = play(folder, seed, None if chosen.short else chosen.kills)
        keep = bool(wrong)
    except NotToBeHad as missing:
        keep = False
        say(str(missing))
        return 2
    except KeyboardInterrupt:
        keep = False
        say("Stopped.")
        return 130
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    for line in wrong:
        say(f"WRONG: {line}")
    say(f"Everything is kept in {folder}; the seed was {seed}." if wrong else "Nothing was lost, doubled or half done.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
