"""What commands print: tables for people on a terminal, tab-separated lines in a pipe, JSON for programs.

Names of campaigns and senders are other people's text: on a terminal and in a pipe they lose control and bidirectional
characters (JSON escapes them), and nothing in them is read as markup.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from monitor.domain.text import without_controls
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from rich.console import Capture, Console

NOTHING = "–"
Piece = tuple[str, str]
"""A text and its style: a Rich style name, "" for none."""
LEAST_TEXT = 16
"""Characters that a column of long texts wants at least; before it gets fewer, spare columns go."""
GAP = 2
"""Characters between two columns, and for the edges of the table."""


def plain(value: object) -> str:
    """A value as one field of a tab-separated line: times in ISO 8601 (UTC), an absent one empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.2f}"
    if isinstance(value, Mapping):
        return ",".join(f"{plain(key)}={plain(item)}" for key, item in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(map(plain, value))
    return without_controls(str(value))


def readable(value: object) -> str:
    """A value for a person's eyes: times to the minute (UTC), thousands set apart, "–" for what is absent."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return plain(value)


def share(value: object) -> str:
    """A ratio as a percentage."""
    return f"{100 * value:.1f} %" if isinstance(value, int | float) else NOTHING


def identifier(value: object) -> str:
    """A number that is a name: without thousands separators."""
    return plain(value) or NOTHING


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, the key of the records it shows, and how a person sees the value.

    `style` gives a value's colour on a terminal (a Rich style name), "" for none. `text` marks long texts, which may be broken
    over lines. A terminal's table leaves `dull` columns out when all rows agree, and `spare` ones when all rows are empty
    there, or when it is too narrow for all: the highest number goes first, among equals the rightmost. `write` is for
    tab-separated lines.
    """

    title: str
    key: str
    show: Callable[[object], str] = readable
    right: bool = False
    style: Callable[[object], str] = lambda _: ""
    text: bool = False
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


def write(text: str) -> None:
    """Text on stdout as it is. MonitorError when stdout takes no more (a full disk), BrokenPipeError when nobody reads it."""
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot_print(error) from error


def cannot_print(error: OSError) -> MonitorError:
    """What to say when stdout takes no more."""
    return MonitorError(f"cannot write to standard output: {error.strerror or error}")


def print_json(value: object) -> None:
    """One JSON document on stdout: times in ISO 8601, characters beyond ASCII escaped, so that it is safe on any terminal."""
    write(json.dumps(value, default=_json_value, indent=2, allow_nan=False) + "\n")


def print_records(
    records: Sequence[Mapping[str, Any]], columns: Sequence[Column], *, as_json: bool = False, empty: str = "none", more: str = ""
) -> None:
    """Print records as a table, as tab-separated lines after a line of keys, or (all their keys) as a JSON list.

    `empty` is said on stderr when there are none, and there too what a limit kept from being shown (`more`): stdout bears
    data only.
    """
    if as_json:
        print_json(list(records))
    elif not sys.stdout.isatty():
        lines = ["\t".join(column.key for column in columns)]
        lines += ["\t".join(column.write(record[column.key]) for column in columns) for record in records]
        write("\n".join(lines) + "\n")
    elif records:
        _print_table(records, columns)
    if not as_json and not records and empty:
        say(empty)
    if more:
        say(f"{more}; --limit 0 shows all")


def print_lines(lines: Iterable[Sequence[Piece]]) -> None:
    """Lines of pieces on stdout, with colours where it is a terminal; cleaned, and no line is broken."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, markup=False, highlight=False, emoji=False)
    with _drawing(console) as drawn:
        for line in lines:
            console.print(Text.assemble(*((without_controls(text), style) for text, style in line)), soft_wrap=True)
    write(drawn.get())


def print_line(text: str) -> None:
    """One line on stdout, cleaned."""
    write(without_controls(text) + "\n")


def say(text: str) -> None:
    """One line beside the data, on stderr, cleaned."""
    sys.stderr.write(without_controls(text) + "\n")


def terminal_width() -> int:
    """Columns of the terminal that stdout is."""
    from rich.console import Console

    return Console(file=sys.stdout).width


def _print_table(records: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, markup=False, highlight=False, emoji=False)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    telling: list[Column] = []
    for column in columns:
        written = {plain(record[column.key]) for record in records}
        if not (column.dull and len(written) == 1) and not (column.spare and written == {""}):
            telling.append(column)
    shown = list(fitting(telling, records, console.width))
    for column in shown:
        justify: Literal["left", "right"] = "right" if column.right else "left"
        table.add_column(Text(column.title), justify=justify, overflow="fold", no_wrap=not column.text)
    for record in records:
        values = [(column, record[column.key]) for column in shown]
        table.add_row(*(Text(column.show(value), style=column.style(value)) for column, value in values))
    with _drawing(console) as drawn:
        console.print(table)
    write(drawn.get())


@contextmanager
def _drawing(console: "Console") -> "Iterator[Capture]":
    """What is drawn meanwhile, for `write`. Errors as there: drawing ends with writing out what was printed before."""
    try:
        with console.capture() as drawn:
            yield drawn
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot_print(error) from error


def fitting(columns: Sequence[Column], records: Sequence[Mapping[str, Any]], width: int) -> dict[Column, int]:
    """The columns that fit side by side, each with the characters it takes: spare ones are left out until the others do."""
    from rich.cells import cell_len

    def wanted(column: Column) -> int:
        widest = max((cell_len(column.show(record[column.key])) for record in records), default=0)
        return max(cell_len(column.title), min(widest, LEAST_TEXT) if column.text else widest)

    kept = {column: wanted(column) + GAP for column in columns}
    while sum(kept.values()) > width and any(column.spare for column in kept):
        del kept[max(reversed(kept), key=lambda column: column.spare)]
    return kept


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


def _json_value(value: object) -> object:
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    return str(value)
