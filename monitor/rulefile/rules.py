"""The `rules:` of the rules file."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import create_model

from monitor.domain.alerting.rule import RESERVED_LABELS, Rule, Scope
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.figures import Settle
from monitor.domain.campaign.sender import DEFAULT_OVER_SECONDS
from monitor.domain.campaign.snapshot import MessageType
from monitor.domain.condition import FUNCTIONS, Condition, ConditionError, parse_condition
from monitor.domain.fields.catalogue import FIELDS
from monitor.domain.fields.detail_fields import COUNTS_OF_DETAIL
from monitor.domain.routing.flush import SEVERITIES
from monitor.domain.safetext.possible_secrets import HIDDEN, leading_word
from monitor.domain.texts.template import Template, TemplateError
from monitor.errors import Problem
from monitor.yamlfile.addresses import runbook_link
from monitor.yamlfile.document import Scalar, Table, YamlNode, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.kinds import (
    EXPECTED,
    TEXT,
    Boolean,
    TextNode,
    duration,
    leaf,
    matching,
    one_word,
    pattern,
    suggesting,
    text_node,
)
from monitor.yamlfile.models import Items, Leaf, MappingOr, Shape, WrongPlacesError, YamlModel, key
from monitor.yamlfile.suggestion import did_you_mean
from monitor.yamlfile.values import WrongValueError

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,99}")
LABEL = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_]{0,63}")
SEVERITY = re.compile(r"[a-z][a-z0-9_-]{0,31}")
LONGEST_LABEL = 200
KINDS = tuple(map(str, EventKind))
DEFAULT_SUMMARY = {
    Scope.CAMPAIGN: "{{ campaign.name }}: {{ status }}, {{ delivered }} of {{ sent }} delivered",
    Scope.SENDER: "{{ sender }}: {{ delivered }} of {{ sent }} delivered by {{ campaigns }} "
    "campaigns",
    Scope.ACCOUNT: "account {{ account }}",
    Scope.RECEIVER: "receiver {{ receiver }}: {{ waiting }} waiting, {{ dead_letters }} given up",
}
_EVER = timedelta(days=31)


# --- settle ---------------------------------------------------------------------------------------

_SETTLE = duration(timedelta(0), timedelta(hours=72))


class _SettleKeys(YamlModel):
    what = "settle"


_BY_TYPE: dict[str, Any] = {
    name: (
        Annotated[timedelta | None, _SETTLE],
        key(f"how long reports of {messages} messages take", default=None),
    )
    for name, messages in ({str(each): each for each in MessageType} | {"default": "other"}).items()
}
SettleKeys = create_model("SettleKeys", __base__=_SettleKeys, **_BY_TYPE)
"""`settle:` by message type."""
SettleValue = Annotated[_SettleKeys | timedelta | None, MappingOr(SettleKeys, _SETTLE)]


def settle_of(value: _SettleKeys | timedelta | None, otherwise: Settle) -> Settle:
    """A duration for all, or one for each message type with `default` for the others; what it
    leaves out is taken from `otherwise`."""
    if not isinstance(value, _SettleKeys):
        return otherwise if value is None else Settle(value.total_seconds())
    given = {name: each.total_seconds() for name, each in value if isinstance(each, timedelta)}
    default = given.pop("default", otherwise.default)
    return Settle(default, tuple(sorted({**dict(otherwise.by_type), **given}.items())))


# --- the keys of a rule ---------------------------------------------------------------------------


def _severity(node: YamlNode) -> str:
    text = text_node(node).text
    if not SEVERITY.fullmatch(text):
        raise WrongValueError(
            f"expected a word such as {', '.join(SEVERITIES)}, found {described(node)}"
        )
    return text


def _labels(node: YamlNode) -> Mapping[str, str]:
    if not isinstance(node, Table):
        raise WrongValueError(
            f"expected a mapping such as team: messaging, found {described(node)}"
        )
    labels: dict[str, str] = {}
    wrong: list[Problem] = []
    for name, entry in node.entries.items():
        if name in RESERVED_LABELS:
            hint = (
                'use the key "severity" of the rule'
                if name == "severity"
                else "choose another name"
            )
            wrong.append(Problem(f"the monitor sets {name} itself", entry.place, hint))
        elif not LABEL.fullmatch(name):
            hint = (
                "letters, digits and _, no digit first, no __ at the beginning, at most 64 "
                "characters"
            )
            message = f'"{leading_word(name) or HIDDEN}" cannot be the name of a label'
            wrong.append(Problem(message, entry.place, hint))
        else:
            try:
                labels[name] = _label_value(entry.value)
            except WrongValueError as error:
                wrong.append(Problem(f"{name}: {error}", entry.value.place, error.hint))
    if wrong:
        raise WrongPlacesError(*wrong)
    return labels


def _label_value(node: YamlNode) -> str:
    text = text_node(node).text
    if len(text) > LONGEST_LABEL:
        raise WrongValueError(f"is longer than {LONGEST_LABEL} characters")
    if "{{" in text or "{%" in text:
        raise WrongValueError(
            "is taken as written, a label cannot be a template", "use summary or description"
        )
    return text


_LABELS: Shape = {
    "type": "object",
    "propertyNames": {
        "pattern": f"^(?:{LABEL.pattern})$",
        EXPECTED: "expected letters, digits and _, no digit first, no __ at the beginning",
        "not": {"enum": sorted(RESERVED_LABELS)},
    },
    "additionalProperties": {
        "type": "string",
        "pattern": r"^(?![\s\S]*\{[{%])[\s\S]*\S",
        EXPECTED: "expected a text that is not empty, and no template",
        "maxLength": LONGEST_LABEL,
    },
}
_HOLD = Annotated[timedelta, duration(timedelta(0), _EVER)]
_ONLY_STATE = dict.fromkeys(("for", "keep_firing_for", "detail"), False)


def _with_vocabulary(shape: Shape) -> Shape:
    """With what a condition may name."""
    fields = (f"Fields of scope {scope}: {', '.join(table)}" for scope, table in FIELDS.items())
    when = shape["properties"]["when"]
    meaning = ". ".join((when["description"].rstrip("."), *fields, "Functions: "))
    words = f"{meaning}{', '.join(FUNCTIONS)}."
    properties = {**shape["properties"], "when": {**when, "description": words}}
    return {**shape, "properties": properties}


class RuleKeys(YamlModel):
    """One entry of `rules:`."""

    what = "a rule"
    instead: ClassVar = {
        **dict.fromkeys(("expr", "if", "condition"), 'write it as "when"'),
        **dict.fromkeys(("name", "record"), 'write it as "alert"'),
        "annotations": "summary, description and runbook_url are keys of the rule itself",
    }
    schema_change = _with_vocabulary
    schema_more: ClassVar[Shape] = {
        "allOf": [
            {
                "if": {"required": ["on"]},
                "then": {"properties": {**_ONLY_STATE, "scope": {"const": "campaign"}}},
                "else": {"required": ["when"]},
            },
            {
                "if": {"required": ["over"]},
                "then": {"required": ["scope"], "properties": {"scope": {"const": "sender"}}},
            },
            {
                "if": {"required": ["detail"]},
                "then": {"properties": {"scope": {"const": "campaign"}}},
            },
        ]
    }

    alert: Annotated[
        str | None,
        pattern(
            NAME,
            cannot="cannot be a rule's name",
            expected="a letter first, then letters, digits and _ . : -, at most 100 characters",
        ),
    ] = key(
        "its name, unique in the file. A rule that is edited keeps its alerts by this name",
        example='its name, such as "alert: LowDelivery"',
    )
    scope: Annotated[Scope, one_word(map(str, Scope), Scope)] = key(
        "what it looks at, one alert for each: `campaign`, `sender`, `account` or `receiver`",
        default=Scope.CAMPAIGN,
        shown="`campaign`",
    )
    when: TextNode | None = key(
        "the condition. An event rule may leave it out: it is then told of every such event",
        default=None,
        shown="required",
    )
    on: Annotated[
        tuple[Annotated[EventKind, one_word(KINDS, EventKind, in_list=True)], ...],
        Items(alone=True, empty=f"names no event; there are {', '.join(KINDS)}"),
    ] = key(
        "makes it an event rule: one event, or a list of them. Told once, never resolved",
        default=(),
    )
    for_: _HOLD = key(
        "how long the condition must hold before the alert fires (not in event rules)",
        default=timedelta(0),
        shown="`0s`",
        alias="for",
    )
    keep_firing_for: _HOLD = key(
        "how long it must not hold before the alert resolves (not in event rules)",
        default=timedelta(0),
        shown="`0s`",
    )
    settle: SettleValue = key(
        "how long reports take to arrive: what `settled_sent` and the fields made of it judge. A "
        "duration, or one by message type: `{rcs: 1h, default: 15m}`. May also stand at the top of "
        "the file, for all rules",
        default=None,
        shown="`15m`",
    )
    over: Annotated[timedelta, duration(timedelta(minutes=5), _EVER)] = key(
        "of scope `sender`: how far back a campaign may have started to count, 5 minutes to 31 "
        "days",
        default=timedelta(seconds=DEFAULT_OVER_SECONDS),
        shown="`24h`",
    )
    detail: Boolean = key(
        "of scope `campaign`: `true` has campaigns [read in detail](#campaigns-in-detail) before "
        "the rule is asked (not in event rules)",
        default=False,
        shown="`false`",
    )
    severity: Annotated[
        str,
        Leaf(
            _severity,
            suggesting(
                SEVERITIES, matching(SEVERITY.pattern, expected="a word in lower-case letters")
            ),
        ),
    ] = key("becomes the label `severity`", default="warning", shown="`warning`")
    labels: Annotated[Mapping[str, str], Leaf(_labels, _LABELS)] = key(
        "further labels, for routing. `alertname account campaign_id sender message_type severity "
        "receiver scope` are the monitor's own",
        default={},
    )
    summary: TextNode | None = key(
        "one line that says what is wrong with what: a [template](#texts)",
        default=None,
        shown="the bare figures",
    )
    description: TextNode | None = key(
        "more, where one line is not enough: a template", default=None
    )
    runbook_url: Annotated[str | None, leaf(runbook_link, TEXT)] = key(
        "what to do about it: a URL, or the path of a page of the monitor's own "
        "(`/runbooks#stalled`), to which messages link where `BSG_EXTERNAL_URL` is set",
        default=None,
    )

    @property
    def event(self) -> bool:
        """Whether it is about events."""
        return self.given("on")


# --- across keys ----------------------------------------------------------------------------------


def rule_of(
    keys: RuleKeys,
    *,
    extra_statuses: Collection[str],
    settle: Settle,
    findings: Findings,
    external_url: str | None = None,
) -> Rule | None:
    """The rule; None when something in it is wrong, which is noted. `settle` is the file's,
    `external_url` how people reach the monitor's own pages."""
    before = findings.count
    settle = settle_of(keys.settle, settle)
    when = _condition(keys, extra_statuses, settle, findings)
    _check_kind(keys, findings)
    if keys.severity not in SEVERITIES and (hint := did_you_mean(keys.severity, SEVERITIES)):
        message = f'severity: "{keys.severity}" is none of {", ".join(SEVERITIES)}'
        findings.warn(message, keys.place("severity"), hint)
    if keys.scope is Scope.CAMPAIGN and when is not None:
        _doubt_detail(keys, when, findings)
    texts = {
        name: _template(keys, name, node, findings)
        for name, node in (("summary", keys.summary), ("description", keys.description))
    }
    summary = texts["summary"] or Template.parse(
        DEFAULT_SUMMARY[keys.scope],
        scope=keys.scope.value,
        event=keys.event,
        name=f"summary of {keys.alert}",
    )
    if not keys.sound or findings.count > before or keys.alert is None:
        return None
    return Rule(
        name=keys.alert,
        scope=keys.scope,
        when=when,
        on=frozenset(keys.on),
        hold=keys.for_,
        keep_firing=keys.keep_firing_for,
        severity=keys.severity,
        labels=keys.labels,
        summary=summary,
        description=texts["description"],
        runbook_url=_completed(keys.runbook_url, external_url),
        settle=settle,
        over=keys.over,
        detail=keys.detail,
        place=keys.place(),
    )


