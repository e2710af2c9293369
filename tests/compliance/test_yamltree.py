import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.catalogue.yamltree import YamlProblems, parse


def messages(text: str) -> str:
    with pytest.raises(YamlProblems) as caught:
        parse(text)
    return str(caught.value)


def test_scalars_keep_their_source_text():
    tree = parse("a: yes\nb: 50.10\nc: [5.1.ba, '2', 010]\nd: 2026-07-27\ne:\nf: ''\n")
    assert tree.plain() == {"a": "yes", "b": "50.10", "c": ["5.1.ba", "2", "010"], "d": "2026-07-27", "e": None, "f": ""}


def test_lines_are_counted_from_one():
    tree = parse("a: 1\nb:\n  - x\n  - c: 2\n")
    assert tree.find(("b", 1, "c")).line == 4
    assert tree.find(("b", 7)).line == 3


def test_a_duplicate_key_is_named_with_both_lines():
    assert "line 2: a: the key stands twice; it stood first on line 1" in messages("a: 1\na: 2\n")


def test_tags_are_refused():
    assert "tag" in messages("a: !!python/object/apply:os.system ['true']\n")
    assert "tag" in messages("a: !custom 1\n")


def test_broken_syntax_names_its_line():
    assert "line 3" in messages("a: 1\nb: [1, 2\nc: 3\n")


def test_aliases_that_expand_without_bound_are_refused():
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 8))
    assert "after aliases are expanded" in messages(laughs)


def test_an_alias_within_itself_is_refused():
    assert "contains itself" in messages("a: &a [*a]\n")


def test_a_small_alias_is_followed():
    assert parse("a: &x {k: 1}\nb: *x\n").plain() == {"a": {"k": "1"}, "b": {"k": "1"}}


def test_several_documents_are_refused():
    assert messages("a: 1\n---\nb: 2\n")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_problem(text):
    try:
        parse(text)
    except YamlProblems as error:
        assert error.problems
        assert all(problem.line >= 1 for problem in error.problems)


def test_nesting_without_end_is_refused():
    assert "nested more than 50 levels" in messages("[" * 50_000 + "]" * 50_000)
