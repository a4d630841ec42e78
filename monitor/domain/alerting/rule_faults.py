"""Keeps a subject on which a rule raises from costing the others their verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RuleFault:
    """A rule raised `error`; its alert on `subject` stays as it was."""

    rule: str
    subject: str
    error: Exception


def each_apart(
    ask: Callable[[Sequence[T]], None],
    subjects: Sequence[T],
    on_fault: Callable[[T, Exception], None],
) -> None:
    """Evaluate all of these at once. If that raises, evaluate each alone, and report those that
    raise to `on_fault`.

    A subject may be evaluated twice. An error without any subject is raised.
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
