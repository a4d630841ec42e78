"""Faults as a command line says them: `error=10%`, `latency,seconds=300ms`,
`cut=0.05,path=/api/campaigns`."""

from collections.abc import Sequence

import msgspec

from monitor.errors import ConfigError, Place, Problem
from monitor.simulator.fault_orders import FaultKind, FaultOptions, Faults
from monitor.simulator.plan import parse_offset

EXPECTED = (
    "expected KIND, KIND=RATE or KIND=RATE,OPTION=…; options are seconds=SPAN, path=PREFIX, "
    "limit=ROWS and says=given|asked|nothing (clamp), rows=ROWS (grow), by=ROWS (total), "
    "field=NAME and value=JSON or text (odd_field)"
)


def set_faults(faults: Faults, orders: Sequence[str], *, source: str = "--fault") -> None:
    """Set what the orders say; a kind without a rate means every request.

    ConfigError with every order that is wrong; `source` is what it says they came from. The good
    ones are set all the same.
    """
    problems: list[Problem] = []
    for order in orders:
        try:
            _set(faults, order)
        except ValueError as error:
            hint = f"{EXPECTED}; kinds are {', '.join(FaultKind)}"
            problems.append(Problem(f"{order!r}: {error}", Place(source), hint=hint))
    if problems:
        raise ConfigError(problems)


def _set(faults: Faults, order: str) -> None:
    head, *options = order.split(",")
    kind, _, rate = head.partition("=")
    settings: FaultOptions = {}
    path_prefix = ""
    for option in options:
        name, _, value = option.partition("=")
        match name.strip():
            case "seconds":
                settings["seconds"] = parse_offset(_number_or_text(value))
            case "limit":
                settings["limit"] = int(value)
            case "rows":
                settings["rows"] = int(value)
            case "by":
                settings["by"] = int(value)
            case "says":
                settings["says"] = value.strip()
            case "field":
                settings["field"] = value.strip()
            case "value":
                settings["value"] = _json_or_text(value)
            case "path":
                path_prefix = value.strip()
            case _:
                raise ValueError(f"unknown option {name!r}")
    faults.set(kind.strip(), rate=_rate(rate), path_prefix=path_prefix, **settings)


def _json_or_text(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _rate(text: str) -> float:
    if not text:
        return 1.0
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def _number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text.strip()
