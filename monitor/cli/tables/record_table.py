"""Records as a table for people on a terminal, tab-separated lines in a pipe, JSON for programs.

A table is as wide as its terminal and takes at most two lines for a record. What does not fit
side by side is folded into two lines, or has its most telling text on a line of its own below
the rest; then spare columns go, and at last texts are cut short.
"""

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.cli.tables.printing import (
    NOTHING,
    Piece,
    plain,
    print_csv,
    print_json,
    print_lines,
    readable,
    say,
    terminal_width,
    write,
)
from monitor.cli.tables.wrapping import cells, shortened, wrapped
from monitor.domain.safetext.shown_text import without_controls

LEAST_TEXT = 16
"""Columns that a text takes at least; before it gets fewer, spare columns go."""
LEAST_NAME = 22
"""Columns that a name takes at least; before it gets fewer, spare columns go."""
NARROWEST = 6
"""Columns that are left of a text or a name on a terminal that is too narrow for anything else."""
GAP = 2
"""Columns between two columns of a table."""
EDGE = " "
INDENT = "   "
"""Before a text that stands below the rest of its record."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, the key of the records it shows, and how a person sees the
    value.

    `style` gives a value's colour on a terminal (a Rich style name), "" for none. `text` marks
    long texts, which may be folded and cut short (in the middle where their `end` tells
    something), `below` the one that may stand on a line of its own, and `name` names, of which
    more is kept. All others are always shown whole. `otherwise` is the key of what a person sees
    where there is no value. A terminal's table leaves `dull` columns out when all rows agree,
    and `spare` ones when all rows are empty there, or when it is too narrow for all: the highest
    number goes first, among equals the rightmost. `write` is for tab-separated lines.
    """

    title: str
    key: str
    show: Callable[[object], str] = readable
    right: bool = False
    style: Callable[[object], str] = lambda _: ""
    text: bool = False
    end: bool = False
    below: bool = False
    otherwise: str = ""
    name: bool = False
    dull: bool = False
    spare: int = 0
    write: Callable[[object], str] = plain


_SEVERITY_STYLES = {"critical": "bold red", "error": "red", "warning": "yellow", "info": "cyan"}
_STATE_STYLES = {
    "firing": "bold red",
    "pending": "yellow",
    "resolved": "green",
    "delivered": "green",
    "dead": "bold red",
    "superseded": "dim",
}


def severity_style(value: object) -> str:
    """The colour of a severity."""
    return _SEVERITY_STYLES.get(str(value), "")


def state_style(value: object) -> str:
    """The colour of an alert's or a notification's state."""
    return _STATE_STYLES.get(str(value), "")


def print_records(
    records: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    *,
    as_json: bool = False,
    as_csv: Sequence[str] = (),
    empty: str = "none",
    more: str = "",
) -> None:
    """Print records as a table, as tab-separated lines after a line of keys, or (all their keys)
    as a JSON list, or as CSV of the keys in `as_csv`.

    `empty` is said on stderr when there are none, and there too what a limit kept from being
    shown (`more`): stdout carries data only.
    """
    if as_json:
        print_json(list(records))
    elif as_csv:
        print_csv(records, as_csv)
    elif not sys.stdout.isatty():
        lines = ["\t".join(column.key for column in columns)]
        lines += [
            "\t".join(column.write(record[column.key]) for column in columns) for record in records
        ]
        write("\n".join(lines) + "\n")
    elif records:
        print_lines(table_lines(records, columns, terminal_width()))
    if not as_json and not records and empty:
        say(empty)
    if more:
        say(f"{more}; --limit 0 shows all")


@dataclass(frozen=True, slots=True)
class Layout:
    """How many columns of the terminal each column of a table takes, which stands below the
    others, whether texts are folded."""

    widths: Mapping[Column, int]
    below: Column | None = None
    folded: bool = False

    @property
    def taken(self) -> int:
        """Columns of the terminal that the table takes, but for what stands below."""
        return _total(self.widths.values())


def fitting(columns: Sequence[Column], records: Sequence[Mapping[str, Any]], width: int) -> Layout:
    """The layout in which most columns fit into `width`."""
    values = {column: [_shown(column, record) for record in records] for column in columns}
    natural = {c: max((cells(value) for value in values[c]), default=0) for c in columns}
    kept = list(columns)
    while True:
        sizes = {column: max(natural[column], cells(column.title)) for column in kept}
        layout = (
            _side_by_side(sizes, width) or _folded(sizes, values, width) or _stacked(sizes, width)
        )
        if layout is not None:
            return layout
        spare = max(reversed(kept), key=lambda column: column.spare)
        if not spare.spare:
            return _squeezed(sizes, width)
        kept.remove(spare)


