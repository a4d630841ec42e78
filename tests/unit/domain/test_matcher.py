"""Matchers: their syntax, what they hold for, and what one implies."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.routing.matcher import (
    Matcher,
    MatcherError,
    MatchOperator,
    all_match,
    argument_matcher,
    contradiction,
    covers,
    match_empty,
    matchers_text,
    parse_matchers,
)


def parsed(text: str) -> list[tuple[str, str, str]]:
    return [(each.name, each.operator.value, each.value) for each in parse_matchers(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('severity="critical"', [("severity", "=", "critical")]),
        ("severity=critical", [("severity", "=", "critical")]),
        (" a != b ", [("a", "!=", "b")]),
        ('sender=~"Shop.*"', [("sender", "=~", "Shop.*")]),
        ("team=~a|b", [("team", "=~", "a|b")]),
        ('a!~"x"', [("a", "!~", "x")]),
        ('{a="b",c=d}', [("a", "=", "b"), ("c", "=", "d")]),
        ('{a="b",}', [("a", "=", "b")]),
        ('a="b", c!=d', [("a", "=", "b"), ("c", "!=", "d")]),
        ("{}", []),
        ('отдел="продажи 🚀"', [("отдел", "=", "продажи 🚀")]),
        ('"my label"="x"', [("my label", "=", "x")]),
        ('a="b{},=~ c"', [("a", "=", "b{},=~ c")]),
        (r'a="say \"hi\" \\ \n"', [("a", "=", 'say "hi" \\ \n')]),
        (r'a="\u00e9"', [("a", "=", "é")]),
        (r'a=~"\d+\.x"', [("a", "=~", r"\d+\.x")]),
        ('a=""', [("a", "=", "")]),
    ],
)
def test_alertmanagers_syntax_is_read(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("", "is empty", 0),
        ("a", 'expected = != =~ or !~ after "a", found the end', 1),
        ('a="b', "the quote is not closed", 2),
        ("a=b c=d", 'expected a comma before "c=d"', 4),
        ("a==b", "there is one = too many", 2),
        ("a=", "expected a value, found the end", 2),
        ("='x'", "expected a label's name", 0),
        ("a='x'", "expected a value", 2),
        ('{a="b"', "the brace is not closed", 6),
        ('{a="b"} x', "expected nothing after the brace", 8),
        ('a=~"("', "this is not a pattern: missing )", 3),
        (r'a="\d"', r"\d is no escape", 3),
        ('""="x"', "a label's name cannot be empty", 2),
        ("x" * 5000, "longer than 4000", 0),
    ],
)
def test_what_is_no_matcher_is_refused_with_its_place(text: str, message: str, offset: int) -> None:
    with pytest.raises(MatcherError) as refused:
        parse_matchers(text)
    assert message in str(refused.value)
    assert refused.value.offset == offset


@pytest.mark.parametrize(
    ("matcher", "value", "holds"),
    [
        ("a=x", "x", True),
        ("a=x", "X", False),
        ("a!=x", "y", True),
        ("a=~x", "xx", False),  # anchored
        ("a=~x.*", "xx", True),
        ("a=~x|yz", "yz", True),
        ("a=~x|yz", "y", False),
        ("a!~x.*", "xx", False),
        ('a=~".*b"', "a\nb", True),  # a line break hides nothing
        ('a=~"a"', None, False),
        ('a=""', None, True),  # a missing label is empty
        ('a!="x"', None, True),
        ('a=~".*"', None, True),
        ('a=~".+"', None, False),
    ],
)
def test_what_a_matcher_holds_for(matcher: str, value: str | None, holds: bool) -> None:
    assert all_match(parse_matchers(matcher), {} if value is None else {"a": value}) is holds


def test_a_pattern_that_would_hang_others_takes_no_time() -> None:
    assert not all_match(parse_matchers('a=~"(a+)+b"'), {"a": "a" * 10_000})


names = st.text(min_size=1, max_size=5)
matchers = st.builds(
    Matcher,
    names,
    st.sampled_from([MatchOperator.EQUAL, MatchOperator.NOT_EQUAL]),
    st.text(max_size=8),
)


@given(st.lists(matchers, max_size=4))
def test_the_text_of_matchers_reads_as_the_same_matchers(given_: list[Matcher]) -> None:
    assert sorted(parse_matchers(matchers_text(given_))) == sorted(given_)


@given(st.text(alphabet=st.sampled_from('ab="\\{},!~ \n.*('), max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    refused: MatcherError | None = None
    try:
        found = parse_matchers(text)
    except MatcherError as error:
        refused = error
    if refused is not None:
        assert 0 <= refused.offset <= len(text)
        return
    all_match(found, {"a": "b"})
    assert parse_matchers(matchers_text(found)) == tuple(sorted(found))


@given(st.sampled_from(["a", "b|c", "x.*", "[ab]+", ""]), st.text(alphabet="abcx", max_size=4))
def test_a_pattern_means_what_pythons_full_match_means(pattern: str, value: str) -> None:
    holds = Matcher("a", MatchOperator.MATCHES, pattern).matches({"a": value})
    assert holds is (re.fullmatch(pattern, value) is not None)


@pytest.mark.parametrize(
    ("wide", "narrow", "sure"),
    [
        ("{}", "a=b", True),
        ("a=b", "a=b", True),
        ("a=b", '{a=b,c="d"}', True),
        ('{a=b,c="d"}', "a=b", False),
        ("a=~b|c", "a=b", True),
        ("a!=x", "a=b", True),
        ("a=~b|c", "a=d", False),
        ("a=~b|c", "a=~c|b", False),  # patterns are not compared
    ],
)
def test_whether_one_takes_all_of_anothers_alerts(wide: str, narrow: str, sure: bool) -> None:
    assert covers(parse_matchers(wide), parse_matchers(narrow)) is sure


def test_what_can_never_hold_together_is_found() -> None:
    assert contradiction(parse_matchers("a=x, a=y")) is not None
    assert contradiction(parse_matchers("a=x, a!~x|z")) is not None
    assert contradiction(parse_matchers("a=x, b=y, a=~x|y")) is None


def test_what_matches_nearly_everything_is_known() -> None:
    assert match_empty(())
    assert match_empty(parse_matchers('a!=x, b=~".*"'))
    assert not match_empty(parse_matchers("a!=x, b=y"))


def test_an_argument_is_taken_as_the_shell_leaves_it() -> None:
    assert argument_matcher("sender=My Shop, Ltd") == Matcher(
        "sender", MatchOperator.EQUAL, "My Shop, Ltd"
    )
    assert argument_matcher(r"a=~\d+ x") == Matcher("a", MatchOperator.MATCHES, r"\d+ x")
    assert argument_matcher('a="b c"') == Matcher("a", MatchOperator.EQUAL, "b c")
    for wrong in ("a=~(", "a", '{a="b",c="d"}'):
        with pytest.raises(MatcherError):
            argument_matcher(wrong)
