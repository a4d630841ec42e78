"""Faults as a command line says them: `error=10%`, `latency,seconds=300ms`,
`cut=0.05,path=/api/campaigns`."""

from collections.abc import Sequence

from monitor.errors import ConfigError, Place, Problem
from monitor.simulator.fault_orders import FaultKind, Faults
from monitor.simulator.offset import parse_offset

EXPECTED = "expected KIND, KIND=RATE or KIND=RATE,seconds=SPAN,limit=ROWS,path=PREFIX"


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
    seconds: float | None = None
    limit, path_prefix = 100, ""
    for option in options:
        name, _, value = option.partition("=")
        match name.strip():
            case "seconds":
                seconds = parse_offset(_number_or_text(value))
            case "limit":
                limit = int(value)
            case "path":
                path_prefix = value.strip()
            case _:
                raise ValueError(f"unknown option {name!r}")
    faults.set(
        kind.strip(), rate=_rate(rate), seconds=seconds, limit=limit, path_prefix=path_prefix
    )


def _rate(text: str) -> float:
    if not text:
        return 1.0
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def _number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text.strip()