def _completed(link: str | None, external_url: str | None) -> str | None:
    """A page of the monitor's own has an address only where people reach the monitor."""
    if link is None or not link.startswith("/"):
        return link
    return None if external_url is None else external_url.rstrip("/") + link


def _condition(
    keys: RuleKeys, extra_statuses: Collection[str], settle: Settle, findings: Findings
) -> Condition | None:
    node = keys.when
    if node is None:
        if not keys.event and not keys.given("when"):
            hint = 'the condition, such as: status == "spam"; or "on" for a rule about events'
            findings.wrong('a rule needs "when"', keys.place(), hint)
        return None
    try:
        condition = parse_condition(
            node.text,
            scope=keys.scope.value,
            event=keys.event and keys.scope is Scope.CAMPAIGN,
            extra_statuses=extra_statuses,
            settle=settle,
        )
    except ConditionError as error:
        for fault in error.faults:
            findings.wrong(f"when: {fault.message}", node.place_of(fault.span), fault.hint)
        return None
    for fault in condition.warnings:
        findings.warn(f"when: {fault.message}", node.place_of(fault.span), fault.hint)
    if "old_status" in condition.fields and keys.on and EventKind.STATUS_CHANGED not in keys.on:
        findings.wrong(
            "when: old_status is known on status_changed only", node.place, 'add it to "on"'
        )
    return condition


