"""Where each leaf of a snapshot belongs when its changes are told: to which group, to what in it, and as which part of that.

A snapshot says many things twice: the answers stand in full under ``questionnaires`` and once more in ``file``, duties and findings under their
own names and once more in ``evaluation``. The second is an *echo*: told only where the first doesn't differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from assessments.changes.leaves import ORDER, Leaf, Path

_ANSWER_PARTS = {"state": "answer", "value": "answer", "display": "answer", "answered_by": "by", "answered_at": "by"}
_RESULT_PARTS = ("score", "score_best", "score_range", "completeness", "admissible")
_BRANCHES = ("robustness", "scenarios", "break_even", "accountability", "unanswered", "ignored")
_OPTIONS = (("options",), ("file", "options"), ("evaluation", "options"))
_DESCRIBED = {
    "criteria": "criterion",
    "cost_categories": "cost_category",
    "losses": "loss_scenario",
    "providers": "provider",
    "sources": "source",
}


@dataclass(frozen=True)
class Place:
    """``subject``: the kind of thing and what names it. ``anchor``: the leaf came or went with its subject if it did so within that many
    parts of its path; 0 where the leaf says nothing of that."""

    group: str
    subject: Path
    part: str = ""
    anchor: int = 0
    echo: bool = False


def place_of(leaf: Leaf) -> Place | None:
    """The place of a leaf; None for what differs between any two snapshots (number, time of submission) and says nothing else, or only
    sums up what is told (the digest of the facts). What isn't known here goes to the group ``other``."""
    match leaf.path:
        case ("number",) | ("submitted", "at") | ("evaluation", "input_digest"):
            return None
        case ("figures" | "grounds", *_) if leaf.depth <= 1:  # one of the records is older and doesn't say it
            return None
        case (*held, last) if last == ORDER and tuple(held) not in _OPTIONS:
            return _order(tuple(held))
        case ("file", *_):
            found = _in_file(leaf.path[1:])
        case ("evaluation", *_):
            found = _in_evaluation(leaf)
        case ("questionnaires", *_):
            found = _in_questionnaires(leaf.path)
        case _:
            found = _at_the_top(leaf.path)
    return found or Place("other", ("other", *leaf.path))


def _order(held: Path) -> Place:
    """The items of a list stand in another order; the ways to another result do so as soon as one of them is nearer."""
    if held == ("evaluation", "flips"):
        return Place("computed", ("flips",), "detail")
    group = {"evaluation": "computed", "questionnaires": "catalogue"}.get(held[0], "catalogue" if held[0] in _DESCRIBED else "other")
    return Place(group, ("order", *held), "order")


def _at_the_top(path: Path) -> Place | None:
    match path:
        case ("assessment" | "organisation" | "use_case" as what, part):
            return Place("proposal", (what,), "archetype" if part == "archetype_title" else part)
        case ("as_of",):
            return Place("proposal", ("as_of",), "as_of")
        case ("proposal", "recommended"):
            return Place("results", ("recommendation",), "option", echo=True)
        case ("proposal", part):
            return Place("proposal", ("proposal",), "option" if part == "option_name" else part)
        case ("options", option) if option == ORDER:
            return Place("options", ("options",), "order")
        case ("options", option, *rest):
            return Place("options", ("option", option), _dotted(rest), 2)
        case ("figure_sources", figure, *rest):
            return (
                _source_of_figure(figure) if rest == ["source"] or not rest else Place("figures", _source_of_figure(figure).subject, "id")
            )
        case ("figures", figure, *rest):
            return Place("figures", _source_of_figure(figure).subject, "by" if rest == ["by"] else "id", echo=True)
        case ("grounds", "thresholds" | "margin" as what, *rest):
            return Place("results", ("recommendation",), _dotted(rest) or what, echo=True)
        case ("grounds", "ruled_out", *rest):
            return Place("results", ("class",), f"ruled_out.{_dotted(rest)}", echo=True)
        case ("grounds", *rest):
            return Place("catalogue", ("release",), _dotted(rest), echo=True)
        case ("catalogue", part):
            return Place("catalogue", ("release",), "digest" if part == "digest" else "release")
        case ("criteria" | "cost_categories" | "losses" | "providers" | "sources" as what, name, *rest):
            return Place("catalogue", (_DESCRIBED[what], name), _dotted(rest), 2)
        case ("robustness", *rest):
            return Place("catalogue", ("robustness",), _dotted(rest))
        case ("obligations", duty, *rest):
            return Place("obligations", ("duty", duty), _dotted(rest), 2)
        case ("class_texts", reference, *_):
            return Place("results", ("class",), f"basis:{reference}")
        case ("findings", name, *rest):
            return Place("findings", ("finding", *_option_and(name)), _dotted(rest), 2)
        case ("register", name, *rest):
            return _in_register(("finding", *_option_and(name)), rest)
        case ("routing", "stages", stage, "people", person, *_):
            return Place("routing", ("stage", stage), f"people:{person}", 3)
        case ("routing", "facts", fact):
            return Place("routing", ("facts",), fact)
        case ("routing", "policy", "digest"):
            return Place("routing", ("routing",), "digest")
        case ("routing", "stages", stage, *rest) if rest:
            return Place("routing", ("stage", stage), _dotted(rest), 3)
        case ("routing", *rest):
            return Place("routing", ("routing",), _dotted(rest))
        case ("people", person, *rest):
            return Place("people", ("person", person), _dotted(rest), 2)
        case ("submitted", part):
            return Place("people", ("submitted",), part)
        case ("software", name):
            return Place("software", ("software", name), "", 2)
    return None


