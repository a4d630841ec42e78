"""One subject on which a rule raises must not cost the others their verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RuleFault:
    """A rule raised `error`; its alert on `subject` is what it was."""

    rule: str
    subject: str
    error: Exception


def each_apart(
    ask: Callable[[Sequence[T]], None],
    subjects: Sequence[T],
    on_fault: Callable[[T, Exception], None],
) -> None:
    """Ask about all of these at once; where that raises, about each alone, and tell which of
    them it is.

    `ask` may be asked about the same subject twice. What raises without any subject is raised.
    """
    try:
        ask(subjects)
    except Exception:
        if not subjects:
            raise
        for subject in subjects:
            try:
                ask([subject])
            except Exception as error:  # noqa: BLE001 (whatever it is)
                on_fault(subject, error)
