"""The assessment file: YAML to facts and back. What each key means is specified in docs/assessment-file.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from typing import cast

from assessments.scoring.costs import conversion
from assessments.scoring.facts import MAX_OPTIONS, SOURCINGS, Costs, Demand, Facts, Fallback, OptionFacts, Sourcing
from assessments.scoring.read_costs import read_costs, read_demand
from assessments.scoring.read_responses import read_responses
from assessments.scoring.reading import Bounds, FileError, FileErrors, Reader, joined, known_ids
from assessments.scoring.rounding import COMPUTING
from assessments.scoring.write import FORMAT, write_assessment
from compliance.catalogue.index import Index, index
from compliance.catalogue.model import Release
from compliance.catalogue.yamltree import Node, YamlProblems, parse

__all__ = ["FORMAT", "FileError", "FileErrors", "read_assessment", "write_assessment"]

# Gives the release of a name (``key@version``), the newest for None; raises LookupError or ValueError where there is none.
Lookup = Callable[[str | None], Release]
TOP = ("format", "title", "as_of", "catalogue", "use_case", "demand", "weights", "options")
WEIGHT = Bounds(most=Decimal(10) ** 6)


def read_assessment(text: str, path: str, lookup: Lookup, today: date | None = None) -> tuple[Facts, Release]:
    """The facts that ``text`` holds, and the release that it is pinned to.

    ``path`` names the file in messages; ``today`` is the day where ``as_of`` is left out (UTC's if not given).
    Raises FileErrors with everything that is wrong.
    """
    try:
        root = parse(text)
    except YamlProblems as error:
        raise FileErrors(path, [FileError(p.line, p.key, p.message) for p in error.problems]) from None
    reader = Reader()
    facts, release = _File(reader, lookup, today or datetime.now(UTC).date()).read(root)
    if reader.errors or release is None:
        raise FileErrors(path, reader.errors)
    return facts, release


class _File:
    def __init__(self, reader: Reader, lookup: Lookup, today: date) -> None:
        self.reader, self.lookup, self.today = reader, lookup, today
        self.known: Index | None = None

    def read(self, root: Node) -> tuple[Facts, Release | None]:
        reader = self.reader
        if root.kind != "map":
            reader.note(root, "", f"an assessment file is a map that begins with format: {FORMAT}")
            return Facts(self.today, ()), None
        parts = reader.entries(root, "", TOP)
        self._format(root, parts)
        release = self._release(root, parts.get("catalogue"))
        self.known = index(release) if release else None
        as_of = reader.date(parts.get("as_of"), "as_of") or self.today
        demand = read_demand(reader, parts.get("demand"), "demand")
        use_case = reader.entries(parts.get("use_case"), "use_case", ("name", "purpose", "archetype", "responses"))
        archetypes = self.known.archetypes if self.known else ()
        facts = Facts(
            as_of=as_of,
            options=self._options(root, parts.get("options"), demand, as_of),
            title=reader.text(parts.get("title"), "title"),
            use_case_name=reader.text(use_case.get("name"), "use_case.name"),
            purpose=reader.text(use_case.get("purpose"), "use_case.purpose"),
            archetype=reader.one_of(use_case.get("archetype"), "use_case.archetype", archetypes, "archetype") if self.known else None,
            responses=(
                read_responses(reader, use_case.get("responses"), "use_case.responses", self.known, "use_case") if self.known else {}
            ),
            demand=demand,
            weights=self._weights(parts.get("weights")),
        )
        self._demand_currency(parts.get("demand"), demand, as_of)
        return facts, release

    def _format(self, root: Node, parts: Mapping[str, Node]) -> None:
        node = parts.get("format")
        if node is None:
            self.reader.note(root, "format", f"missing: write format: {FORMAT}")
        elif node.kind != "scalar" or node.text != FORMAT:
            self.reader.note(node, "format", f"not a format that is read here; write {FORMAT}")

    def _release(self, root: Node, node: Node | None) -> Release | None:
        name = self.reader.text(node, "catalogue") or None
        try:
            return self.lookup(name)
        except (LookupError, ValueError) as error:
            self.reader.note(node or root, "catalogue", str(error.args[0] if error.args else error))
            return None

    def _weights(self, node: Node | None) -> str | Mapping[str, Decimal]:
        if node is None or self.known is None:
            return "archetype"
        if node.kind == "scalar":
            return self.reader.one_of(node, "weights", ["archetype", *self.known.profiles], "profile of weights") or "archetype"
        entries = self.reader.entries(node, "weights", self.known.criteria)
        weights = {c: self.reader.number(value, f"weights.{c}", WEIGHT) for c, value in entries.items()}
        found = {c: w for c, w in weights.items() if w is not None}
        if node.kind == "map" and len(found) == len(weights) and not any(found.values()):
            self.reader.note(node, "weights", "at least one criterion must have a weight above 0")
        return found

    def _options(self, root: Node, node: Node | None, demand: Demand, as_of: date) -> tuple[OptionFacts, ...]:
        if node is None or (node.kind == "list" and not node.items):
            self.reader.note(node or root, "options", "missing: give at least one option with its id and sourcing")
            return ()
        if node.kind != "list":
            self.reader.note(node, "options", "must be a list; begin each option with '- id:'")
            return ()
        if len(node.items) > MAX_OPTIONS:
            self.reader.note(node, "options", f"{len(node.items)} options; {MAX_OPTIONS} is the most")
            return ()
        found: dict[str, OptionFacts] = {}
        for position, item in enumerate(node.items):
            option = self._option(item, f"options[{position}]", demand, as_of)
            if option and option.id in found:
                self.reader.note(item.entries["id"][1], f"options[{position}].id", f"{option.id} stands twice; give each option its own id")
            elif option:
                found[option.id] = option
        return tuple(found.values())

    def _option(self, node: Node, key: str, demand: Demand, as_of: date) -> OptionFacts | None:
        reader = self.reader
        parts = reader.entries(node, key, ("id", "name", "sourcing", "provider", "model", "fallback", "responses", "costs"))
        if node.kind != "map":
            if node.kind == "null":
                reader.note(node, key, "an empty option; give its id and sourcing, or take it out")
            return None
        id_ = reader.identifier(parts["id"], joined(key, "id")) if "id" in parts else None
        if "id" not in parts:
            reader.note(node, joined(key, "id"), "missing: give the option an id such as vendor-api")
        sourcing = reader.one_of(parts.get("sourcing"), joined(key, "sourcing"), SOURCINGS, "sourcing")
        if "sourcing" not in parts:
            reader.note(node, joined(key, "sourcing"), f"missing: write one of {known_ids(SOURCINGS)}")
        costs = read_costs(reader, parts.get("costs"), joined(key, "costs"))
        self._costs_currency(parts.get("costs"), joined(key, "costs.currency"), costs, demand, as_of)
        option = OptionFacts(
            id=id_ or "",
            sourcing=cast(Sourcing, sourcing or SOURCINGS[0]),
            name=reader.text(parts.get("name"), joined(key, "name")),
            provider=reader.text(parts.get("provider"), joined(key, "provider")),
            model=reader.text(parts.get("model"), joined(key, "model")),
            responses=(
                read_responses(reader, parts.get("responses"), joined(key, "responses"), self.known, "option") if self.known else {}
            ),
            costs=costs,
            fallback=self._fallback(parts.get("fallback"), joined(key, "fallback")),
        )
        return option if id_ else None

    def _fallback(self, node: Node | None, key: str) -> Fallback | None:
        if node is None:
            return None
        reader = self.reader
        parts = reader.entries(node, key, ("sourcing", "provider", "model"))
        sourcing = reader.one_of(parts.get("sourcing"), joined(key, "sourcing"), SOURCINGS, "sourcing")
        if node.kind == "map" and "sourcing" not in parts:
            reader.note(node, joined(key, "sourcing"), f"missing: write one of {known_ids(SOURCINGS)}, or leave the fallback out")
        if sourcing is None:
            return None
        text = {name: reader.text(parts.get(name), joined(key, name)) for name in ("provider", "model")}
        return Fallback(cast(Sourcing, sourcing), **text)

    def _costs_currency(self, node: Node | None, key: str, costs: Costs, demand: Demand, as_of: date) -> None:
        if node is None or costs.currency is None or self.known is None:
            return
        into = demand.currency or self.known.release.exchange.base
        if self._rate(costs.currency, into, as_of) is None:
            self.reader.note(node.entries["currency"][1], key, self._no_rate(costs.currency, into, as_of))

    def _demand_currency(self, node: Node | None, demand: Demand, as_of: date) -> None:
        """Without a budget the cost criterion is read against anchors in the catalogue's base currency."""
        if node is None or demand.currency is None or self.known is None or demand.budget:
            return
        base = self.known.release.exchange.base
        if self._rate(base, demand.currency, as_of) is None:
            message = f"{self._no_rate(base, demand.currency, as_of)}, or give a budget"
            self.reader.note(node.entries["currency"][1], "demand.currency", message)

    def _rate(self, currency: str, into: str, as_of: date) -> Decimal | None:
        if self.known is None:
            return None
        with localcontext(COMPUTING):
            return conversion(self.known.release.exchange, as_of, currency, into)

    def _no_rate(self, currency: str, into: str, as_of: date) -> str:
        if self.known is None:
            return ""
        exchange = self.known.release.exchange
        currencies = known_ids(sorted({exchange.base, *(r.currency for r in exchange.rates if r.on <= as_of)}))
        return f"the catalogue has no rate between {currency} and {into} on or before {as_of.isoformat()}; use one of {currencies}"
