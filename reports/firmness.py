"""How firm the recommendation is by its limits, and what was reached: from the record to a paragraph. Pure."""

from __future__ import annotations

from typing import Any

from assessments.scoring.words import of_hundred
from reports.wording import percent


def firmness(snapshot: dict[str, Any]) -> dict[str, str] | None:
    """``limits`` and ``reached``, a sentence each; None where the record doesn't have the limits (those of before they were kept)."""
    limits = snapshot.get("grounds", {}).get("thresholds")
    evaluation = snapshot["evaluation"]
    if not limits or not evaluation["ranking"]:
        return None
    return {"limits": _limits(limits), "reached": _reached(evaluation, snapshot["grounds"].get("margin"))}


def _limits(limits: dict[str, str]) -> str:
    often, leaning = (limits.get(f"{firm}_acceptability") for firm in ("clear", "leaning"))
    clear = f"it is at least {limits['clear_margin']} points ahead of the next option"
    clear += f", at least {percent(limits['clear_completeness'])} of it is answered"
    clear += f", it comes first in at least {of_hundred(often)} draws near the stated weights" if often else ""
    least = f"from {limits['leaning_margin']} points" + (f" and {of_hundred(leaning)} draws" if leaning else "") + " on"
    whose = (
        f" These limits go by the organisation's risk appetite ({limits['appetite'].partition(':')[0].lower()})." if limits.get("appetite")
        else " Since the risk appetite wasn't answered, the strictest limits apply." if "appetite" in limits else ""
    )  # fmt: skip
    return (
        f"The recommendation of an option is clear where {clear}, and no option with more left open could still overtake it; "
        f"it is a leaning {least}, and too close to call below.{whose}"
    )


def _reached(evaluation: dict[str, Any], margin: str | None) -> str:
    leader = next(o for o in evaluation["options"] if o["id"] == evaluation["ranking"][0])
    said = [f"{margin} points ahead"] if margin else []
    said.append(f"{percent(leader['completeness'])} answered")
    shares = evaluation.get("robustness", {}).get("stated_weights", {}).get("rank_acceptability", {}).get(leader["id"])
    if shares and margin:
        said.append(f"first in {of_hundred(shares[0])} draws")
    return f"Reached: {', '.join(said)}."