def _in_register(finding: Path, rest: list[str]) -> Place:
    """The register says what is done about each finding, and of the finding itself what ``findings`` says already."""
    match rest:
        case ["owner", *_]:
            return Place("findings", finding, "owner")
        case ["evidence", digest, *_]:
            return Place("findings", finding, f"evidence:{digest}")
        case ["residual" | "treatment" | "plan" | "due_on", *_]:
            return Place("findings", finding, _dotted(rest))
    return Place("findings", finding, _dotted(rest), echo=True)


def _in_questionnaires(path: Path) -> Place | None:
    match path:
        case (_, _, "sections", _, "questions", question, "answers", owner, "evidence", file, *_):
            return Place("answers", ("answer", owner, question), f"evidence:{file}", 8)
        case (_, _, "sections", _, "questions", question, "answers", owner, *rest):
            return Place("answers", ("answer", owner, question), _ANSWER_PARTS.get(_dotted(rest), _dotted(rest)), 8)
        case (_, _, "sections", _, "questions", question, *rest) if rest:
            return Place("catalogue", ("question", question), _dotted(rest), 6)
        case (_, questionnaire, "sections", section, *rest) if rest:
            return Place("catalogue", ("section", questionnaire, section), _dotted(rest), 4)
        case (_, questionnaire, *rest):
            return Place("catalogue", ("questionnaire", questionnaire), _dotted(rest), 2)
    return None


def _in_file(path: Path) -> Place | None:
    """``path`` begins inside ``file``; an anchor counts from the whole snapshot."""
    match path:
        case ("title",):
            return Place("proposal", ("assessment",), "title", echo=True)
        case ("as_of",):
            return Place("proposal", ("as_of",), "as_of", echo=True)
        case ("catalogue",):
            return Place("catalogue", ("release",), "release", echo=True)
        case ("use_case", "responses", question, *_):
            return Place("answers", ("answer", "use_case", question), "answer", echo=True)
        case ("use_case", part):
            return Place("proposal", ("use_case",), part, echo=True)
        case ("demand", "budget", key):
            return Place("figures", ("demand", f"budget_{key}"), "value", 4)
        case ("demand", key):
            return Place("figures", ("demand", key), "value", 3)
        case ("weights",):
            return Place("weights", ("weights",), "source")
        case ("weights", criterion):
            return Place("weights", ("weight", criterion), "stated")
        case ("options", option, *rest) if option != ORDER:
            return _in_option_of_file(option, rest)
        case ("options", *_):
            return Place("options", ("options",), "order", echo=True)
    return None


