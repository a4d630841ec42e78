"""What may stand at the top of the rules file, and the whole of it as a JSON Schema for editors."""

import json
import re
from typing import Any

from monitor.notify import INTEGRATIONS
from monitor.rulefile.inhibit_rules import KEYS as INHIBIT_KEYS
from monitor.rulefile.keys import Key, Keys, table_shape
from monitor.rulefile.option_schema import options_shape
from monitor.rulefile.quiet_hours import KEYS as QUIET_KEYS
from monitor.rulefile.receivers import COMMON_KEYS
from monitor.rulefile.routes import ROOT_SHAPE, ROUTE_SHAPE
from monitor.rulefile.rule_keys import RULE_SHAPE
from monitor.rulefile.settle_key import SETTLE_SHAPE
from monitor.rulefile.time_intervals import NAMED_KEYS
from monitor.yamlfile.kinds import expandable, listed, matching, several
from monitor.yamlfile.models import Shape

RULES_SCHEMA_NAME = "rules.schema.json"
"""What the schema is called beside a rules file that names it in its first line."""
STATUS = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def _receiver_shape() -> Shape:
    kinds: Keys = {
        name: Key(
            meaning=f"how it is told: {each.meaning}",
            shape=options_shape(each.options),
        )
        for name, each in INTEGRATIONS.items()
    }
    one = {"oneOf": [{"required": [name]} for name in kinds]}
    return table_shape(
        {**COMMON_KEYS, **kinds}, allOf=[one], dependencies={"fallback_after": ["fallback"]}
    )


KEYS: Keys = {
    "rules": Key(
        meaning="what is watched for; `bsg-monitor fields` lists what conditions may use",
        shape=listed(RULE_SHAPE),
        required=True,
    ),
    "receivers": Key(
        meaning="who can be told. `${NAME}` is taken from the environment, from .env or from the "
        "secrets folder",
        shape=listed(expandable(_receiver_shape())),
    ),
    "route": Key(
        meaning="which alerts go to which receiver, and in which messages",
        shape=expandable(ROOT_SHAPE),
    ),
    "inhibit_rules": Key(
        meaning="which alerts are not told while others fire",
        shape=listed(table_shape(INHIBIT_KEYS)),
    ),
    "time_intervals": Key(
        meaning="times by name, for routes that are mute or active then",
        shape=listed(table_shape(NAMED_KEYS)),
    ),
    "quiet_hours": Key(
        meaning="calendars; `in_quiet_hours` is true while any of them lasts",
        shape=listed(table_shape(QUIET_KEYS)),
    ),
    "settle": Key(
        meaning="how long reports take to arrive, for all rules",
        shape=SETTLE_SHAPE,
        default="`15m`",
    ),
    "extra_statuses": Key(
        meaning="statuses that the provider invented since; conditions may then name them",
        shape=several(matching(STATUS.pattern, expected="lower-case letters, digits, _ and -")),
    ),
}


def rules_schema() -> dict[str, Any]:
    """JSON Schema, draft 7: the one that every editor knows."""
    told = {
        "if": {"required": ["receivers"], "properties": {"receivers": {"minItems": 1}}},
        "then": {"required": ["route"]},
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "rules.yaml of bsg-monitor",
        **table_shape(KEYS, allOf=[told]),
        "definitions": {"route": expandable(ROUTE_SHAPE)},
    }


def rules_schema_text() -> str:
    """The same as a file."""
    return json.dumps(rules_schema(), ensure_ascii=False, indent=2) + "\n"
