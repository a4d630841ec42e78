"""The keys of a rule."""

import re
from dataclasses import replace

from monitor.domain.alerting.rule import RESERVED_LABELS, Scope
from monitor.domain.campaign.event import EventKind
from monitor.domain.condition import FUNCTIONS
from monitor.domain.fields.catalogue import FIELDS
from monitor.domain.routing.flush import SEVERITIES
from monitor.rulefile.keys import Key, Keys, table_shape
from monitor.rulefile.settle_key import SETTLE_SHAPE
from monitor.yamlfile.kinds import (
    BOOLEAN,
    DURATION,
    EXPECTED,
    TEXT,
    matching,
    several,
    suggesting,
    word_of,
)
from monitor.yamlfile.models import Shape

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,99}")
LABEL = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_]{0,63}")
SEVERITY = re.compile(r"[a-z][a-z0-9_-]{0,31}")
LONGEST_LABEL = 200
SCOPES = tuple(scope.value for scope in Scope)
KINDS = tuple(kind.value for kind in EventKind)

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


def _with_vocabulary(when: Key) -> Key:
    """With what a condition may name."""
    fields = (f"Fields of scope {scope}: {', '.join(table)}" for scope, table in FIELDS.items())
    return replace(
        when, meaning=". ".join((when.meaning, *fields, f"Functions: {', '.join(FUNCTIONS)}"))
    )


KEYS: Keys = {
    "alert": Key(
        meaning="its name, unique in the file. A rule that is edited keeps its alerts by this name",
        shape=matching(
            NAME.pattern,
            expected="a letter first, then letters, digits and _ . : -, at most 100 characters",
        ),
        required=True,
    ),
    "scope": Key(
        meaning="what it looks at, one alert for each: `campaign`, `sender`, `account` or "
        "`receiver`",
        shape=word_of(SCOPES),
        default="`campaign`",
    ),
    "when": Key(
        meaning="the condition. An event rule may leave it out: it is then told of every such "
        "event",
        shape=TEXT,
        default="required",
    ),
    "on": Key(
        meaning="makes it an event rule: one event, or a list of them. Told once, never resolved",
        shape=several(word_of(KINDS), least=1),
    ),
    "for": Key(
        meaning="how long the condition must hold before the alert fires (not in event rules)",
        shape=DURATION,
        default="`0s`",
    ),
    "keep_firing_for": Key(
        meaning="how long it must not hold before the alert resolves (not in event rules)",
        shape=DURATION,
        default="`0s`",
    ),
    "settle": Key(
        meaning="how long reports take to arrive: what `settled_sent` and the fields made of it "
        "judge. A duration, or one by "
        "message type: `{rcs: 1h, default: 15m}`. May also stand at the top of the file, for all "
        "rules",
        shape=SETTLE_SHAPE,
        default="`15m`",
    ),
    "over": Key(
        meaning="of scope `sender`: how far back a campaign may have started to count, 5 minutes "
        "to 31 days",
        shape=DURATION,
        default="`24h`",
    ),
    "detail": Key(
        meaning="of scope `campaign`: `true` has campaigns [read in "
        "detail](#campaigns-in-detail) before the rule is asked (not "
        "in event rules)",
        shape=BOOLEAN,
        default="`false`",
    ),
    "severity": Key(
        meaning="becomes the label `severity`",
        shape=suggesting(
            SEVERITIES, matching(SEVERITY.pattern, expected="a word in lower-case letters")
        ),
        default="`warning`",
    ),
    "labels": Key(
        meaning="further labels, for routing. `alertname account campaign_id sender message_type "
        "severity receiver scope` are "
        "the monitor's own",
        shape=_LABELS,
    ),
    "summary": Key(
        meaning="one line that says what is wrong with what: a [template](#texts)",
        shape=TEXT,
        default="the bare figures",
    ),
    "description": Key(meaning="more, where one line is not enough: a template", shape=TEXT),
    "runbook_url": Key(
        meaning="what to do about it: a URL, or the path of a page of the monitor's own "
        "(`/runbooks#stalled`), to which messages "
        "link where `BSG_EXTERNAL_URL` is set",
        shape=TEXT,
    ),
}


_ONLY_STATE = dict.fromkeys(("for", "keep_firing_for", "detail"), False)

RULE_SHAPE = table_shape(
    {**KEYS, "when": _with_vocabulary(KEYS["when"])},
    allOf=[
        {
            "if": {"required": ["on"]},
            "then": {"properties": {**_ONLY_STATE, "scope": {"const": "campaign"}}},
            "else": {"required": ["when"]},
        },
        {
            "if": {"required": ["over"]},
            "then": {"required": ["scope"], "properties": {"scope": {"const": "sender"}}},
        },
        {"if": {"required": ["detail"]}, "then": {"properties": {"scope": {"const": "campaign"}}}},
    ],
)
"""What an entry of `rules:` looks like."""
