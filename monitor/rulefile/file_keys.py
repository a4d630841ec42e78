"""The keys at the top of the rules file, and the whole of it as a JSON Schema for editors."""

import json
import re
from typing import Annotated, Any, ClassVar

from pydantic import GetPydanticSchema

from monitor.rulefile.inhibit_rules import InhibitRuleKeys
from monitor.rulefile.receivers import CommonKeys, ReceiverKeys
from monitor.rulefile.routes import RootKeys
from monitor.rulefile.rules import RuleKeys, SettleValue
from monitor.rulefile.time_intervals import NamedIntervalsKeys, QuietHoursKeys
from monitor.yamlfile.document import Scalar
from monitor.yamlfile.kinds import matching, text_node
from monitor.yamlfile.models import Items, Leaf, Shape, YamlModel, key, model_shape

RULES_SCHEMA_NAME = "rules.schema.json"
"""What the schema is called beside a rules file that names it in its first line."""
STATUS = re.compile(r"[a-z][a-z0-9_-]{0,63}")


_EVERY_KIND = GetPydanticSchema(lambda _, handler: handler.generate_schema(ReceiverKeys))


class FileKeys(YamlModel):
    """The top of the file."""

    what = "the rules file"
    instead: ClassVar = {
        "mute_time_intervals": "define it under time_intervals, and name it in a route",
        "groups": "rules are not grouped: they are a list under rules",
    }
    schema_more: ClassVar[Shape] = {
        "allOf": [
            {
                "if": {"required": ["receivers"], "properties": {"receivers": {"minItems": 1}}},
                "then": {"required": ["route"]},
            }
        ]
    }

    rules: Annotated[tuple[RuleKeys, ...], Items()] = key(
        "what is watched for; `bsg-monitor fields` lists what conditions may use",
        required=True,
        default=(),
        example='a list; each rule begins with "- alert: Name"',
    )
    receivers: Annotated[tuple[Annotated[CommonKeys, _EVERY_KIND], ...], Items(veiled=True)] = key(
        "who can be told. `${NAME}` is taken from the environment, from .env or from the secrets "
        "folder",
        default=(),
    )
    route: RootKeys | None = key(
        "which alerts go to which receiver, and in which messages", default=None
    )
    inhibit_rules: Annotated[tuple[InhibitRuleKeys, ...], Items()] = key(
        "which alerts are not told while others fire", default=()
    )
    time_intervals: Annotated[tuple[NamedIntervalsKeys, ...], Items()] = key(
        "times by name, for routes that are mute or active then", default=()
    )
    quiet_hours: Annotated[tuple[QuietHoursKeys, ...], Items()] = key(
        "calendars; `in_quiet_hours` is true while any of them lasts", default=()
    )
    settle: SettleValue = key(
        "how long reports take to arrive, for all rules", default=None, shown="`15m`"
    )
    extra_statuses: Annotated[
        tuple[
            Annotated[
                Scalar,
                Leaf(
                    text_node,
                    matching(STATUS.pattern, expected="lower-case letters, digits, _ and -"),
                ),
            ],
            ...,
        ],
        Items(alone=True),
    ] = key("statuses that the provider invented since; conditions may then name them", default=())


def rules_schema() -> dict[str, Any]:
    """JSON Schema, draft 7: the one that every editor knows."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "rules.yaml of bsg-monitor",
        **model_shape(FileKeys),
    }


def rules_schema_text() -> str:
    """The same as a file."""
    return json.dumps(rules_schema(), ensure_ascii=False, indent=2) + "\n"
