"""One setting as it was written: which it is, its value, and where it stands."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from monitor.domain.condition import TextSpan
from monitor.domain.safetext.possible_secrets import random_stretches
from monitor.errors import Place
from monitor.settings.model import ACCOUNT_SETTINGS, BOOTSTRAP, MAY_BEAR_SECRETS, Settings, variable
from monitor.yamlfile.document import Scalar, YamlNode
from monitor.yamlfile.excerpts import KeyPath
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.suggestion import did_you_mean_variable

SettingPath = tuple[str, ...]
"""("poll_interval",) or ("accounts", "shop", "api_key")."""

PREFIX = "BSG_"
ROOT = tuple(name for name in Settings.model_fields if name != "accounts")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,79}|[a-z][a-z0-9_]{0,79}")
ACCOUNT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Written:
    """A value as written. `name` is what the setting is called there; `node` its YAML, where it
    came from such a file."""

    value: object
    place: Place
    name: str
    node: YamlNode | None = None
    variable: bool = False

    def place_of(self, span: TextSpan) -> Place:
        """Where a stretch of the value stands, as far as is known."""
        if isinstance(self.node, Scalar):
            return self.node.place_of(span)
        if self.place.line is None:  # a variable, or a file with nothing else in it
            return Place(self.place.source, span.line, span.column)
        if self.place.column is None or span.line > 1:
            return self.place
        before = self.place.column - 1
        end = before + span.end_column if span.end_line == span.line else None
        return Place(self.place.source, self.place.line, before + span.column, end)

    @property
    def origin(self) -> str:
        """Where it came from, in short."""
        return "environment" if self.variable else str(self.place)


Layer = dict[SettingPath, Written]

Lookup = Callable[[str], str | None]
"""A name's value in environment, .env file or secrets folder; None when it is in none of them."""


ACCOUNT_NAME_HINT = "a letter first, then letters, digits, _ and -, at most 32 characters"


def setting_of(name: str) -> SettingPath | None:
    """The setting a variable stands for; None when there is none of that name."""
    parts = tuple(name[len(PREFIX) :].lower().split("__"))
    if len(parts) == 1 and parts[0] in (*ROOT, *BOOTSTRAP):
        return parts
    if (
        len(parts) == 3
        and parts[0] == "accounts"
        and ACCOUNT_NAME.fullmatch(parts[1])
        and parts[2] in ACCOUNT_SETTINGS
    ):
        return parts
    return None


def suggested(name: str) -> str | None:
    """A hint for a variable that is no setting."""
    parts = name.upper().split("__")
    if parts[0] != "BSG_ACCOUNTS":
        return did_you_mean_variable(
            name[len(PREFIX) :], (*ROOT, *BOOTSTRAP, "accounts__shop__api_key"), prefix=PREFIX
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
    """The message about a variable that is no setting, and a hint. A name that may hold a
    secret, as its "=" is missing, is not shown."""
    if _VARIABLE.fullmatch(name) and not random_stretches(name):
        return f"{name} is not a setting", suggested(name)
    begins = [
        known
        for known in map(variable, ((each,) for each in (*ROOT, *BOOTSTRAP)))
        if name.upper().startswith(known)
    ]
    return (
        "a name that begins with BSG_ is not a setting",
        f'is a "=" missing after {max(begins, key=len)}?' if begins else None,
    )


def is_known(path: KeyPath) -> bool:
    """Whether the last of these keys of a settings file is one of its own words."""
    match path:
        case (name,):
            return name in (*ROOT, *BOOTSTRAP, "accounts")
        case ("accounts", _, name):
            return name in ACCOUNT_SETTINGS
    return False


def may_be_shown(path: KeyPath) -> bool:
    """Whether the value under these keys of a settings file is no secret. What nobody knows may
    be one in the wrong place."""
    match path:
        case (name,):
            return name in (*ROOT, *BOOTSTRAP) and name not in MAY_BEAR_SECRETS
        case ("accounts", _, name):
            return name in ACCOUNT_SETTINGS and name not in MAY_BEAR_SECRETS
    return False


def put(layer: Layer, setting: SettingPath, written: Written, findings: Findings) -> None:
    """Add a setting; one that is there already, by a name in other letters, is a problem."""
    if setting in layer:
        findings.wrong(
            f"the same setting as {layer[setting].place}, but for its case", written.place
        )
    layer.setdefault(setting, written)
