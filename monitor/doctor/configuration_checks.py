"""Settings and rules. Whoever loads them learns what is wrong; here it becomes findings like all
others."""

from monitor.doctor.finding import Finding, Level, ok
from monitor.domain.safetext.shown_text import counted
from monitor.errors import Problem
from monitor.rulefile import RuleFile
from monitor.settings import LoadedSettings

SUBJECT = "configuration"


def of_configuration(level: Level, found: Problem) -> Finding:
    """What is wrong or doubtful in a setting or a rule."""
    message = f"{found.place}: {found.message}" if found.place else found.message
    return Finding(level, SUBJECT, message, found.hint)


def right_configuration(loaded: LoadedSettings, rules: RuleFile) -> Finding:
    """That nothing is."""
    accounts, receivers = len(loaded.settings.accounts), len(rules.receivers)
    parts = (
        counted(accounts, "account"),
        counted(len(rules.rules), "rule"),
        counted(receivers, "receiver"),
    )
    return ok(SUBJECT, f"settings and rules are right: {', '.join(parts)}")
