"""Words and figures of the printed page: how the records' codes, times and amounts are shown to people. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

OUTCOMES = {
    "approved": "Approved",
    "approved_with_conditions": "Approved with conditions",
    "rejected": "Rejected",
    "undecided": "Draft, not signed",
}
VERDICTS = {
    "approve": "Approved", "approve_with_conditions": "Approved with conditions", "reject": "Rejected", "return": "Returned",
    "abstain": "Abstained",
}  # fmt: skip
FACTORS = {"totp": "a code of an authenticator app", "recovery-code": "a recovery code", "passkey": "a passkey"}
MEANINGS = {"approval": "Approval of the proposed option", "review": "Review of the record"}
SOURCINGS = {
    "closed_api": "Closed API",
    "managed_open": "Managed open weights",
    "self_hosted_open": "Self-hosted open weights",
    "on_device_open": "On-device open weights",
}
BASES = {
    "unsupported": "Unsupported",
    "self_declared": "Self-declared",
    "published": "Published",
    "contractual": "Contractual",
    "certified": "Certified",
}
CLASSES = {
    "prohibited": "Prohibited",
    "high": "High-risk",
    "limited": "Limited risk",
    "minimal": "Minimal risk",
    "out_of_scope": "Out of scope",
    "undetermined": "Undetermined",
}
CONFIDENCE = {
    "clear": "A clear recommendation",
    "leaning": "A leaning, not a clear recommendation",
    "too_close": "Too close to call",
    "none_admissible": "No option is admissible",
}
CONFIDENCE_SHORT = {"clear": "Clear", "leaning": "Leaning", "too_close": "Too close to call", "none_admissible": "None admissible"}
VERIFIED = {
    "primary": "primary text read",
    "secondary": "read in a secondary source",
    "computed": "recomputed from stated inputs",
    "to_check": "to be checked",
    "judgement": "Countersign's own judgement",
}
STATES = {
    "unknown": "Unknown",
    "not_applicable": "Not applicable",
    "unanswered": "Unanswered",
    "hidden": "Not asked",
    "open": "Not settled whether it is asked",
}
INSTRUMENTS = {
    "ai-act": "EU AI Act",
    "gdpr": "GDPR",
    "dora": "DORA",
    "nis2": "NIS 2",
    "data-act": "Data Act",
    "product-liability": "Product liability",
    "cra": "Cyber Resilience Act",
}
STATUSES = {"met": "Met", "gap": "Gap", "unknown": "Not shown"}
APPETITES = {"medium": "Moderate"}  # as the catalogue asks for it; low and high are called the same
DEMAND = {
    "input_tokens_per_month": "Input tokens a month",
    "output_tokens_per_month": "Output tokens a month",
    "cached_share": "Share of input read from a cache",
    "peak_ratio": "Busiest hour against the average",
    "growth_per_year": "Growth a year",
    "horizon_months": "Horizon in months",
    "discount_rate": "Discount rate a year",
}
_PERCENT, _WHOLE = re.compile(r"[\d,]+\.(\d+) %"), re.compile(r"[\d,]+ %")
TIMES = {"peak_ratio": " times it"}
_AMOUNT = re.compile(r"\b([A-Z]{3}[ \u00a0])(\d{1,3}(?:,\d{3})*\.\d\d)\b(?!\.\d)")
SHARES = frozenset({"cached_share", "growth_per_year", "discount_rate"})


def word(code: str | None, words: dict[str, str]) -> str:
    """The words for a code; a code that is new here is shown as it stands rather than left out."""
    return words.get(code or "", (code or "").replace("_", " ").capitalize())


def moment(text: str | None) -> str:
    """``2026-11-23T09:31:12.482113Z`` as ``23 November 2026, 09:31:12 UTC``."""
    if not text:
        return ""
    at = datetime.fromisoformat(text)
    return f"{at.day} {at:%B %Y, %H:%M:%S} UTC"


def day(text: str | None) -> str:
    """``2026-11-23``, or the day of a time, as ``23 November 2026``."""
    if not text:
        return ""
    at = date.fromisoformat(text[:10])
    return f"{at.day} {at:%B %Y}"


def short_day(text: str | None) -> str:
    """``2026-11-23``, or the day of a time, as ``23 Nov 2026``."""
    if not text:
        return ""
    at = date.fromisoformat(text[:10])
    return f"{at.day} {at:%b %Y}"


def percent(share: str | None) -> str:
    """``0.8600`` as ``86 %``; one decimal where it isn't a whole number."""
    value = number(share)
    return "" if value is None else f"{Decimal(plain(value * 100, 1)):,} %"


