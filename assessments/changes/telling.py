"""Tells the leaves in which two records differ: those of one thing as one change, each of its parts in the words that a person reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from assessments.changes.leaves import ABSENT, Leaf, Path, differences, same, written
from assessments.changes.model import Change, Changes, Group, Kind, Part
from assessments.changes.places import Place, place_of
from assessments.changes.record import Record, grouped, percent, plain
from assessments.changes.titles import Titles
from assessments.changes.words import CODES, GROUPS

Placed = tuple[Leaf, Place]
Texts = tuple[str | None, str | None]
Lost = dict[str, set[Path]]

# Said only where nothing else of the same thing differs: a save counts its revision up, a release has a digest of its own.
QUIET = {"revision", "digest", "detail", "backed_by", "id"}
# Of what is new or gone as a whole, what the rest says already.
QUIET_OF_WHOLE: Mapping[str, set[str]] = {
    "duty": {"title", "reference", "role", "instrument", "in_force", "sources"},
    "finding": {"option", "title", "question", "obligations", "sources", "acceptable_by"},
    "option": {"name"},
    "person": {"name", "reference"},
    "stage": {"title", "key", "position"},
}
MONEY = {  # in the currency that the evaluation counts in
    "total", "expected_per_year", "p95", "likely", "cost_total", "loss_per_year", "cost_per_event", "borne_by_others", "per_million_tokens",
    "extra_cost_per_year", "loss_avoided_per_year", "net_per_year",
}  # fmt: skip
COUNTS = {"tokens_per_month"}
SHARES = {"completeness", "weight"}
ALONE = {"", "as_of", "value", "order", "weight", "trace"}  # parts that need no name of their own where they are the only one
COUNTED = ("answers", "figures", "findings", "obligations")  # what is told to be gone with an option, in numbers
_ORDER = (
    "name", "sourcing", "provider", "model", "answer", "basis", "note", "evidence", "by", "severity", "blocker", "acceptable_by", "message",
    "inherent", "residual", "treatment", "owner", "due_on", "plan", "status", "option", "outcome", "reasons", "reason", "score", "score_best",
    "score_range", "admissible", "completeness", "total", "total_range", "costs_complete", "expected_per_year", "p95",
)  # fmt: skip
RANKS = {part: n for n, part in enumerate(_ORDER)}
OWNED = {"answer", "cost", "finding", "result", "value", "category_cost", "loss", "exceedance", "more"}  # kinds that an option's id follows


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """Everything that differs from one snapshot's content to another's, but for number and time of submission and the digest of the facts.

    What a record holds twice is told once, where it stands in full. What belongs to an option that is gone is counted with it and not told one
    by one: nothing of it is left to be judged. Of the derivation it is only told how much of it differs.
    """
    placed = [(leaf, place) for leaf in differences(before, after) if (place := place_of(leaf)) is not None]
    placed.sort(key=lambda one: one[1].echo)  # so that all is told in the order of the places where it stands in full
    gone = {leaf.path[1] for leaf, place in placed if place.subject[0] == "option" and place.anchor and leaf.went_with(place.anchor)}
    told: dict[str, dict[Path, list[Placed]]] = {group: {} for group in GROUPS}
    lost: dict[str, Lost] = {option: {} for option in gone}
    for leaf, place in placed:
        if leaf.went and (option := _option_of(leaf, place)) in gone:
            lost[option].setdefault(place.group, set()).add(place.subject)
        else:
            told[place.group].setdefault(place.subject, []).append((leaf, place))
    teller = _Teller(Record(before), Record(after), lost)
    return Changes(
        tuple(
            Group(key, tuple(teller.change(subject, leaves) for subject, leaves in found.items())) for key, found in told.items() if found
        )
    )


def _option_of(leaf: Leaf, place: Place) -> str:
    """The option that a leaf is about, if it is about one alone and doesn't describe it."""
    match leaf.path:
        case ("obligations", _, "by_option", option) | ("evaluation", "options", option, "obligations", *_):
            return option
    return place.subject[1] if place.subject[0] in OWNED else ""