def table_lines(
    records: Sequence[Mapping[str, Any]], columns: Sequence[Column], width: int
) -> Iterator[list[Piece]]:
    """The lines of a table at most `width` columns wide."""
    telling: list[Column] = []
    for column in columns:
        written = {plain(record[column.key]) for record in records}
        if not (column.dull and len(written - {""}) <= 1) and not (
            column.spare and written == {""}
        ):
            telling.append(column)
    layout = fitting(telling, records, width)
    yield []
    yield from _row(layout, {column: (column.title, "bold") for column in telling}, width)
    yield [(EDGE + "─" * ((layout.taken if layout.below is None else width) - len(EDGE)), "")]
    for record in records:
        shown = {
            column: (_shown(column, record), column.style(record[column.key])) for column in telling
        }
        yield from _row(layout, shown, width)
    yield []


def _shown(column: Column, record: Mapping[str, Any]) -> str:
    value = record[column.key]
    return without_controls(
        column.show(record[column.otherwise] if column.otherwise and not value else value)
    )


def _total(widths: Collection[int]) -> int:
    return len(EDGE) + sum(widths) + GAP * (len(widths) - 1)


def _side_by_side(sizes: Mapping[Column, int], width: int) -> Layout | None:
    return Layout(sizes) if _total(sizes.values()) <= width else None


def _folded(
    sizes: Mapping[Column, int], values: Mapping[Column, Sequence[str]], width: int
) -> Layout | None:
    """Texts in columns so wide that none takes more than two lines."""
    least = {
        c: _folding_width(values[c], max(cells(c.title), LEAST_TEXT), size) if c.text else size
        for c, size in sizes.items()
    }
    return (
        Layout(_widened(least, sizes, width), folded=True)
        if _total(least.values()) <= width
        else None
    )


def _folding_width(texts: Sequence[str], least: int, most: int) -> int:
    """The narrowest column between `least` and `most` in which each text takes at most two
    lines."""
    width = min(least, most)
    for text in texts:
        while width < most and len(wrapped(text, width)) > 2:
            width += 1
    return width


def _stacked(sizes: Mapping[Column, int], width: int) -> Layout | None:
    """One text, if there is one that may be, below the rest; other texts and names are cut
    short."""
    below = next((column for column in sizes if column.below), None)
    beside = {column: size for column, size in sizes.items() if column is not below}
    least = {
        column: max(cells(column.title), min(size, _least(column, size)))
        for column, size in beside.items()
    }
    return (
        Layout(_widened(least, beside, width), below) if _total(least.values()) <= width else None
    )


def _least(column: Column, size: int) -> int:
    return LEAST_TEXT if column.text else LEAST_NAME if column.name else size


def _squeezed(sizes: Mapping[Column, int], width: int) -> Layout:
    """What may be cut is made narrower until all fits, the widest first."""
    below = next((column for column in sizes if column.below), None)
    widths = {column: size for column, size in sizes.items() if column is not below}
    while _total(widths.values()) > width:
        cuttable = [
            column
            for column in widths
            if (column.text or column.name) and widths[column] > NARROWEST
        ]
        if not cuttable:
            break
        widths[max(cuttable, key=lambda column: widths[column])] -= 1
    return Layout(widths, below)


def _widened(
    least: Mapping[Column, int], most: Mapping[Column, int], width: int
) -> Mapping[Column, int]:
    """What room is left goes to those that are not yet as wide as they could be, the narrowest
    first."""
    widths = dict(least)
    for _ in range(width - _total(widths.values())):
        narrow = [column for column in widths if widths[column] < most[column]]
        if not narrow:
            break
        widths[min(narrow, key=lambda column: widths[column])] += 1
    return widths


def _row(layout: Layout, shown: Mapping[Column, Piece], width: int) -> Iterator[list[Piece]]:
    """The one or two lines of a record, or of the titles."""
    sizes = dict(layout.widths)
    below = layout.below
    room = width - layout.taken - GAP
    if below is not None and room >= LEAST_TEXT and cells(shown[below][0]) <= room:
        sizes[below] = room
        below = None
    texts = {
        column: _cell(layout, column, shown[column][0], size) for column, size in sizes.items()
    }
    for number in range(max(map(len, texts.values()))):
        line: list[Piece] = [(EDGE, "")]
        for column, size in sizes.items():
            text = texts[column][number] if number < len(texts[column]) else ""
            blank = " " * (size - cells(text))
            line += [
                (blank if column.right else "", ""),
                (text, shown[column][1]),
                ("" if column.right else blank, ""),
            ]
            line.append((" " * GAP, ""))
        yield _without_trailing_blanks(line)
    if below is not None and shown[below][0] not in ("", NOTHING):
        text, style = shown[below]
        room = width - len(INDENT)
        yield [(INDENT, ""), (shortened(text, room, tail=room // 3 if below.end else 0), style)]


def _without_trailing_blanks(line: list[Piece]) -> list[Piece]:
    while line and not line[-1][0].strip():
        line.pop()
    return line


def _cell(layout: Layout, column: Column, text: str, width: int) -> list[str]:
    return wrapped(text, width) if layout.folded and column.text else [shortened(text, width)]
