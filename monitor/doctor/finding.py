"""One thing that was checked, and what was found. What is wrong with settings and rules is known
from loading them, and becomes findings here."""

from dataclasses import dataclass
from enum import StrEnum

from monitor.domain.safetext.shown_text import counted
from monitor.errors import Problem
from monitor.rulefile import RuleFile
from monitor.settings import LoadedSettings

CONFIGURATION = "configuration"


class Level(StrEnum):
    """How bad it is. A problem does not work. A warning works, but is probably not intended or will
    not work for long."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is what was checked ("database", "account shop"), `advice` what to do. Neither
    holds a secret."""

    level: Level
    subject: str
    message: str
    advice: str | None = None


def ok(subject: str, message: str) -> Finding:
    return Finding(Level.OK, subject, message)


def warning(subject: str, message: str, advice: str) -> Finding:
    """`advice` is what to do: what you can do nothing about is not a warning."""
    return Finding(Level.WARNING, subject, message, advice)


def problem(subject: str, message: str, advice: str | None = None) -> Finding:
    return Finding(Level.PROBLEM, subject, message, advice)


def of_configuration(level: Level, found: Problem) -> Finding:
    """A finding from a problem or a warning of the settings or the rules."""
    message = f"{found.place}: {found.message}" if found.place else found.message
    return Finding(level, CONFIGURATION, message, found.hint)


def right_configuration(loaded: LoadedSettings, rules: RuleFile) -> Finding:
    """The finding that settings and rules are right, with how many there are."""
    parts = (
        counted(len(loaded.settings.accounts), "account"),
        counted(len(rules.rules), "rule"),
        counted(len(rules.receivers), "receiver"),
    )
    return ok(CONFIGURATION, f"settings and rules are right: {', '.join(parts)}")
