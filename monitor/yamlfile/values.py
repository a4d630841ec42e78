"""From what a person wrote to typed values: one function for each kind of setting.

Each takes the written value (a text; from YAML also a number, boolean or list) and raises
ValueError with what was found and what is expected, for `settings.py` to add the place. Values
already of the right type pass through.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from monitor.domain.condition import Condition, ConditionError, parse_condition
from monitor.domain.condition.faults import ConditionFault
from monitor.domain.safetext.possible_secrets import quoted
from monitor.domain.times.duration import format_duration, parse_duration
from monitor.domain.times.zones import time_zone, zone_fault
from monitor.yamlfile.suggestion import did_you_mean, listed

MESSAGE_TYPES = ("sms", "rcs", "whatsapp")
"""What the provider's list of campaigns can be asked for (its documentation and client library)."""


class WrongValueError(ValueError):
    """A value that is not allowed. `hint` says what to write instead."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class WrongConditionError(ValueError):
    """A condition with faults, each at its place in the text."""

    def __init__(self, faults: tuple[ConditionFault, ...]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


def text(value: object) -> str:
    """A text without white space around it."""
    if not isinstance(value, str):
        raise WrongValueError(f"expected a text, found {_kind(value)}", "put it in quotes")
    return value.strip()


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    return (
        "a list"
        if isinstance(value, list)
        else "a mapping"
        if isinstance(value, dict)
        else "something else"
    )


def duration(shortest: timedelta, longest: timedelta) -> Callable[[object], timedelta]:
    """A Prometheus duration within bounds."""

    def parse(value: object) -> timedelta:
        if isinstance(value, timedelta):
            found = value
        elif isinstance(value, int) and not isinstance(value, bool):
            raise WrongValueError(
                f"expected a duration, found the number {value}", f"write {value}s for seconds"
            )
        else:
            found = parse_duration(text(value))
        if not shortest <= found <= longest:
            bounds = f"from {format_duration(shortest)} to {format_duration(longest)}"
            raise WrongValueError(f"{format_duration(found)} is out of bounds; allowed is {bounds}")
        return found

    return parse


def whole(least: int, most: int) -> Callable[[object], int]:
    """A whole number within bounds."""

    def parse(value: object) -> int:
        expected = f"expected a whole number from {least} to {most}"
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise WrongValueError(f"{expected}, found {_kind(value)}")
        written = str(value).strip()
        if not re.fullmatch(r"-?[0-9]{1,18}", written):
            raise WrongValueError(f'{expected}, found "{quoted(written)}"')
        if not least <= int(written) <= most:
            raise WrongValueError(f"{expected}, found {written}")
        return int(written)

    return parse


def boolean(value: object) -> bool:
    """`true` or `false`, and the usual words and figures for them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int):
        word = str(value).strip().lower()
        if word in ("1", "true", "yes", "on"):
            return True
        if word in ("0", "false", "no", "off"):
            return False
        raise WrongValueError(f'expected true or false, found "{quoted(word)}"')
    raise WrongValueError(f"expected true or false, found {_kind(value)}")


def choice(*allowed: str) -> Callable[[object], str]:
    """One of some words, in upper, lower or mixed case."""

    def parse(value: object) -> str:
        word = text(value).lower()
        if word not in allowed:
            raise WrongValueError(
                f'expected {listed(allowed)}, found "{quoted(word)}"', did_you_mean(word, allowed)
            )
        return word

    return parse


def zone(value: object) -> ZoneInfo:
    """An IANA time zone by its name."""
    if isinstance(value, ZoneInfo):
        return value
    name = text(value)
    found = time_zone(name)
    if found is not None:
        return found
    fault, hint = zone_fault(name)
    raise WrongValueError(f'"{quoted(name)}" {fault}', hint)


def message_types(value: object) -> tuple[str, ...]:
    """Message types, as a list or as a text with commas; each once, in the order given."""
    parts = list(value) if isinstance(value, list | tuple) else text(value).split(",")
    words = [text(part).lower() for part in parts]
    if not any(words):
        raise WrongValueError(f"names no message type; expected some of {', '.join(MESSAGE_TYPES)}")
    for word in words:
        if word not in MESSAGE_TYPES:
            hint = did_you_mean(word, MESSAGE_TYPES)
            raise WrongValueError(
                f'"{quoted(word)}" is not a message type to ask for; expected some of '
                f"{', '.join(MESSAGE_TYPES)}",
                hint,
            )
    if len(set(words)) < len(words):
        raise WrongValueError("names a message type twice")
    return tuple(words)


def campaigns_path(value: object) -> str:
    """`auto`, or a path that begins with a slash."""
    written = text(value)
    if written != "auto" and not re.fullmatch(r"/[A-Za-z0-9._~/-]*", written):
        raise WrongValueError(
            f'expected auto or a path such as /api/campaigns, found "{quoted(written)}"'
        )
    return written


def secret(value: object) -> SecretStr:
    """A key or token: visible ASCII, since it goes into a header. Never shown, not even when it
    is wrong."""
    written = unveiled(value)
    if not written:
        raise WrongValueError("is empty", "leave it out or give it a value")
    if in_quotes(written):
        raise WrongValueError(
            "is in quotes, which belong to the value here",
            "leave the quotes out: Docker keeps those of its env files",
        )
    if not all("!" <= character <= "~" for character in written):
        raise WrongValueError(
            "contains a space, a line break or a character outside ASCII",
            "was more copied than the secret?",
        )
    return SecretStr(written)


def in_quotes(text: str) -> bool:
    """Whether a text has a pair of quotes around it, which are probably not meant."""
    return len(text) > 2 and text[0] == text[-1] and text[0] in "\"'"


def unveiled(value: object) -> str:
    """A secret's text; what is wrong with it is said without showing it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value().strip()
    if not isinstance(value, str):
        raise WrongValueError("expected a text", "put it in quotes")
    return value.strip()


def path(value: object) -> Path:
    """A file or folder."""
    if isinstance(value, Path):
        return value
    written = text(value)
    if not written or "\0" in written:
        raise WrongValueError("expected a path")
    try:
        return Path(written).expanduser()
    except RuntimeError:
        raise WrongValueError(f'"{quoted(written)}" begins with a user who has no home') from None


def condition(value: object) -> Condition:
    """A condition of scope `campaign` that asks for no more than the provider's list shows."""
    if isinstance(value, Condition):
        return value
    if not isinstance(value, str):
        raise WrongValueError(f"expected a condition, found {_kind(value)}", "put it in quotes")
    try:
        found = parse_condition(value, scope="campaign")
    except ConditionError as error:
        raise WrongConditionError(error.faults) from None
    if found.look_back or found.baselines or found.uses("_a") or found.uses("_d"):
        hint = (
            "leave out ago, increase, rate, baseline, settled fields, quiet hours and what only "
            "the detail says"
        )
        raise WrongValueError(
            "the condition asks for what is not known when a campaign is seen for the first time",
            hint,
        )
    return found
