"""A run of the tests may go on past midnight: a day that a module reads once, when it is imported, is then yesterday."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
CLOCKS = {"now", "today", "soon", "localdate", "utcnow"}


def read_at_import(source: str) -> Iterator[int]:
    """The lines on which a module asks for the time while it is imported, defaults and decorators included."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in CLOCKS:
            yield node.lineno
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += [*node.args.defaults, *filter(None, node.args.kw_defaults), *getattr(node, "decorator_list", ())]
        else:
            waiting += ast.iter_child_nodes(node)


def test_it_sees_what_is_read_at_import():
    assert list(read_at_import("DAY = timezone.now().date()")) == [1]
    assert list(read_at_import("def f(day=today()): pass")) == [1]
    assert list(read_at_import("class A:\n    day = today()")) == [2]
    assert list(read_at_import("def f(): return today()")) == []


def test_no_module_reads_the_clock_at_import():
    found = [
        f"{path.relative_to(TESTS)}:{line}" for path in sorted(TESTS.rglob("*.py")) for line in read_at_import(path.read_text("utf-8"))
    ]
    assert found == []