def chance(share: str | None) -> str:
    """``0.8300`` as ``83 %``; what isn't quite nothing or all is never rounded to it."""
    value = number(share)
    if value is None:
        return ""
    if 0 < value < Decimal("0.001"):
        return "below 0.1 %"
    return "above 99.9 %" if Decimal("0.999") < value < 1 else f"{plain(value * 100, 1)} %"


def fixed(text: str, places: int = 2) -> str:
    """With exactly ``places`` decimals, to stand in a column."""
    value = number(text)
    return text if value is None else f"{value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN):f}"


def aligned(cells: Sequence[Sequence[str]]) -> list[list[str]]:
    """The cells of a table whose percentages all have as many decimals as the one that has most."""
    places = max((len(found[1]) for row in cells for cell in row if (found := _PERCENT.fullmatch(cell))), default=0)
    return [[f"{cell[:-2]}.{'0' * places} %" if places and _WHOLE.fullmatch(cell) else cell for cell in row] for row in cells]


def amount(text: str | None) -> str:
    """``612480.00`` as ``612,480``: whole units from a hundred on, two decimals below; nothing is ``0``."""
    value = number(text)
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or not value else f"{value:,.2f}"


def whole_amounts(sentence: str) -> str:
    """A sentence of the record with its amounts as everywhere in the report: ``EUR 534,317`` for ``EUR 534,317.34``."""
    return _AMOUNT.sub(lambda m: m[1] + amount(m[2].replace(",", "")), sentence)


def count(text: str | None) -> str:
    """``1240000000`` as ``1,240,000,000``."""
    value = number(text)
    return (text or "") if value is None else f"{value:,f}"


def plain(value: Decimal, places: int) -> str:
    """With at most ``places`` decimals, and no noughts at the end."""
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def articles(reference: str) -> str:
    """``Arts 13, 14`` as ``Arts 13 and 14``."""
    return re.sub(r"^(Arts .+), (\d+)$", r"\1 and \2", reference)


def cited(instrument: str, reference: str) -> str:
    """An article with its law: ``DORA Art. 28(3)``."""
    return f"{INSTRUMENTS.get(instrument, instrument)} {articles(reference)}"


def in_order(reference: str) -> list[tuple[bool, int, str]]:
    """What articles are sorted by: numbers by their size, and before letters."""
    parts = [part for part in re.findall(r"\d+|[a-z]+", reference.lower()) if part not in ("art", "arts")]
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def listed(names: list[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def shortened(text: str, longest: int) -> str:
    """The text where it takes no more room than ``longest`` ordinary letters; else its first words and an ellipsis."""
    if _fitting(text, longest) == len(text):
        return text
    head = text[: _fitting(text, longest - 1)]
    whole = head[-1:].isspace() or text[len(head) : len(head) + 1].isspace()
    words = head if whole or not head.strip() else head.rsplit(None, 1)[0]
    # A word that never ends is cut within.
    return (words if len(words) > len(head) // 2 else head).rstrip(" ,;:(“") + "…"


def _fitting(text: str, room: int) -> int:
    """How many of the text's characters fit the room of so many letters: capitals and the like are wider, an m or w takes two."""
    left = float(room)
    for place, character in enumerate(text):
        left -= 2 if character in "mwMW@%" else 1.4 if character.isupper() else 1
        if left < 0:
            return place
    return len(text)


def number(text: object) -> Decimal | None:
    try:
        value = Decimal(str(text))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def file_size(size: int) -> str:
    """In the unit that people read: ``471 KB``."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:,.0f} KB" if size < 1_000_000 else f"{size / 1_000_000:,.1f} MB"


def ordered(mapping: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    """The mapping with ``keys`` first, in their order."""
    return {key: mapping[key] for key in keys if key in mapping} | mapping
