"""`rules.yaml`: from its text to rules, routes, receivers and intervals, or to everything that
is wrong in it.

`load_rules` is the one way in. Everything wrong is found in one go, with the place it was
written at; no secret is shown.
"""

from monitor.rulefile.file_keys import RULES_SCHEMA_NAME, rules_schema, rules_schema_text
from monitor.rulefile.loading import load_rules
from monitor.rulefile.parsing import RuleFile, parse_rules
from monitor.rulefile.receivers import Receiver
from monitor.rulefile.starter import env_template, rules_template

__all__ = [
    "RULES_SCHEMA_NAME",
    "Receiver",
    "RuleFile",
    "env_template",
    "load_rules",
    "parse_rules",
    "rules_schema",
    "rules_schema_text",
    "rules_template",
]