def _in_option_of_file(option: str, rest: list[str]) -> Place | None:
    match rest:
        case ["responses", question, *_]:
            return Place("answers", ("answer", option, question), "answer", echo=True)
        case ["costs", "currency"]:
            return Place("figures", ("cost", option, "", "currency"), "value", 5)
        case ["costs", category]:
            return Place("figures", ("cost", option, category, ""), "value", 5)
        case ["costs", category, key, *_]:
            return Place("figures", ("cost", option, category, key), "value", 6)
        case ["costs" | "responses", *_]:
            return None
    return Place("options", ("option", option), _dotted(rest), echo=True)


def _in_evaluation(leaf: Leaf) -> Place | None:
    path = leaf.path[1:]
    match path:
        case ("as_of",):
            return Place("proposal", ("as_of",), "as_of", echo=True)
        case ("catalogue", part):
            return Place("catalogue", ("release",), "digest" if part == "digest" else "release", echo=True)
        case ("currency",):
            return Place("figures", ("demand", "currency"), "value", echo=True)
        case ("recommendation", part):
            return Place("results", ("recommendation",), part)
        case ("ranking",):
            return Place("results", ("ranking",))
        case ("ai_act", "basis", reference, *_):
            return Place("results", ("class",), f"basis:{reference}")
        case ("ai_act", "obligations", duty, *_) | ("obligations", duty, *_) | ("options", _, "obligations", duty, *_):
            return Place("obligations", ("duty", duty), _dotted(path), echo=True)
        case ("ai_act", *rest):
            return Place("results", ("class",), _dotted(rest))
        case ("options", option, *rest) if option != ORDER:
            return _in_option_of_evaluation(leaf, option, rest)
        case ("options", *_):
            return Place("options", ("options",), "order", echo=True)
        case ("flips", turn, *rest):
            return Place("computed", ("flips",), f"{'flip' if rest == ['text'] else 'detail'}:{turn}")
        case ("trace", *_):
            return Place("computed", ("trace",), "trace")
        case ("accountability" | "break_even" as branch, name, "option" | "against" | "between"):
            return Place("computed", (branch,), f"detail:{name}")
        case (branch, *rest) if branch in _BRANCHES:
            return Place("computed", (branch if branch != "robustness" else "sureness",), _dotted(rest))
    return None


def _in_option_of_evaluation(leaf: Leaf, option: str, rest: list[str]) -> Place | None:
    match rest:
        case ["sourcing"]:
            return Place("options", ("option", option), "sourcing", echo=True)
        case ["findings" | "blockers", finding, *_]:
            return Place("findings", ("finding", option, finding), _dotted(rest), echo=True)
        case ["values", criterion, "weight"] if not (leaf.came_with(3) or leaf.went_with(3)):
            return Place("weights", ("weight", criterion), "weight")
        case ["values", criterion, *more]:
            return Place("computed", ("value", option, criterion), _dotted(more), 5)
        case ["costs", "total", _]:
            return Place("results", ("result", option), "total" if rest[-1] == "likely" else "total_range", 3)
        case ["costs", "complete"]:
            return Place("results", ("result", option), "costs_complete", 3)
        case ["costs", "by_category", category]:
            return Place("computed", ("category_cost", option, category), "likely", 6)
        case ["loss", "p95" | "expected_per_year" as part]:
            return Place("results", ("result", option), part, 3)
        case ["loss", "exceedance", amount, part]:
            return Place("computed", ("exceedance", option), amount if part == "probability" else "detail", 4)
        case ["loss", "scenarios", scenario, *more] if more:
            return Place("computed", ("loss", option, scenario), _dotted(more), 6)
        case [part, *_] if part in _RESULT_PARTS:
            return Place("results", ("result", option), part, 3)
    return Place("computed", ("more", option), _dotted(rest), 3)


def _source_of_figure(name: str) -> Place:
    option, figure = _option_and(name)
    category, _dot, key = figure.partition(".")
    subject = ("cost", option, category, key) if option else ("demand", key or category)
    return Place("figures", subject, "source")


def _option_and(name: str) -> tuple[str, str]:
    """An item that is named within its option; what has no two names (one stands by its place in the list) has no option."""
    option, slash, rest = name.partition("/")
    return (option, rest) if slash else ("", name)


def _dotted(rest: list[str] | Path) -> str:
    return ".".join(rest)
