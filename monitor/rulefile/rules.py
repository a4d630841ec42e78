"""One entry of `rules:`, checked."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from monitor.domain.alerting.rule import RESERVED_LABELS, Rule, Scope
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.figures import Settle
from monitor.domain.campaign.sender import DEFAULT_OVER_SECONDS
from monitor.domain.condition import Condition, ConditionError, parse_condition
from monitor.domain.routing.flush import SEVERITIES
from monitor.domain.safetext.possible_secrets import HIDDEN, leading_word
from monitor.domain.texts.template import Template, TemplateError
from monitor.rulefile.detail_key import read_detail
from monitor.rulefile.rule_keys import KEYS, KINDS, LABEL, LONGEST_LABEL, NAME, SCOPES, SEVERITY
from monitor.rulefile.settle_key import read_settle
from monitor.yamlfile.addresses import runbook_link
from monitor.yamlfile.document import Scalar, Table, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.suggestion import did_you_mean, meant_of_several
from monitor.yamlfile.tables import TableReader, one_of

DEFAULT_SUMMARY = {
    Scope.CAMPAIGN: "{{ campaign.name }}: {{ status }}, {{ delivered }} of {{ sent }} delivered",
    Scope.SENDER: "{{ sender }}: {{ delivered }} of {{ sent }} delivered by {{ campaigns }} "
    "campaigns",
    Scope.ACCOUNT: "account {{ account }}",
    Scope.RECEIVER: "receiver {{ receiver }}: {{ waiting }} waiting, {{ dead_letters }} given up",
}
OTHERWISE = {
    **dict.fromkeys(("expr", "if", "condition"), 'write it as "when"'),
    **dict.fromkeys(("name", "record"), 'write it as "alert"'),
    "annotations": "summary, description and runbook_url are keys of the rule itself",
}
"""What people know from elsewhere."""
LONGEST_FOR = timedelta(days=31)
DEFAULT_OVER = timedelta(seconds=DEFAULT_OVER_SECONDS)
SHORTEST_OVER, LONGEST_OVER = timedelta(minutes=5), timedelta(days=31)


def read_rule(
    table: Table,
    *,
    extra_statuses: Collection[str],
    settle: Settle,
    findings: Findings,
    external_url: str | None = None,
) -> Rule | None:
    """The rule; None when something in it is wrong, which is noted. `settle` is the file's,
    `external_url` how people reach the monitor's own pages."""
    before = findings.count
    reader = TableReader(table, "a rule", findings)
    reader.check_keys(KEYS, instead=OTHERWISE)
    name = _name(reader)
    scope = _scope(reader)
    kinds = _kinds(reader, scope)
    event = reader.has("on")
    settle = read_settle(reader, settle)
    when = _condition(
        reader, scope, kinds, event=event, extra_statuses=extra_statuses, settle=settle
    )
    if event:
        for key in ("for", "keep_firing_for"):
            if key in table.entries:
                findings.wrong(
                    f'a rule with "on" has no "{key}": an event is told once',
                    table.entries[key].place,
                )
    hold = reader.duration("for", timedelta(0), longest=LONGEST_FOR)
    keep_firing = reader.duration("keep_firing_for", timedelta(0), longest=LONGEST_FOR)
    over = reader.duration("over", DEFAULT_OVER, shortest=SHORTEST_OVER, longest=LONGEST_OVER)
    if reader.has("over") and scope is not Scope.SENDER:
        reader.findings.wrong('only a rule of scope sender has "over"', table.entries["over"].place)
    detail = read_detail(reader, scope, when, event=event)
    severity = _severity(reader)
    labels = _labels(reader)
    summary = _template(reader, "summary", name, scope, event=event)
    description = _template(reader, "description", name, scope, event=event)
    runbook = _completed(reader.parsed("runbook_url", runbook_link), external_url)
    if summary is None and not reader.has("summary"):
        summary = Template.parse(
            DEFAULT_SUMMARY[scope], scope=scope.value, event=event, name=f"summary of {name}"
        )
    if findings.count > before or name is None or summary is None:
        return None
    return Rule(
        name=name,
        scope=scope,
        when=when,
        on=kinds,
        hold=hold,
        keep_firing=keep_firing,
        severity=severity,
        labels=labels,
        summary=summary,
        description=description,
        runbook_url=runbook,
        settle=settle,
        over=over,
        detail=detail,
        place=table.place,
    )


def _completed(link: str | None, external_url: str | None) -> str | None:
    """A page of the monitor's own has an address only where people reach the monitor."""
    if link is None or not link.startswith("/"):
        return link
    return None if external_url is None else external_url.rstrip("/") + link


def _name(reader: TableReader) -> str | None:
    reader.require("alert", 'its name, such as "alert: LowDelivery"')
    node = reader.text("alert")
    if node is None:
        return None
    if not NAME.fullmatch(node.text):
        hint = "a letter first, then letters, digits and _ . : -, at most 100 characters"
        reader.findings.wrong(f"alert: {described(node)} cannot be a rule's name", node.place, hint)
        return None
    return node.text


