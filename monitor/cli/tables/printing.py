"""What commands print: values as people and programs read them, lines, JSON.

Names of campaigns and senders are other people's text: on a terminal and in a pipe they lose
control and bidirectional characters (JSON escapes them), and nothing in them is read as markup.
"""

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitor.domain.safetext.shown_text import without_controls
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from rich.console import Capture, Console

NOTHING = "–"
Piece = tuple[str, str]
"""A text and its style: a Rich style name, "" for none."""


def plain(value: object) -> str:
    """A value as one field of a tab-separated line: times in ISO 8601 (UTC), an absent one
    empty."""
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
    """A value for a person's eyes: times to the minute (UTC), thousands set apart, "–" for what
    is absent."""
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


def write(text: str) -> None:
    """Text on stdout as it is. MonitorError when stdout takes no more (a full disk),
    BrokenPipeError when its reader is gone."""
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
    """One JSON document on stdout: times in ISO 8601, characters beyond ASCII escaped, so that
    it is safe on any terminal."""
    write(json.dumps(value, default=_json_value, indent=2, allow_nan=False) + "\n")


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula, or split it."""


def print_csv(records: Iterable[Mapping[str, object]], keys: Sequence[str]) -> None:
    """A line of keys and one for each record on stdout. No text in it is a formula to a
    spreadsheet: names are other people's."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([_cell(record[key]) for key in keys] for record in records)
    write(lines.getvalue())


def _cell(value: object) -> str:
    text = plain(value)
    number = isinstance(value, int | float)
    return (
        f"'{text}"
        if not number and (str(value).startswith(_FORMULA) or text.lstrip().startswith(_FORMULA))
        else text
    )


def print_lines(lines: Iterable[Sequence[Piece]]) -> None:
    """Lines of pieces on stdout, with colours where it is a terminal; cleaned, and no line is
    broken."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, markup=False, highlight=False, emoji=False)
    with _drawing(console) as drawn:
        for line in lines:
            console.print(
                Text.assemble(*((without_controls(text), style) for text, style in line)),
                soft_wrap=True,
            )
    write(drawn.get())


def print_hanging(line: str, indent: str) -> None:
    """One line on stdout; on a terminal broken between words, and what follows indented. Colours
    are kept: clean it first."""
    from monitor.cli.tables.wrapping import hanging

    lines = hanging(line, terminal_width(), indent) if sys.stdout.isatty() else [line]
    write("".join(f"{each}\n" for each in lines))


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


@contextmanager
def _drawing(console: "Console") -> "Iterator[Capture]":
    """What is drawn meanwhile, for `write`. Errors as there: drawing ends with writing out what
    was printed before."""
    try:
        with console.capture() as drawn:
            yield drawn
    except BrokenPipeError:
        raise
    except OSError as error:
        raise cannot_print(error) from error


def _iso(at: datetime) -> str:
    return (
        at.astimezone(UTC)
        .isoformat(timespec="milliseconds" if at.microsecond else "seconds")
        .replace("+00:00", "Z")
    )


def _json_value(value: object) -> object:
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    return str(value)
