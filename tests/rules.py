"""Rules for tests: without a file around them, and from a file without this machine's
environment."""

from datetime import timedelta
from pathlib import Path

from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.campaign.event import EventKind
from monitor.domain.condition import parse_condition
from monitor.domain.texts.template import Template
from monitor.rulefile import RuleFile, load_rules
from monitor.settings import LoadedSettings, load_settings


def state_rule(
    name: str,
    when: str,
    *,
    scope: str = "campaign",
    hold: timedelta = timedelta(0),
    keep_firing: timedelta = timedelta(0),
    severity: str = "warning",
    summary: str | None = None,
    detail: bool = False,
) -> Rule:
    """A state rule; its summary shows `sent` so that tests see texts change."""
    text = summary or (
        "{{ campaign.name }}: {{ sent }} sent" if scope == "campaign" else "{{ account }}"
    )
    return Rule(
        name=name,
        scope=Scope(scope),
        when=parse_condition(when, scope=scope),
        hold=hold,
        keep_firing=keep_firing,
        severity=severity,
        summary=Template.parse(text, scope=scope),
        detail=detail,
    )


def event_rule(name: str, *on: EventKind, when: str | None = None) -> Rule:
    """An event rule."""
    return Rule(
        name=name,
        on=frozenset(on),
        when=None if when is None else parse_condition(when, scope="campaign", event=True),
        summary=Template.parse("{{ campaign.name }} is {{ status }}", scope="campaign", event=True),
    )


def settings_for(path: Path, **environ: str) -> LoadedSettings:
    """Settings that name this rules file, and nothing else but what is given."""
    return load_settings(
        environ={"BSG_RULES_FILE": str(path), **environ},
        directory=Path("/no/such/folder"),
        need_account=False,
    )


def rules_in(path: Path, **environ: str) -> RuleFile:
    """A rules file as the monitor loads it by these settings."""
    return load_rules(settings_for(path, **environ))
