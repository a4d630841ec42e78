"""How a command fails: words for people on stderr, an exit code for programs, no traceback for what a user can cause."""

import os
import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from monitor import __version__
from monitor.cli.printing import cannot_print
from monitor.domain.text import visible
from monitor.errors import ConfigError, MonitorError, Place, Problem

FAILED = 1
WRONG_USE = 2
BUG = 70
"""EX_SOFTWARE of sysexits.h."""
BROKEN_PIPE = 141
"""What a shell shows for a program that SIGPIPE ended, which is what whoever closed the pipe expects."""

LONGEST_LINE = 120
_SECRETIVE = re.compile(r"key|token|secret|passw|credential|authori[sz]ation|signature|url|dsn|://", re.IGNORECASE)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\ud800-\udfff]")


class MonitorGroup(TyperGroup):
    """The root of all commands: turns what they raise into words and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            try:
                return super().invoke(ctx)
            finally:
                _flush_stdout()
        except BrokenPipeError:
            _forget_stdout()
            raise typer.Exit(BROKEN_PIPE) from None
        except ConfigError as error:
            report_problems(error.problems)
            raise typer.Exit(WRONG_USE) from error
        except MonitorError as error:
            complain(str(error))
            raise typer.Exit(FAILED) from error
        except Exception as error:
            if isinstance(error, typer.Exit | typer.Abort) or hasattr(error, "format_message"):
                raise  # Typer's own; its usage errors have no public class, but all can format themselves
            _report_bug(error)
            raise typer.Exit(BUG) from error


def complain(text: str) -> None:
    """An error on stderr. It should hold no secret; known ones are masked all the same."""
    from monitor.logs import journal_prefix

    sys.stderr.write(f"{journal_prefix('error')}error: {_safe(text)}\n")


def report_problems(problems: Iterable[Problem], *, kind: str = "error") -> None:
    """One problem a line on stderr, each followed by its line of the file with a caret under the column.

    `kind` is `error` or `warning`.
    """
    from monitor.logs import journal_prefix

    prefix = journal_prefix(kind)
    files: dict[str, list[str] | None] = {}
    for problem in problems:
        sys.stderr.write(f"{prefix}{kind}: {_safe(str(problem))}\n")
        if problem.place is not None:
            sys.stderr.writelines(f"{prefix}  {line}\n" for line in _excerpt(problem.place, files))


def _excerpt(place: Place, files: dict[str, list[str] | None]) -> list[str]:
    """The line and the caret; nothing when the file cannot be read, or when the line or the one before may hold a secret."""
    if place.line is None or Path(place.source).suffix not in {".yaml", ".yml"}:
        return []
    if place.source not in files:
        files[place.source] = _lines(Path(place.source))
    lines = files[place.source]
    if lines is None or not 0 < place.line <= len(lines):
        return []
    line = lines[place.line - 1]
    if any(_SECRETIVE.search(near) for near in lines[max(0, place.line - 2) : place.line]) or _safe(line) != visible(line):
        return []
    column = min(place.column or 1, len(line) + 1)
    start = max(0, column - LONGEST_LINE // 2) if len(line) > LONGEST_LINE else 0
    shown = line[start : start + LONGEST_LINE]
    if place.column is None:
        return [_printable(shown)]
    from rich.cells import cell_len

    return [_printable(shown), " " * cell_len(_printable(line[start : column - 1])) + "^"]


def _lines(path: Path) -> list[str] | None:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None


def _printable(line: str) -> str:
    """The line with one visible character for each that is not, so that columns stay where they are."""
    return _UNPRINTABLE.sub("\ufffd", line.replace("\t", " "))


def _safe(text: str) -> str:
    from monitor.logs import masked

    return "\n".join(visible(line) for line in masked(text).splitlines())


def _report_bug(error: Exception) -> None:
    from monitor.logs import masked

    head = f"error: this is a bug in bsg-monitor {__version__}, not a mistake of yours; please report it with what follows"
    trace = "".join(traceback.format_exception(error))
    sys.stderr.write(f"{head}\n{visible(masked(trace), keep_lines=True)}")


def _flush_stdout() -> None:
    """Write out what was printed while there is still somebody to tell that it failed. MonitorError."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _forget_stdout()
        raise cannot_print(error) from None


def _forget_stdout() -> None:
    """Let the interpreter's own flush at exit go nowhere, instead of complaining about the pipe once more."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):
        return  # not a real file
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