def _scope(reader: TableReader) -> Scope:
    node = reader.text("scope")
    if node is None or node.text in SCOPES:
        return Scope(node.text) if node else Scope.CAMPAIGN
    message, hint = one_of(SCOPES, node.text)
    reader.findings.wrong(f"scope: {message}", node.place, hint)
    return Scope.CAMPAIGN


def _kinds(reader: TableReader, scope: Scope) -> frozenset[EventKind]:
    if not reader.has("on"):
        return frozenset()
    if scope is not Scope.CAMPAIGN:
        place = reader.table.entries["on"].place
        reader.findings.wrong(
            f'a rule of scope {scope} has no "on": events happen to campaigns', place
        )
    nodes = reader.texts("on")
    for node in nodes:
        if node.text not in KINDS:
            message, _ = one_of(KINDS, node.text)
            reader.findings.wrong(f"on: {message}", node.place, meant_of_several(node.text, KINDS))
    value = reader.table.value("on")
    if not nodes and value is not None:
        reader.findings.wrong(f"on: names no event; there are {', '.join(KINDS)}", value.place)
    return frozenset(EventKind(node.text) for node in nodes if node.text in KINDS)


def _condition(
    reader: TableReader,
    scope: Scope,
    kinds: frozenset[EventKind],
    *,
    event: bool,
    extra_statuses: Collection[str],
    settle: Settle,
) -> Condition | None:
    if not event:
        reader.require(
            "when", 'the condition, such as: status == "spam"; or "on" for a rule about events'
        )
    node = reader.text("when")
    if node is None:
        return None
    event = event and scope is Scope.CAMPAIGN
    try:
        condition = parse_condition(
            node.text, scope=scope.value, event=event, extra_statuses=extra_statuses, settle=settle
        )
    except ConditionError as error:
        for fault in error.faults:
            reader.findings.wrong(f"when: {fault.message}", node.place_of(fault.span), fault.hint)
        return None
    for fault in condition.warnings:
        reader.findings.warn(f"when: {fault.message}", node.place_of(fault.span), fault.hint)
    if "old_status" in condition.fields and kinds and EventKind.STATUS_CHANGED not in kinds:
        reader.findings.wrong(
            "when: old_status is known on status_changed only", node.place, 'add it to "on"'
        )
    return condition


def _severity(reader: TableReader) -> str:
    node = reader.text("severity")
    if node is None:
        return "warning"
    if not SEVERITY.fullmatch(node.text):
        reader.findings.wrong(
            f"severity: expected a word such as {', '.join(SEVERITIES)}, found {described(node)}",
            node.place,
        )
    elif node.text not in SEVERITIES and (hint := did_you_mean(node.text, SEVERITIES)):
        reader.findings.warn(
            f'severity: "{node.text}" is none of {", ".join(SEVERITIES)}', node.place, hint
        )
    return node.text


def _labels(reader: TableReader) -> Mapping[str, str]:
    node = reader.table.value("labels")
    if node is None:
        return {}
    if not isinstance(node, Table):
        reader.findings.wrong(
            f"labels: expected a mapping such as team: messaging, found {described(node)}",
            node.place,
        )
        return {}
    labels: dict[str, str] = {}
    inner = TableReader(node, "labels", reader.findings)
    for entry in node.entries.values():
        if entry.key in RESERVED_LABELS:
            hint = (
                'use the key "severity" of the rule'
                if entry.key == "severity"
                else "choose another name"
            )
            reader.findings.wrong(f"labels: the monitor sets {entry.key} itself", entry.place, hint)
        elif not LABEL.fullmatch(entry.key):
            hint = (
                "letters, digits and _, no digit first, no __ at the beginning, at most 64 "
                "characters"
            )
            reader.findings.wrong(
                f'labels: "{leading_word(entry.key) or HIDDEN}" cannot be the name of a label',
                entry.place,
                hint,
            )
        elif value := inner.text(entry.key):
            _label_value(entry.key, value, reader.findings)
            labels[entry.key] = value.text
    return labels


def _label_value(name: str, value: Scalar, findings: Findings) -> None:
    if len(value.text) > LONGEST_LABEL:
        findings.wrong(f"labels: {name} is longer than {LONGEST_LABEL} characters", value.place)
    elif "{{" in value.text or "{%" in value.text:
        findings.wrong(
            f"labels: {name} is taken as it is, a label cannot be a template",
            value.place,
            "use summary or description",
        )


def _template(
    reader: TableReader, key: str, rule: str | None, scope: Scope, *, event: bool
) -> Template | None:
    node = reader.text(key)
    if node is None:
        return None
    try:
        return Template.parse(
            node.text,
            scope=scope.value,
            event=event and scope is Scope.CAMPAIGN,
            name=f"{key} of {rule}",
        )
    except TemplateError as error:
        for fault in error.faults:
            reader.findings.wrong(
                f"{key}: {fault.message}", node.place_of(fault.span_in(node.text)), fault.hint
            )
        return None
