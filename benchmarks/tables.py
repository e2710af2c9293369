"""Keeping what a benchmark printed in a page of documentation, between two marks of its name."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def keep(name: str, table: str, page: str = "benchmarks/README.md") -> None:
    """``page``: from the project's folder."""
    path = ROOT / page
    head, _, rest = path.read_text("utf-8").partition(f"<!-- {name} -->\n")
    _, _, tail = rest.partition(f"<!-- /{name} -->\n")
    path.write_text(f"{head}<!-- {name} -->\n{table}\n<!-- /{name} -->\n{tail}", "utf-8")
