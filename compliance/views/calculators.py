"""The calculators that stand on some questions' pages: plain forms, sent in the address, reckoned here with the release's constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from compliance import arithmetic
from compliance.catalogue.model import Question
from compliance.catalogue.reference import Arithmetic
from compliance.views.typed import Entries, flop, share, shown

MOST_PEOPLE = 100_000


@dataclass(frozen=True)
class Field:
    name: str
    label: str
    help: str = ""
    type: str = "text"
    value: str = ""
    error: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Line:
    """One figure of the result, with the formula that gave it; ``to_check``: the formula is a rule of thumb that still wants a look."""

    label: str
    value: str
    formula: str = ""
    to_check: bool = False


@dataclass(frozen=True)
class Table:
    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def labelled(self) -> list[list[tuple[str, str]]]:
        """The rows with each cell's header beside it."""
        return [list(zip(self.headers, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Calculator:
    """``verdict``: the result in a sentence, with its tone; ``conventions``: what the figures take for granted."""

    title: str
    intro: str
    fields: tuple[Field, ...] = ()
    lines: tuple[Line, ...] = ()
    table: Table | None = None
    verdict: str = ""
    tone: str = "info"
    conventions: tuple[str, ...] = ()

    @property
    def troubled(self) -> bool:
        return any(field.error for field in self.fields)


def calculator_of(question: Question, constants: Arithmetic | None, data: Mapping[str, str]) -> Calculator | None:
    """The question's calculator, with the result for what was typed; None where it has none."""
    if question.calculator is None or constants is None:
        return None
    return CALCULATORS[question.calculator](question, constants, Entries(data))


def sources_of(question: Question, constants: Arithmetic | None) -> tuple[str, ...]:
    """What the constants of its calculator rest on: of all such sources those that the question cites too; the clocks name their own."""
    if question.calculator is None or constants is None:
        return ()
    if question.calculator == "reporting-clocks":
        return tuple(dict.fromkeys(source for clock in constants.clocks for source in clock.sources))
    return tuple(source for source in constants.sources if source in question.sources) or constants.sources


def _filled(fields: tuple[Field, ...], entries: Entries) -> tuple[Field, ...]:
    """The fields with what was typed and what is wrong with it."""
    return tuple(Field(f.name, f.label, f.help, f.type, entries.text(f.name), entries.errors.get(f.name, ""), f.options) for f in fields)


def _sent(fields: tuple[Field, ...], entries: Entries) -> bool:
    return any(field.name in entries.data for field in fields)


def _error_budget(question: Question, constants: Arithmetic, entries: Entries) -> Calculator:
    fields = (
        Field("availability", _("Availability in per cent"), _("For instance 99.9.")),
        Field("minutes", _("Minutes that an incident takes to restore"), _("Optional. How many incidents a month does the budget bear?")),
        Field("second", _("Availability of a second service, in per cent"), _("Optional. One that yours needs, or that stands in for it.")),
    )
    lines: list[Line] = []
    if _sent(fields, entries):
        first = entries.number("availability", least=0, most=100, needed=True)
        minutes = entries.number("minutes", above=0)
        second = entries.number("second", least=0, most=100)
        if first is not None and not entries.errors:
            lines = _budget_lines(first, minutes, second, constants)
    return Calculator(
        _("What an availability leaves"),
        _("The error budget: how long a service may be down before it breaks its target."),
        _filled(fields, entries),
        tuple(lines),
        conventions=(
            _("A month is counted as %(month)s days and a year as %(year)s; a mean month has 30.44 days and leaves a little more.")
            % {"month": shown(constants.budget_days), "year": shown(constants.budget_year_days)},
            _("In parallel holds only where the services fail independently of each other and the switch is instant."),
        ),
    )


def _budget_lines(first: Decimal, minutes: Decimal | None, second: Decimal | None, constants: Arithmetic) -> list[Line]:
    budget = arithmetic.error_budget(first, constants)
    days, year = shown(constants.budget_days), shown(constants.budget_year_days)
    lines = [
        Line(
            _("A month"), _("%(n)s minutes") % {"n": shown(budget.minutes_of_month)},
            _("(100 − %(a)s) ÷ 100 × %(days)s days × 1440 minutes") % {"a": shown(first, 12), "days": days},
        ),
        Line(
            _("A year"), _("%(n)s hours") % {"n": shown(budget.hours_of_year)},
            _("(100 − %(a)s) ÷ 100 × %(days)s days × 24 hours") % {"a": shown(first, 12), "days": year},
        ),
    ]  # fmt: skip
    if minutes is not None:
        allowed = arithmetic.incidents_allowed(budget.minutes_of_month, minutes)
        formula = f"{shown(budget.minutes_of_month)} ÷ {shown(minutes)}"
        lines.append(Line(_("Incidents that the month bears"), shown(allowed, 3), formula))
    if second is not None:
        pair = [first / arithmetic.HUNDRED, second / arithmetic.HUNDRED]
        a, b = (shown(one, 12) for one in pair)
        for label, both, formula in (
            (_("In series: both must work"), arithmetic.in_series(pair), f"{a} × {b}"),
            (_("In parallel: one must work"), arithmetic.in_parallel(pair), f"1 − (1 − {a}) × (1 − {b})"),
        ):
            left = arithmetic.error_budget(both * arithmetic.HUNDRED, constants).minutes_of_month
            value = _("%(a)s %%, which leaves %(n)s minutes a month") % {"a": shown(both * arithmetic.HUNDRED, 12), "n": shown(left, 4)}
            lines.append(Line(label, value, f"{formula} = {shown(both, 12)}"))
    return lines


def _rota(question: Question, constants: Arithmetic, entries: Entries) -> Calculator:
    fields = (
        Field("people", _("People who share the rota"), _("On all sites together.")),
        Field("sites", _("Sites"), _("Several where they hand over by time zone. Empty counts as one.")),
    )
    lines: tuple[Line, ...] = ()
    verdict, tone = "", "info"
    if _sent(fields, entries):
        people = entries.number("people", least=1, most=MOST_PEOPLE, whole=True, needed=True)
        sites = entries.number("sites", least=1, most=1000, whole=True)
        if people is not None and not entries.errors:
            count = int(sites or 1)
            found = arithmetic.rota(int(people), count, constants)
            weeks, roles, per_site = shown(constants.rota_weeks), shown(constants.rota_roles), shown(Decimal(constants.rota_per_site))
            lines = (
                Line(
                    _("Weeks a year on call, each"), shown(found.weeks_each, 4),
                    _("%(weeks)s ÷ %(people)s people × %(roles)s roles") % {"weeks": weeks, "people": shown(people), "roles": roles},
                ),
                Line(
                    _("Share of the year"), share(Fraction(found.share)),
                    _("at most %(limit)s by published practice") % {"limit": share(Fraction(constants.rota_share_limit))},
                ),
                Line(
                    _("People wanted"), shown(Decimal(found.wanted)),
                    _("%(one)s on one site") % {"one": constants.rota_one_site} if count == 1
                    else _("%(each)s on each of %(sites)s sites") % {"each": per_site, "sites": count},
                ),
                Line(
                    _("Incidents that a shift bears"), shown(arithmetic.incidents_of_shift(constants), 3),
                    _("%(shift)s hours ÷ %(each)s hours each, with cause, repair and review")
                    % {"shift": shown(constants.shift_hours), "each": shown(constants.incident_hours)},
                ),
            )  # fmt: skip
            verdict = _("Enough people by published practice.") if found.enough else _("Too few people by published practice.")
            tone = "good" if found.enough else "warn"
    return Calculator(
        _("Is the rota large enough?"),
        _("Weekly shifts, shared evenly, by Google’s published practice of site reliability."),
        _filled(fields, entries),
        lines,
        verdict=verdict,
        tone=tone,
        conventions=(
            _("Each week has one person in each of %(roles)s roles, first and second. A year is counted as %(weeks)s weeks.")
            % {"roles": shown(constants.rota_roles), "weeks": shown(constants.rota_weeks)},
            _("A week is one round the clock; sites that share a day by time zone hold shorter shifts in more weeks."),
        ),
    )


def _seat(question: Question, constants: Arithmetic, entries: Entries) -> Calculator:
    rows = tuple(
        (
            _("%(n)s hours") % {"n": shown(hours)}, _("%(n)s people") % {"n": f"{people:.2f}"},
            f"{shown(constants.hours_of_year)} ÷ {shown(hours)}",
        )
        for hours, people in arithmetic.staffed_seat(constants)
    )  # fmt: skip
    return Calculator(
        _("People for one seat round the clock"),
        _("How many full-time people one staffed seat takes, by how many hours a year each of them works."),
        table=Table(_("One seat, staffed day and night"), (_("Productive hours of a person"), _("People"), _("Formula")), rows),
        conventions=(
            _("A year is counted as %(hours)s hours. Staffing is more than being on call: somebody is awake and at work in every hour.")
            % {"hours": shown(constants.hours_of_year)},
        ),
    )


def _fine_tuning(question: Question, constants: Arithmetic, entries: Entries) -> Calculator:
    fields = (
        Field("modification", _("Compute of your training, in FLOP"), _("For instance 1e22. Or leave it empty and give the next two.")),
        Field("parameters", _("Active parameters of the model"), _("For instance 8e9.")),
        Field("tokens", _("Tokens that you train on, over all passes"), _("For instance 50,000,000.")),
        Field("original", _("Compute of the original’s training, in FLOP"), _("Leave it empty where nobody publishes it.")),
        Field(
            "systemic", _("Where that is unknown: has the original systemic risk?"), _("Ask its provider, who must notify it."), "select",
            options=(("no", _("No")), ("yes", _("Yes"))),
        ),
    )  # fmt: skip
    lines: tuple[Line, ...] = ()
    verdict, tone = "", "info"
    if _sent(fields, entries):
        typed, estimated = _modification(entries, constants)
        original = entries.number("original", above=0)
        if typed is not None and not entries.errors:
            systemic = entries.text("systemic") == "yes"
            found = arithmetic.fine_tuning(typed, original, systemic, constants)
            lines = (*estimated, *_tuning_lines(found, original, systemic, constants))
            verdict, tone = _tuning_verdict(question, found)
    return Calculator(
        _("Does your training make you a provider of the model?"),
        _("Compares the compute of your training with a share of the original’s, as the Commission’s guidelines do."),
        _filled(fields, entries),
        lines,
        verdict=verdict,
        tone=tone,
        conventions=(
            _("The share is an indication, not a limit by law. Where the original’s compute is unknown, %(general)s stands for it, or %(systemic)s "
              "where the model has systemic risk.") % {"general": flop(constants.flop_general), "systemic": flop(constants.flop_systemic)},
            _("The duties of such a provider are limited to the modification."),
        ),
    )  # fmt: skip


def _modification(entries: Entries, constants: Arithmetic) -> tuple[Decimal | None, tuple[Line, ...]]:
    """The compute of the training: as typed, or estimated from parameters and tokens, with the line that says so."""
    typed = entries.number("modification", above=0)
    parameters, tokens = entries.number("parameters", above=0), entries.number("tokens", above=0)
    if typed is not None or "modification" in entries.errors:
        return typed, ()
    if parameters is None or tokens is None:
        for name in ("parameters", "tokens"):
            if not entries.text(name) and (entries.text("parameters") or entries.text("tokens")):
                entries.errors[name] = _("Give both parameters and tokens, or the compute itself.")
        if not entries.errors:
            entries.errors["modification"] = _("Give the compute, or parameters and tokens.")
        return None, ()
    found = arithmetic.training_flop(parameters, tokens, constants)
    formula = _("%(k)s × active parameters × tokens") % {"k": shown(constants.flop_per_parameter_and_token)}
    return found, (Line(_("Compute of your training, estimated"), flop(found), formula, to_check=True),)


def _tuning_lines(found: arithmetic.FineTuning, original: Decimal | None, systemic: bool, constants: Arithmetic) -> tuple[Line, ...]:
    if original is not None:
        compared = _("as you gave it")
    elif systemic:
        compared = _("unknown: the compute from which systemic risk is presumed")
    else:
        compared = _("unknown: the compute from which a model counts as general-purpose")
    limit = f"{constants.share_numerator}/{constants.share_denominator}"
    return (
        Line(_("Compared with"), flop(found.compared_with_flop), compared),
        Line(_("Threshold"), flop(found.threshold_flop), f"{limit} × {flop(found.compared_with_flop)}"),
        Line(_("Your share"), share(found.share), f"{flop(found.modification_flop)} ÷ {flop(found.compared_with_flop)}"),
    )


def _tuning_verdict(question: Question, found: arithmetic.FineTuning) -> tuple[str, str]:
    """Above or not, and the answer that follows: by habit the ids of such choices begin with ``above`` and ``below``."""
    wanted = "above" if found.above else "below"
    choice = next((c for c in question.choices if c.id.startswith(wanted)), None)
    said = (
        _("Above the threshold: a significant change, which makes you a provider of the changed model.")
        if found.above
        else _("Not above the threshold: no significant change by this measure.")
    )
    if choice is not None:
        said += " " + _("The answer that follows: “%(answer)s”.") % {"answer": choice.text}
    return said, "warn" if found.above else "good"


def _reporting_clocks(question: Question, constants: Arithmetic, entries: Entries) -> Calculator:
    fields = (Field("start", _("When the clocks start"), _("The day and time at which you learnt of it."), "datetime-local"),)
    table = None
    if _sent(fields, entries):
        start = entries.moment("start")
        if start is not None:
            begins = {clock.id: clock.starts for clock in constants.clocks}
            table = Table(
                _("Due, the earliest first"),
                (_("By"), _("Report"), _("Under"), _("Hours"), _("Its clock starts")),
                tuple(
                    (f"{due.by:%a %d %b %Y, %H:%M}", due.text, f"{due.instrument}, {due.reference}", str(due.hours), begins[due.clock])
                    for due in arithmetic.reporting_clocks(start, constants)
                ),
            )
    return Calculator(
        _("By when must it be reported?"),
        _("When each report is due if its clock starts at the moment that you give."),
        _filled(fields, entries),
        table=table,
        conventions=(
            _("Hours run through nights, weekends and holidays, in the time zone of your entry, with no change to or from summer time."),
            _("Each clock has its own start; they fall together only where you learn everything at once."),
        ),
    )


CALCULATORS: dict[str, Callable[[Question, Arithmetic, Entries], Calculator]] = {
    "error-budget": _error_budget,
    "rota": _rota,
    "seat": _seat,
    "fine-tuning": _fine_tuning,
    "reporting-clocks": _reporting_clocks,
}
