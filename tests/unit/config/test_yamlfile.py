"""YAML with places: what it means, what is refused, and where a character of a text stands in
the file."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ConfigError, Place
from monitor.yamlfile.document import Scalar, Table, parse_yaml, plain
from monitor.yamlfile.findings import Findings


def read(text: str) -> object:
    findings = Findings()
    node = parse_yaml(text, source="f", findings=findings)
    findings.raise_if_wrong()
    assert node is not None
    return plain(node)


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def scalar(text: str) -> Scalar:
    """The value of the key `k`, wherever it stands at the top."""
    node = parse_yaml(text, source="f", findings=Findings())
    assert isinstance(node, Table)
    value = node.value("k")
    assert isinstance(value, Scalar)
    return value


def test_on_off_yes_and_no_are_texts_and_true_and_false_are_not() -> None:
    assert read("on: off\nyes: no\na: true\nb: False\nc: y\n") == {
        "on": "off",
        "yes": "no",
        "a": True,
        "b": False,
        "c": "y",
    }


def test_numbers_are_decimal_and_times_and_versions_are_texts() -> None:
    text = (
        "{a: 12, b: -1.5, c: 012, d: 0x1F, e: 12:30:00, f: 2026-03-02, g: 1_000, h: 1.2.3, i: 1e3, "
        "j: .5, k: ~, l: '5'}"
    )
    assert read(text) == {
        "a": 12,
        "b": -1.5,
        "c": "012",
        "d": "0x1F",
        "e": "12:30:00",
        "f": "2026-03-02",
        "g": "1_000",
        "h": "1.2.3",
        "i": "1e3",
        "j": ".5",
        "k": None,
        "l": "5",
    }


def test_an_empty_file_is_nothing() -> None:
    assert parse_yaml("# only a comment\n", source="f", findings=Findings()) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2\n", 'f:2:1: the key "a" is there twice (first in line 1)'),
        ("a:\n\t- b\n", "f:2:1: a tab: YAML is indented with spaces"),
        ("a: [b\n", "f:2:1: not valid YAML"),
        (
            "a: 'b\n",
            "f:1:4: not valid YAML: found unexpected end of stream (a quote is not closed)",
        ),
        (
            "a: b: c\n",
            (
                'f:1:5: not valid YAML: mapping values are not allowed here (a text with ": " in it '
                "needs quotes)"
            ),
        ),
        ("a: @b\n", "(put the text in quotes)"),
        ('a: "\\q"\n', "unknown escape character"),
        (
            "a: {{ b }}\n",
            'f:1:5: a key must be a text (a text that begins with "{" or "[" needs quotes)',
        ),
        (
            "- a: b\n    c: d\n",
            (
                "f:2:6: not valid YAML: mapping values are not allowed here (it is indented further "
                "than the line"
            ),
        ),
        (
            "- a:b\n  c: d\n",
            (
                "f:2:4: not valid YAML: mapping values are not allowed here (a space is missing after "
                "the colon"
            ),
        ),
        (
            "a: *b\n",
            (
                'f:1:4: not valid YAML: found undefined alias (a text that begins with "*" needs '
                "quotes)"
            ),
        ),
        ("a: !!python/name:os.system x\n", "f:1:4: tags (!…) are not supported"),
        (
            "a: !final\n",
            'f:1:4: tags (!…) are not supported (a text that begins with "!" needs quotes)',
        ),
        (
            "a: &x {b: 1}\nc: {<<: *x}\n",
            "f:2:5: merge keys (<<) are not supported (write the keys out)",
        ),
        ("a: !!set {b}\n", "f:1:4: tags (!…) are not supported"),
        (
            "a: 1\n---\nb: 1\n",
            "f:2:1: a second document begins here (only one document a file: remove the ---)",
        ),
        ("a: \x07\n", "f:1:4: the character U+0007 is not allowed"),
        ("a: 123456789012345678901\n", "a number has at most 20 digits"),
        ("a: &x [*x]\n", "an alias to what it stands in"),
        ("[" * 100 + "]" * 100, "nested deeper than 20 levels"),
        ("[" * 50_000, "nested deeper than 20 levels"),
        (
            "slack: {url:https://hooks.example.org/secret}\n",
            'f:1:9: a space is missing after "url:"',
        ),
    ],
)
def test_what_is_refused_has_its_place_and_a_reason(text: str, expected: str) -> None:
    found = problems(text)
    assert any(expected in problem for problem in found), found
    assert "secret" not in "".join(found)


def test_an_alias_bomb_is_refused_before_it_goes_off() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert any(
        "more than 20,000 values, aliases counted" in problem
        for problem in problems("\n".join(lines))
    )


def test_an_ordinary_alias_is_what_it_stands_for() -> None:
    assert read("a: &x {b: 1}\nc: *x\n") == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "line", "column", "place"),
    [
        ("k: abc def\n", 1, 5, (1, 8)),
        ("k: 'it''s bad'\n", 1, 6, (1, 11)),
        ('k: "a\\tb\\u00e9c bad"\n', 1, 7, (1, 17)),
        ("k: |\n  one\n  two bad\n", 2, 5, (3, 7)),
        ("k: |\n  one\n    deep\n", 2, 3, (3, 5)),
        ("k: >\n  one\n  two bad\n", 1, 9, (3, 7)),
        ("k: >-\n  one\n\n  two bad\n", 2, 5, (4, 7)),
        ("k: one\n  two bad\n", 1, 9, (2, 7)),
        ("k: 'one\n  two bad'\n", 1, 9, (2, 7)),
        ('k: "one\\\n  two bad"\n', 1, 8, (2, 7)),
        ("k: &anchor  abc bad\n", 1, 5, (1, 17)),
        ("k: |2\n   one\n  bad\n", 2, 1, (3, 3)),
        ("k: héé bad\n", 1, 5, (1, 8)),
        ("k: |\r\n  one\r\n  bad\r\n", 2, 1, (3, 3)),
        ("k: abc\n", 1, 4, (1, 7)),
        ("k: abc\n", 9, 9, (1, 7)),
    ],
)
def test_a_place_in_a_text_is_found_in_the_file(
    text: str, line: int, column: int, place: tuple[int, int]
) -> None:
    assert scalar(text).position(line, column) == Place("f", *place)


WORDS = st.text(st.sampled_from("ab \n'\"\\:#é\t>|-{&*"), min_size=1, max_size=30)


@given(WORDS, st.sampled_from(["|", ">", "'", '"', None]), st.integers(20, 60))
def test_every_visible_character_of_any_text_is_found_where_it_stands(
    value: str, style: str | None, width: int
) -> None:
    text = (
        yaml.dump({"k": value}, default_style=None, width=width)
        if style is None
        else _dumped(value, style, width)
    )
    node = parse_yaml(text, source="f", findings=Findings())
    assert isinstance(node, Table)
    found = node.value("k")
    assert isinstance(found, Scalar)
    assert found.text == value
    lines = text.split("\n")
    for number, part in enumerate(value.split("\n"), 1):
        for column, char in enumerate(part, 1):
            if char in "ab:#>|-{&*":
                place = found.position(number, column)
                assert place.line is not None
                assert place.column is not None
                assert lines[place.line - 1][place.column - 1] == char


def _dumped(value: str, style: str, width: int) -> str:
    node = yaml.ScalarNode("tag:yaml.org,2002:str", value, style=style)
    key = yaml.ScalarNode("tag:yaml.org,2002:str", "k")
    return yaml.serialize(
        yaml.MappingNode("tag:yaml.org,2002:map", [(key, node)]), width=width, allow_unicode=True
    )


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    findings = Findings()
    node = parse_yaml(text, source="f", findings=findings)
    assert node is None or findings.count == 0


@given(
    st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(-1000, 1000),
            st.text(st.characters(codec="utf-8", exclude_categories=["C"])),
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
        ),
        max_leaves=12,
    )
)
def test_what_pyyaml_writes_is_read_back(value: object) -> None:
    findings = Findings()
    node = parse_yaml(yaml.safe_dump(value), source="f", findings=findings)
    findings.raise_if_wrong()
    assert (None if node is None else plain(node)) == value
