"""What the things are called that differ between two records: by the newer record's words, and by the older one's where it has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from assessments.changes.leaves import ORDER, Path
from assessments.changes.record import NOTHING, Data, Record, grouped
from assessments.changes.words import PARTS, SUBJECTS, TURNS, label_of
from assessments.figures import COST_FIGURES, DEMAND_FIGURES
from compliance.terms import INSTRUMENTS

USE_CASE = "use_case"
CURRENCY = "Currency"


class Named(NamedTuple):
    title: str
    of: str = ""
    unit: str = ""


class Titles:
    def __init__(self, before: Record, after: Record) -> None:
        self.before, self.after = before, after
        self.criteria = self._both(lambda r: r.named("criteria"))
        self.categories = self._both(lambda r: r.named("cost_categories"))
        self.losses = self._both(lambda r: r.named("losses"))
        self.scenarios = self._both(lambda r: r.named("evaluation", "scenarios"))
        self.providers = self._both(lambda r: r.named("providers", field="name"))
        self.sources = self._both(lambda r: r.named("sources"))
        self.people = self._both(lambda r: {str(p.get("reference")): str(p.get("name") or "") for p in r.items("people")})
        self.duties = self._both(lambda r: {str(d.get("id")): _duty(d) for d in r.items("obligations")})
        self.options = self._both(lambda r: {id_: str(option.get("name") or "") for id_, option in r.options.items()})
        self.questions = self._both(lambda r: {id_: str(question.get("text") or "") for id_, question in r.questions.items()})

    def _both(self, names: Callable[[Record], dict[str, str]]) -> dict[str, str]:
        return names(self.before) | names(self.after)

    def of(self, subject: Path) -> Named:
        """Title, whose it is and unit of the thing that ``subject`` names."""
        match subject:
            case ("option", id_):
                return Named(self.option(id_))
            case ("answer", owner, id_):
                return Named(self.questions.get(id_) or id_, "" if owner == USE_CASE else self.option(owner))
            case ("demand", key):
                spec = DEMAND_FIGURES.get(key)
                return Named(spec.label, "", spec.unit) if spec else Named(CURRENCY if key == "currency" else key)
            case ("cost", option, category, key):
                return self._cost(option, category, key)
            case ("weight" | "criterion", id_):
                return Named(self.criteria.get(id_) or id_)
            case ("value", option, id_):
                return Named(self.criteria.get(id_) or id_, self.option(option))
            case ("finding", option, id_):
                return Named(self._finding(option, id_), self.option(option))
            case ("duty", id_):
                return Named(self.duties.get(id_) or id_)
            case ("result", option):
                return Named(self.option(option))
            case ("more", option):
                return Named("Further figures", self.option(option))
            case ("category_cost", option, id_):
                return Named(self.categories.get(id_) or id_, self.option(option))
            case ("exceedance", option):
                return Named("Chance that a year's losses exceed", self.option(option))
            case ("loss", option, id_):
                return Named(self.losses.get(id_) or id_, self.option(option))
        return self._described(subject)

    def _described(self, subject: Path) -> Named:
        match subject:
            case ("question", id_):
                return Named(self.questions.get(id_) or id_)
            case ("section" | "questionnaire", *_):
                return Named(self._section(subject))
            case ("cost_category", id_):
                return Named(self.categories.get(id_) or id_)
            case ("loss_scenario", id_):
                return Named(self.losses.get(id_) or id_)
            case ("provider", id_):
                return Named(self.providers.get(id_) or id_)
            case ("source", id_):
                return Named(self.sources.get(id_) or id_)
            case ("person", reference):
                return Named(self.people.get(reference) or reference)
            case ("stage", key):
                return Named(self._stage(key))
            case ("software", name):
                return Named(name)
            case ("order" | "other", *path):
                return Named(self.path(path))
        return Named(SUBJECTS.get(subject[0], subject[0]))

    def option(self, id_: str) -> str:
        return self.options.get(id_) or id_

    def _cost(self, option: str, category: str, key: str) -> Named:
        if not category:
            return Named(CURRENCY, self.option(option))
        spec = COST_FIGURES.get(category, {}).get(key)
        title = self.categories.get(category) or category
        return Named(f"{title}, {spec.label.lower() if spec else key}" if key else title, self.option(option), spec.unit if spec else "")

    def _finding(self, option: str, id_: str) -> str:
        held = (r.findings.get((option, id_)) or r.treatments.get((option, id_)) or NOTHING for r in (self.after, self.before))
        titles = [str(finding["title"]) for finding in held if finding.get("title")]
        return titles[0] if titles else id_

    def _stage(self, key: str) -> str:
        for stage in (*self.after.stages, *self.before.stages):
            if key in (stage.get("key"), stage.get("title")) and stage.get("title"):
                return str(stage["title"])
        return key

    def _section(self, subject: Path) -> str:
        for record in (self.after, self.before):
            for questionnaire in record.items("questionnaires"):
                if questionnaire.get("id") != subject[1]:
                    continue
                held = (
                    [questionnaire] if len(subject) == 2 else [s for s in questionnaire.get("sections") or [] if s.get("id") == subject[2]]
                )
                if titles := [str(one["title"]) for one in held if one.get("title")]:
                    return titles[0]
        return subject[-1]

    def label(self, kind: str, part: str) -> str:
        """What a part is called; one whose name leads deeper is called by every step of it."""
        head, colon, rest = part.partition(":")
        if head == "flip":
            return self._turn(rest)
        if colon and head == "basis":
            return rest
        if kind == "exceedance":
            return f"{self.after.currency} {grouped(part)}"
        if part.startswith("by_option."):
            return f"{PARTS['status']}: {self.option(part.removeprefix('by_option.'))}"
        if colon:
            return PARTS.get(head, head)
        if "." in part:
            return self.path(tuple(part.split(".")))
        return label_of(kind, part)

    def _turn(self, name: str) -> str:
        what, _slash, rest = name.partition("/")
        leader = rest.partition("/")[0]
        return f"{self.option(leader) if leader else 'No option'}, by {TURNS.get(what, what)}"

    def path(self, path: Path | list[str]) -> str:
        """A path in words: names in the place of ids."""
        return " › ".join(self._step(step) for step in path)

    def _step(self, step: str) -> str:
        if step == ORDER:
            return "order"
        if "/" in step:
            return " and ".join(self._step(part) for part in step.split("/"))
        known = (
            self.scenarios.get(step)
            or self.options.get(step)
            or self.criteria.get(step)
            or self.categories.get(step)
            or self.losses.get(step)
        )
        return known or self.questions.get(step) or PARTS.get(step, "") or step.replace("_", " ")

    def named(self, record: Record, kind: str, part: str, value: str) -> str | None:
        """The words for a value that is an id, in the record that it stands in."""
        name = part.rpartition(".")[2]
        if kind in ("recommendation", "ranking", "options", "scenarios", "accountability", "break_even"):
            return record.option_name(value) or None
        if name in ("option", "against", "leader"):
            return record.option_name(value) or None
        if (kind, part) == ("weights", "source") and value == "archetype":
            return "as the catalogue has them for this kind of use case"
        if name in ("because", "question", "questions"):
            return self.questions.get(value)
        if name == "sources":
            return self.sources.get(value)
        if name == "obligations":
            return self.duties.get(value)
        return None


def _duty(duty: Data) -> str:
    """``Data Act Art. 13, Accept no unfair terms``."""
    instrument = str(duty.get("instrument") or "")
    where = f"{INSTRUMENTS.get(instrument, instrument)} {duty.get('reference') or ''}".strip()
    return ", ".join(str(text) for text in (where, duty.get("title")) if text)
