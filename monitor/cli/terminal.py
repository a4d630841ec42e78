"""Standard input, output and error as the process finds them: closed, in an encoding that lacks
characters, or a terminal that shows a progress bar."""

import codecs
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

_MODES = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_missing() -> None:
    """Have those that are closed read nothing, and write to nowhere: else the first file or
    socket that is opened takes their number, and what is printed goes into it."""
    for number, (name, mode) in enumerate(_MODES):
        if _is_open(number):
            continue
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != number:
            os.dup2(nowhere, number)
            os.close(nowhere)
        setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


# --- characters that the encoding lacks ---

PLAIN = "bsg-monitor-plain"
"""The name under which this way of writing is known to Python's codecs."""

_INSTEAD = {
    **dict(zip("▁▂▃▄▅▆▇█", ".:-=+*%#", strict=True)),
    **dict(zip("✓✗│├└–·", "+-||`-.", strict=True)),
    "…": "...",
    "→": "->",
    "─": "-",
}


def write_plainly(stream: object) -> None:
    """Have what the stream's encoding lacks written with other characters, or as an escape where
    there is nothing alike: a locale that lacks a character must not make a command fail."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=PLAIN)


def _instead(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    char = error.object[error.start]
    if char in _INSTEAD:
        return _INSTEAD[char], error.start + 1
    written, _ = codecs.backslashreplace_errors(
        UnicodeEncodeError(error.encoding, char, 0, 1, error.reason)
    )
    return written, error.start + 1


codecs.register_error(PLAIN, _instead)


# --- progress ---


@contextmanager
def progress(what: str, *, after: float = 0.0) -> Iterator[Callable[[float], None]]:
    """A bar while the context lasts, shown after that many seconds. Call the function it gives
    with the share that is done, 0 to 1. The bar is gone afterwards."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from monitor.clock import SystemClock

    clock = SystemClock()
    begun = clock.monotonic()
    update: Callable[[float], None] | None = None
    with ExitStack() as stack:

        def show(share: float) -> None:
            nonlocal update
            if update is None and clock.monotonic() - begun >= after:
                update = stack.enter_context(_bar(what))
            if update is not None:
                update(share)

        show(0.0)
        yield show


@contextmanager
def _bar(what: str) -> Iterator[Callable[[float], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda share: bar.update(task, completed=share)
