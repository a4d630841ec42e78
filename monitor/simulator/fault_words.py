"""Faults as a command line says them: `error=10%`, `latency,seconds=300ms`,
`cut=0.05,path=/api/campaigns`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from monitor.errors import ConfigError, Place, Problem
from monitor.simulator.fault_orders import FaultKind, Faults
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
    head, *words = order.split(",")
    kind, _, rate = head.partition("=")
    options: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name.strip() not in _OPTIONS:
            raise ValueError(f"unknown option {name!r}")
        options[name.strip()] = _OPTIONS[name.strip()](value)
    path_prefix = options.pop("path", "")
    faults.set(kind.strip(), rate=_rate(rate), path_prefix=path_prefix, **options)


def _json_or_text(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _rate(text: str) -> float:
    if not text:
        return 1.0
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return parse_offset(text.strip())


_OPTIONS: Mapping[str, Callable[[str], object]] = {
    "seconds": _seconds,
    "limit": int,
    "rows": int,
    "by": int,
    "says": str.strip,
    "field": str.strip,
    "value": _json_or_text,
    "path": str.strip,
}
