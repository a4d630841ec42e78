"""A progress bar on stderr, where it is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def progress(what: str, *, after: float = 0.0) -> Iterator[Callable[[float], None]]:
    """A bar while the context lasts, once that has been so many seconds; call what it gives with
    the share that is done, 0 to 1. It is gone afterwards."""
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
