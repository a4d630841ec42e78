"""`route`: which receivers a set of labels reaches, and by which way."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli import completion
from monitor.cli.arguments import AsJson
from monitor.cli.failures import FAILED, complain
from monitor.cli.invocation import load_settings_of
from monitor.cli.tables.printing import say
from monitor.cli.tables.record_table import Column, print_records
from monitor.cli.unknown_filter_values import warn_of_matchers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.domain.routing.inhibition import InhibitRule
    from monitor.domain.routing.route import Branch

COLUMNS = (
    Column("Receiver", "receiver", name=True),
    Column("By way of", "path", text=True, below=True),
    Column("Grouped by", "group_labels", text=True),
    Column("Mute now", "muted", text=True),
)


def route(
    ctx: typer.Context,
    labels: Annotated[
        list[str],
        typer.Argument(
            help="The labels of an alert: severity=critical alertname=Stalled …",
            metavar="LABEL=VALUE…",
            autocompletion=completion.matchers,
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Show which receivers an alert with these labels reaches, and by which routes of the rules
    file."""
    from monitor.clock import SystemClock
    from monitor.domain.routing.matcher import equal
    from monitor.domain.routing.route import RouteTree
    from monitor.rulefile import load_rules

    given = _parse(labels)
    loaded = load_settings_of(ctx)
    rules = load_rules(loaded, reaching=False)
    warn_of_matchers(loaded, [equal(name, value) for name, value in given.items()], ())
    if rules.route is None:
        complain("there are no receivers in the rules file: no one is told of anything")
        raise typer.Exit(FAILED)
    now = SystemClock().now()
    branches = RouteTree(rules.route).destinations(given)
    records = [{**_record(branch, given), "muted": branch.route.muted(now)} for branch in branches]
    print_records(records, COLUMNS, as_json=as_json)
    if not as_json:
        for rule in rules.inhibit_rules:
            if words := _hidden_by(rule, given):
                say(words)


def _parse(labels: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in labels:
        name, equals, value = each.partition("=")
        if not name or not equals or value.startswith("~") or name.endswith("!"):
            raise typer.BadParameter(
                f"expected a label such as severity=critical, found {each!r}",
                param_hint="LABEL=VALUE",
            )
        if name in found:
            raise typer.BadParameter(f"{name} is there twice", param_hint="LABEL=VALUE")
        found[name] = value
    return found


def _record(branch: "Branch", labels: "Mapping[str, str]") -> dict[str, Any]:
    from monitor.domain.routing.route import group_of
    from monitor.domain.times.duration import format_duration

    group, group_labels = group_of(labels, branch.route, branch.path)
    return {
        "receiver": branch.route.receiver,
        "path": f"route{branch.path}",
        "group_key": group.key,
        "group_by": list(branch.route.group_by),
        "group_labels": group_labels,
        "group_wait": format_duration(branch.route.group_wait),
        "group_interval": format_duration(branch.route.group_interval),
        "repeat_interval": format_duration(branch.route.repeat_interval),
    }


def _hidden_by(rule: "InhibitRule", labels: "Mapping[str, str]") -> str:
    from monitor.domain.routing.matcher import all_match, matchers_text

    if not all_match(rule.target, labels):
        return ""
    same = f" with the same {', '.join(rule.equal)}" if rule.equal else ""
    return f"not told while an alert {matchers_text(rule.source)}{same} fires"