def _check_kind(keys: RuleKeys, findings: Findings) -> None:
    """Refuse keys that go with another scope, or with rules of the other kind."""
    campaigns = keys.scope is Scope.CAMPAIGN
    detail = 'a rule with "on"' if keys.event else f"a rule of scope {keys.scope}"
    for name, refused, message in (
        (
            "on",
            not campaigns,
            f'a rule of scope {keys.scope} has no "on": events happen to campaigns',
        ),
        ("for", keys.event, 'a rule with "on" has no "for": an event is told once'),
        (
            "keep_firing_for",
            keys.event,
            'a rule with "on" has no "keep_firing_for": an event is told once',
        ),
        ("over", keys.scope is not Scope.SENDER, 'only a rule of scope sender has "over"'),
        (
            "detail",
            keys.event or not campaigns,
            f'{detail} has no "detail": it is for state rules of scope campaign',
        ),
    ):
        if refused and keys.given(name):
            findings.wrong(message, keys.entries[name].place)


def _template(
    keys: RuleKeys, name: str, node: Scalar | None, findings: Findings
) -> Template | None:
    if node is None:
        return None
    try:
        return Template.parse(
            node.text,
            scope=keys.scope.value,
            event=keys.event and keys.scope is Scope.CAMPAIGN,
            name=f"{name} of {keys.alert}",
        )
    except TemplateError as error:
        for fault in error.faults:
            place = node.place_of(fault.span_in(node.text))
            findings.wrong(f"{name}: {fault.message}", place, fault.hint)
        return None


def _doubt_detail(keys: RuleKeys, when: Condition, findings: Findings) -> None:
    """Warn where `detail` and the condition do not go together."""
    if keys.detail:
        place = keys.entries["detail"].place
        if not when.uses("_d"):
            hint = "leave it out: when an alert fires, its campaign is read in detail anyway"
            findings.warn("detail: the condition names nothing that the detail says", place, hint)
        elif not when.without("_d").fields:
            hint = 'narrow it down by what the list shows, as in: status == "sending" and …'
            message = "detail: every watched campaign will be read in detail, again and again"
            findings.warn(message, place, hint)
        return
    named = sorted(when.fields & COUNTS_OF_DETAIL)
    if named:
        hint = (
            'name it in the texts only, or write a rule without "on"'
            if keys.event
            else "add detail: true"
        )
        message = (
            f"when: {named[0]} is null until the campaign is read in detail, and stays what it was "
            "then"
        )
        findings.warn(message, keys.place("when"), hint)


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
