"""Lines beneath errors: the caret stands under what is meant, whatever else is in the line."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from monitor.cli.tables.error_excerpts import CUT, drawn
from monitor.domain.safetext.shown_text import visible
from monitor.errors import Excerpt, Place


def picture(line: str, column: int, end_column: int | None = None, *, width: int = 80) -> list[str]:
    return drawn(Excerpt.of(line, Place("rules.yaml", 1, column, end_column)), width)


def test_carets_stand_under_the_whole_of_what_is_meant() -> None:
    assert picture("when: sennt > 10", 7, 12) == ["when: sennt > 10", "      ^^^^^"]


def test_one_caret_stands_where_the_end_is_not_known_or_past_the_line() -> None:
    assert picture("when: sent >", 13) == ["when: sent >", "            ^"]
    assert picture("when: sent >", 99, 120) == ["when: sent >", "            ^"]
    assert picture("", 1) == ["", "^"]


def test_tabs_and_wide_characters_leave_the_carets_where_they_belong() -> None:
    assert picture("\twhen: sennt", 8, 13) == [" when: sennt", "       ^^^^^"]
    assert picture("名前 == sennt", 7, 12) == ["名前 == sennt", "        ^^^^^"]
    assert picture("名前 == 1", 1, 3) == ["名前 == 1", "^^^^"]


def test_control_and_bidirectional_characters_are_shown_as_one_that_does_nothing() -> None:
    line, carets = picture("a\x1b[2J\u202e sennt", 8, 13)
    assert line == "a\ufffd[2J\ufffd sennt"
    assert carets == "       ^^^^^"


def test_a_long_line_is_cut_around_the_place() -> None:
    line, carets = picture(f"{'a' * 300} sennt {'b' * 300}", 302, 307, width=60)
    assert line.startswith(CUT)
    assert line.endswith(CUT)
    assert cell_len(line) <= 60
    assert line[carets.index("^") : len(carets)] == "sennt"
    line, carets = picture(f"sennt {'b' * 300}", 1, 6, width=60)
    assert (line.startswith("sennt b"), line.endswith(CUT), carets) == (True, True, "^^^^^")
    line, carets = picture(f"{'a' * 300} sennt", 302, 307, width=60)
    assert (line.startswith(CUT), line.endswith("a sennt"), cell_len(line)) == (True, True, 60)


def test_what_is_meant_is_cut_itself_when_it_is_longer_than_the_line() -> None:
    line, carets = picture(f"x {'s' * 500} y", 3, 503, width=60)
    assert line.startswith("x sss")
    assert cell_len(line) <= 60
    assert carets.startswith("  ^^^")


@given(
    st.text(max_size=300),
    st.integers(1, 400),
    st.none() | st.integers(1, 400),
    st.integers(40, 120),
)
def test_any_line_and_place_fits_the_width(
    line: str, column: int, end_column: int | None, width: int
) -> None:
    text, carets = picture(line, column, end_column, width=width)
    assert cell_len(text) <= width
    assert len(carets) <= width + 1
    assert carets.strip(" ") == "^" * carets.count("^") != ""
    assert visible(text) == text


@given(
    st.text(st.sampled_from("ab 名é\t"), max_size=200),
    st.text(st.sampled_from("ab 名é"), max_size=200),
)
def test_the_meant_word_stands_above_the_carets_in_any_line(before: str, after: str) -> None:
    start = len(before) + 1
    line, carets = picture(f"{before}sennt{after}", start, start + 5)
    cells = [char for char in line for _ in range(cell_len(char))]
    assert "".join(cells[carets.index("^") : len(carets)]) == "sennt"


def test_what_the_terminal_cannot_write_leaves_the_carets_where_they_belong() -> None:
    excerpt = Excerpt.of("名前 == sennt", Place("rules.yaml", 1, 7, 12))
    assert drawn(excerpt, 80, encoding="ascii") == ["???? == sennt", "        ^^^^^"]
