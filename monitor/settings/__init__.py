"""Settings: from environment, `.env`, secrets folder and YAML file to checked values, each with
its origin.

Files are read while the daemon starts or reloads, never while it runs. Nothing in here shows a
secret.
"""

from monitor.settings.layers import (
    LoadedSettings,
    describe,
    differing,
    load_settings,
    mask_secrets,
    mask_settings,
    read_settings,
)
from monitor.settings.model import AccountSettings, Settings
from monitor.settings.written import Lookup
from monitor.yamlfile.addresses import DatabaseUrl, Listen

__all__ = [
    "AccountSettings",
    "DatabaseUrl",
    "Listen",
    "LoadedSettings",
    "Lookup",
    "Settings",
    "describe",
    "differing",
    "load_settings",
    "mask_secrets",
    "mask_settings",
    "read_settings",
]
