"""What the report's words mean."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml


def glossary(shown: Mapping[str, Any]) -> list[dict[str, str]]:
    """The terms in alphabetical order, each with its ``meaning``; without those of a chapter that isn't among what is ``shown``."""
    return [term for term in _terms() if "chapter" not in term or shown[term["chapter"]]]


@lru_cache(maxsize=1)
def _terms() -> list[dict[str, str]]:
    terms: list[dict[str, str]] = yaml.safe_load((Path(__file__).parent / "glossary.yaml").read_text("utf-8"))["terms"]
    return sorted(terms, key=lambda term: term["term"].lower())
