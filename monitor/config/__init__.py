"""Settings and rules: from environment, files and secrets to checked values.

What a person wrote is untrusted until it has been through here. Everything wrong is found in one go and told with the place
it was written at; nothing in here shows a secret. Files are read while the daemon starts (or reloads), never while it runs.

`settings.py` loads the settings, `loading.py` the rules by them; `starter.py` has the files that `init` writes.
"""

from monitor.config.filekeys import RULES_SCHEMA_NAME, rules_schema, rules_schema_text
from monitor.config.loading import load_rules
from monitor.config.masking import mask_settings
from monitor.config.receivers import Receiver
from monitor.config.rulefile import RuleFile, parse_rules
from monitor.config.settings import (
    AccountSettings,
    DatabaseUrl,
    Listen,
    LoadedSettings,
    Settings,
    describe,
    differing,
    load_settings,
    read_settings,
)
from monitor.config.starter import env_template, rules_template

__all__ = [
    "RULES_SCHEMA_NAME",
    "AccountSettings",
    "DatabaseUrl",
    "Listen",
    "LoadedSettings",
    "Receiver",
    "RuleFile",
    "Settings",
    "describe",
    "differing",
    "env_template",
    "load_rules",
    "load_settings",
    "mask_settings",
    "parse_rules",
    "read_settings",
    "rules_schema",
    "rules_schema_text",
    "rules_template",
]
