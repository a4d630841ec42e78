"""How a command fails: words for people on stderr, an exit code for programs, no traceback for
what a user can cause."""

import os
import sys
import traceback
from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperGroup

from monitor import __version__
from monitor.cli.tables.printing import cannot_print
from monitor.domain.safetext.shown_text import visible
from monitor.errors import ConfigError, MonitorError, Problem

FAILED = 1
WRONG_USE = 2
BUG = 70
"""EX_SOFTWARE of sysexits.h."""
BROKEN_PIPE = 141
"""What a shell shows for a program that SIGPIPE ended, as the program that closed the pipe
expects."""


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
                # Typer's own; its usage errors have no public class, but all can format themselves
                raise
            _report_bug(error)
            raise typer.Exit(BUG) from error


def complain(text: str) -> None:
    """An error on stderr. It should hold no secret; known ones are masked all the same."""
    from monitor.logs import journal_prefix

    sys.stderr.write(f"{journal_prefix('error')}error: {_safe(text)}\n")


def report_problems(problems: Iterable[Problem], *, kind: str = "error") -> None:
    """Each problem on stderr: place, kind and words on a line, and below it the line of the file
    with a caret under it.

    `kind` is `error` or `warning`.
    """
    from monitor.logs import journal_prefix

    prefix = journal_prefix(kind)
    for problem in problems:
        place = problem.place
        head = (
            f"{kind}: {problem}"
            if place is None or place.line is None
            else f"{place}: {kind}: {problem.words}"
        )
        sys.stderr.write(f"{prefix}{_safe(head)}\n")
        excerpt = problem.excerpt
        if excerpt is not None and _safe(excerpt.line) == visible(
            excerpt.line
        ):  # or it looks like one of the secrets
            from monitor.cli.tables.error_excerpts import drawn, width_for

            lines = drawn(
                excerpt, width_for(sys.stderr) - 2, encoding=sys.stderr.encoding or "ascii"
            )
            sys.stderr.writelines(f"{prefix}  {line}\n" for line in lines)


def _safe(text: str) -> str:
    from monitor.logs import masked

    return "\n".join(visible(line) for line in masked(text).splitlines())


def _report_bug(error: Exception) -> None:
    from monitor.logs import masked

    head = (
        f"error: this is a bug in bsg-monitor {__version__}, not a mistake of yours; please report "
        "it with what follows"
    )
    trace = "".join(traceback.format_exception(error))
    sys.stderr.write(f"{head}\n{visible(masked(trace), keep_lines=True)}")


def _flush_stdout() -> None:
    """Write out what was printed while a failure can still be reported. Raises MonitorError."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _forget_stdout()
        raise cannot_print(error) from None


def _forget_stdout() -> None:
    """Let the interpreter's own flush at exit go nowhere, instead of complaining about the pipe
    once more."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):
        return  # not a real file
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