class _Teller:
    def __init__(self, before: Record, after: Record, lost: Mapping[str, Lost]) -> None:
        self.before, self.after, self.lost = before, after, lost
        self.titles = Titles(before, after)

    def change(self, subject: Path, placed: list[Placed]) -> Change:
        """One change out of the leaves that differ in it."""
        first = [(leaf, place) for leaf, place in placed if not place.echo]
        kind = _kind(first)
        parts = _loud(subject[0], kind, list(self._parts(subject, first or placed))) or [_moved(placed)]
        if subject[0] == "option":
            lost = self.lost.get(subject[1], {})
            parts += [Part(f"gone.{group}", GROUPS[group], str(len(lost[group])), None) for group in COUNTED if group in lost]
        if len(parts) == 1 and parts[0].key in ALONE:
            parts = [Part(parts[0].key, "", parts[0].before, parts[0].after)]
        named = self.titles.of(subject)
        return Change(":".join(subject), kind, named.title, named.of, named.unit, tuple(parts))

    def _parts(self, subject: Path, placed: list[Placed]) -> Iterator[Part]:
        by_part: dict[str, list[Leaf]] = {}
        for leaf, place in placed:
            by_part.setdefault(place.part, []).append(leaf)
        for key, leaves in sorted(by_part.items(), key=lambda item: RANKS.get(item[0].partition(":")[0], len(RANKS))):
            yield from self._part(subject, key, leaves)

    def _part(self, subject: Path, key: str, leaves: list[Leaf]) -> Iterable[Part]:
        label = self.titles.label(subject[0], key)
        if subject == ("trace",):
            return [Part(key, label, *self._trace(leaves))]
        if composed := _composed(subject, key):
            return [Part(key, label, *_apart((composed(self.before), composed(self.after)), leaves))]
        sides = _sides(leaves)
        if sides is None:  # leaves of one part that don't agree: each by its own path
            return [Part(key, self.titles.path(one.path), *self._texts(subject, key, one.before, one.after, [one])) for one in leaves]
        return [] if same(*sides) else [Part(key, label, *self._texts(subject, key, *sides, leaves))]

    def _trace(self, leaves: list[Leaf]) -> Texts:
        """A derivation has thousands of lines, and its figures are told elsewhere: only how many of its entries differ."""
        were, are = (r.at("evaluation", "trace") for r in (self.before, self.after))
        return f"{_size(were):,} entries" if were else None, f"{_size(are):,} entries, {len(leaves):,} differences" if are else None

    def _texts(self, subject: Path, key: str, before: Any, after: Any, leaves: list[Leaf]) -> Texts:
        if key == "reasons" and isinstance(before, list) and isinstance(after, list):
            before, after = [one for one in before if one not in after], [one for one in after if one not in before]
        return _apart((self._text(subject, key, before, self.before), self._text(subject, key, after, self.after)), leaves)

    def _text(self, subject: Path, key: str, value: Any, record: Record) -> str | None:
        if value is ABSENT or value is None:
            return None
        if isinstance(value, dict):
            plainly = value and not any(isinstance(held, (dict, list)) for held in value.values())
            return "; ".join(f"{self.titles.path((k,))} {plain(v)}" for k, v in value.items()) if plainly else written(value)
        name = key.rpartition(".")[2]
        if name in MONEY:
            return f"{record.currency} {grouped(value)}"
        if name in SHARES:
            return percent(value)
        if name in COUNTS:
            return grouped(value)
        codes = CODES.get(name) or CODES.get(key.partition(".")[0]) or {}

        def word(one: Any) -> Any:
            return codes.get(one) or self.titles.named(record, subject[0], key, one) or one if isinstance(one, str) else one

        return plain([word(one) for one in value] if isinstance(value, list) else word(value))


