"""`detail:` of a rule, and whether its condition has what it needs."""

from collections.abc import Iterable

from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.condition import Condition
from monitor.domain.fields.detail_fields import COUNTS_OF_DETAIL
from monitor.errors import Problem
from monitor.yamlfile import values
from monitor.yamlfile.tables import TableReader


def read_detail(reader: TableReader, scope: Scope, when: Condition | None, *, event: bool) -> bool:
    """Whether the rule has campaigns read in detail before it is asked. `when` is None where it
    could not be read."""
    wanted = bool(reader.parsed("detail", values.boolean))
    entry = reader.table.entries.get("detail")
    if entry is not None and (scope is not Scope.CAMPAIGN or event):
        what = 'a rule with "on"' if event else f"a rule of scope {scope}"
        reader.findings.wrong(
            f'{what} has no "detail": it is for state rules of scope campaign', entry.place
        )
    elif scope is Scope.CAMPAIGN and when is not None:
        _doubts(reader, when, wanted=wanted, event=event)
    return wanted


def doubts_without_details(rules: Iterable[Rule]) -> tuple[Problem, ...]:
    """What is doubtful in these rules where no campaign is ever read in detail."""
    return tuple(
        Problem(
            f"{rule.name} asks for details, which are never read: it cannot fire",
            rule.place,
            "set BSG_DETAILS_PER_MINUTE",
        )
        for rule in rules
        if rule.detail
    )


def _doubts(reader: TableReader, when: Condition, *, wanted: bool, event: bool) -> None:
    node, entry = reader.text("when"), reader.table.entries.get("detail")
    if wanted and entry is not None:
        if not when.uses("_d"):
            hint = "leave it out: when an alert fires, its campaign is read in detail anyway"
            reader.findings.warn(
                "detail: the condition names nothing that the detail says", entry.place, hint
            )
        elif not when.without("_d").fields:
            hint = 'narrow it down by what the list shows, as in: status == "sending" and …'
            reader.findings.warn(
                "detail: every watched campaign will be read in detail, again and again",
                entry.place,
                hint,
            )
        return
    named = sorted(when.fields & COUNTS_OF_DETAIL)
    if named and node is not None:
        hint = (
            'name it in the texts only, or write a rule without "on"'
            if event
            else "add detail: true"
        )
        message = (
            f"when: {named[0]} is null until the campaign is read in detail, and stays what it was "
            "then"
        )
        reader.findings.warn(message, node.place, hint)
