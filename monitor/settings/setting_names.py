"""The names of settings: which there are, which one a wrong name probably means, and whose values
may be shown."""

import re

from monitor.domain.safetext.possible_secrets import random_stretches
from monitor.settings.model import (
    ACCOUNT_SETTINGS,
    BOOTSTRAP,
    MAY_HOLD_SECRETS,
    Settings,
    variable,
)
from monitor.settings.written import SettingPath
from monitor.yamlfile.excerpts import KeyPath, Veil
from monitor.yamlfile.suggestion import did_you_mean_variable

PREFIX = "BSG_"
ACCOUNT_NAME_HINT = "a letter first, then letters, digits, _ and -, at most 32 characters"
ROOT = tuple(name for name in Settings.model_fields if name != "accounts")
FILE_SETTINGS = tuple(name for name in ROOT if name not in BOOTSTRAP)
"""What the top of a settings file may set, besides `accounts`."""
ACCOUNT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,79}|[a-z][a-z0-9_]{0,79}")
ACCOUNT_NAME_HINT = "a letter first, then letters, digits, _ and -, at most 32 characters"


def is_setting(path: KeyPath) -> bool:
    """Whether these keys of a settings file are those of a setting, whatever the account's name."""
    match path:
        case (name,):
            return name in ROOT
        case ("accounts", _, name):
            return name in ACCOUNT_SETTINGS
    return False


def setting_of(name: str) -> SettingPath | None:
    """The setting that a variable sets; None when there is none of that name."""
    parts = tuple(name[len(PREFIX) :].lower().split("__"))
    valid = is_setting(parts) and (len(parts) == 1 or ACCOUNT_NAME.fullmatch(parts[1]))
    return parts if valid else None


def suggested(name: str) -> str | None:
    """A hint for a variable that is not a setting."""
    parts = name.upper().split("__")
    if parts[0] != "BSG_ACCOUNTS":
        return did_you_mean_variable(
            name[len(PREFIX) :], (*ROOT, "accounts__shop__api_key"), prefix=PREFIX
        )
    if len(parts) != 3:
        return "accounts are written BSG_ACCOUNTS__<NAME>__API_KEY"
    if not ACCOUNT_NAME.fullmatch(parts[1].lower()):
        return f"the name of an account: {ACCOUNT_NAME_HINT}"
    close = did_you_mean_variable(parts[2], ACCOUNT_SETTINGS, prefix=f"BSG_ACCOUNTS__{parts[1]}__")
    return (
        close or f"of an account there are {', '.join(field.upper() for field in ACCOUNT_SETTINGS)}"
    )


def not_a_setting(name: str) -> tuple[str, str | None]:
    """The message about a variable that is not a setting, and a hint. A name without its "=" may
    hold a secret, and is not shown then."""
    if _VARIABLE.fullmatch(name) and not random_stretches(name):
        return f"{name} is not a setting", suggested(name)
    begins = [
        known
        for known in map(variable, ((each,) for each in ROOT))
        if name.upper().startswith(known)
    ]
    return (
        "a name that begins with BSG_ is not a setting",
        f'is a "=" missing after {max(begins, key=len)}?' if begins else None,
    )


def may_be_shown(path: KeyPath) -> bool:
    """Whether the value under these keys of a settings file is not secret. An unknown key may
    hold a secret that was put in the wrong place."""
    return is_setting(path) and path[-1] not in MAY_HOLD_SECRETS


VEIL = Veil(shows=may_be_shown, knows=lambda path: is_setting(path) or path == ("accounts",))
"""What of a settings file may be shown beside an error."""
