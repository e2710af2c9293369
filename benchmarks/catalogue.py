"""How long the whole catalogue takes to read, check and compile, against merely parsing its YAML: ``python benchmarks/catalogue.py``.

Prints the best of five runs of each and their ratio, all from one run on one machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from compliance import CONTENT
from compliance.catalogue.compile import compile_catalogue, release_bytes
from compliance.catalogue.yamltree import parse

RUNS = 5


def best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    start = time.perf_counter()
    release = compile_catalogue(CONTENT)
    size = len(release_bytes(release))
    first = time.perf_counter() - start
    texts = [path.read_text() for path in sorted(CONTENT.rglob("*.yaml"))]
    parsing = best(lambda: [parse(text) for text in texts])
    compiling = best(lambda: release_bytes(compile_catalogue(CONTENT)))
    print(f"{'the first time in a process':32} {first * 1000:7.0f} ms   limit 2,000 ms")
    print(f"{'read, check, compile':32} {compiling * 1000:7.0f} ms")
    print(f"{'parse the YAML alone':32} {parsing * 1000:7.0f} ms   ratio {compiling / parsing:.1f}")
    print(f"{len(texts)} files, {size / 1024:.0f} KiB compiled")


if __name__ == "__main__":
    main()
