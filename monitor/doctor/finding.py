"""One thing that was looked at, and what was found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. A warning works and is probably not meant, or will not work for long; a
    problem does not work."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is what was looked at ("database", "account shop"), `advice` what to do about
    it. Neither holds a secret."""

    level: Level
    subject: str
    message: str
    advice: str | None = None


def ok(subject: str, message: str) -> Finding:
    return Finding(Level.OK, subject, message)


def warning(subject: str, message: str, advice: str) -> Finding:
    """What nothing can be done about is no warning: `advice` is what to do."""
    return Finding(Level.WARNING, subject, message, advice)


def problem(subject: str, message: str, advice: str | None = None) -> Finding:
    return Finding(Level.PROBLEM, subject, message, advice)
