"""Settings: from environment, `.env`, secrets folder and YAML file to checked values, each with
its origin.

Files are read while the daemon starts or reloads, never while it runs. Nothing in here shows a
secret.
"""

from monitor.settings.layers import (
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
from monitor.settings.masking import mask_settings

__all__ = [
    "AccountSettings",
    "DatabaseUrl",
    "Listen",
    "LoadedSettings",
    "Settings",
    "describe",
    "differing",
    "load_settings",
    "mask_settings",
    "read_settings",
]