def _composed(subject: Path, key: str) -> Callable[[Record], str | None] | None:
    """How a part reads that stands in several leaves, or means more than its own leaf; None where it is just that."""
    match (*subject, *key.split(":", 1)):
        case ("answer", owner, question, "answer"):
            return lambda record: record.answer(owner, question)
        case ("answer", owner, question, "by"):
            return lambda record: record.answered(owner, question)
        case ("answer", owner, question, "evidence", digest):
            return lambda record: record.evidence(owner, question, digest)
        case ("finding", option, finding, "owner"):
            return lambda record: record.treated_by(option, finding)
        case ("finding", option, finding, "evidence", digest):
            return lambda record: record.evidence_of_treatment(option, finding, digest)
        case ("stage", stage, "people", reference):
            return lambda record: record.asked_by_name(stage, reference)
        case ("demand", figure, "value"):
            return lambda record: record.demand(figure)
        case ("cost", option, category, figure, "value"):
            return lambda record: record.cost(option, category, figure)
        case ("result", option, "total_range"):
            return lambda record: record.total_range(option)
        case ("result", option, "score_range"):
            return lambda record: record.score_range(option)
        case ("class", "basis", reference):
            return lambda record: record.basis(reference)
        case ("release", "release"):
            return Record.release
        case ("proposal", "option"):
            return lambda record: plain(record.at("proposal", "option_name"))
        case ("use_case", "archetype"):
            return lambda record: plain(record.at("use_case", "archetype_title") or record.at("use_case", "archetype"))
    return None


def _kind(placed: list[Placed]) -> Kind:
    came = any(leaf.came_with(place.anchor) for leaf, place in placed)
    went = any(leaf.went_with(place.anchor) for leaf, place in placed)
    return "changed" if came == went else "added" if came else "removed"


def _sides(leaves: list[Leaf]) -> tuple[Any, Any] | None:
    """Before and after where the leaves agree on them, as those of one figure do that several options have, or those of a thing that moved
    (gone in one place, new in another); else None."""
    first, *rest = leaves
    if all(same(first.before, one.before) and same(first.after, one.after) for one in rest):
        return first.before, first.after
    if len(leaves) == 2 and ((first.went and rest[0].came) or (first.came and rest[0].went)):
        was, now = (first, rest[0]) if first.went else (rest[0], first)
        return was.before, now.after
    return None


def _apart(texts: Texts, leaves: list[Leaf]) -> Texts:
    """The texts, or, where the difference doesn't show in them (a time's seconds, null for nothing), the leaves as they are written."""
    if texts[0] != texts[1]:
        return texts
    before = "; ".join("not there" if leaf.before is ABSENT else written(leaf.before) for leaf in leaves)
    return before, "; ".join("not there" if leaf.after is ABSENT else written(leaf.after) for leaf in leaves)


def _loud(kind_of_thing: str, kind: Kind, parts: list[Part]) -> list[Part]:
    """The parts without the quiet ones and those that have nothing on either side, unless these are all there is."""
    quiet = QUIET if kind == "changed" else QUIET | QUIET_OF_WHOLE.get(kind_of_thing, set())
    quiet = quiet | {"message"} if kind == "removed" else quiet
    loud = [p for p in parts if p.key not in quiet and not _detail(p, parts)]
    return [p for p in loud if not _says_nothing(p)] or loud or parts


def _detail(part: Part, parts: list[Part]) -> bool:
    """What only goes along with another part that tells of the same thing."""
    head, _colon, name = part.key.partition(":")
    return head == "detail" and any(p.key == f"flip:{name}" or p.key.startswith(f"{name}.") for p in parts)


def _says_nothing(part: Part) -> bool:
    sides = {part.before, part.after}
    if part.key == "blocker" and sides == {None, "no"}:
        return True
    return (None in sides and sides <= {None, "", "none"}) or sides <= {"not there", "null"}


def _moved(placed: list[Placed]) -> Part:
    """A thing that is as it was, in another place."""
    was, now = (" › ".join(next((leaf.path for leaf, _place in placed if gone(leaf)), ())) for gone in (_went, _came))
    return Part("place", "Where it stands", was or None, now or None)


def _went(leaf: Leaf) -> bool:
    return leaf.went


def _came(leaf: Leaf) -> bool:
    return leaf.came


def _size(tree: Any) -> int:
    return sum(1 for _leaf in differences({}, tree)) if tree else 0
