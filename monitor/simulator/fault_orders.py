"""Faults to order: a share of all requests, or exactly the next ones. Deterministic by seed and
order of requests."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TypedDict, Unpack

import msgspec


class FaultKind(StrEnum):
    """What can go wrong with an answer."""

    ERROR = "error"  # 500, JSON
    HTML_ERROR = "html_error"  # 500, HTML
    LATENCY = "latency"  # the right answer, `seconds` late
    # no answer for `seconds`, then the connection is closed; without `seconds`, none until the
    # simulator ends
    HANG = "hang"
    RATE_LIMITED = "rate_limited"  # 429; with `seconds`, a Retry-After in seconds
    # 429 with a Retry-After that is an HTTP date `seconds` (default 2) ahead
    RATE_LIMITED_DATE = "rate_limited_date"
    CUT = "cut"  # Content-Length announces more than comes before the connection is closed
    RESET = "reset"  # the connection is closed without an answer
    MALFORMED = "malformed"  # 200, half a JSON document
    HTML_OK = "html_ok"  # 200, an HTML page
    V1_ERROR = "v1_error"  # 200, {"error": "40", "errorDescription": …}
    UNAUTHORIZED = "unauthorized"  # 401 for a token that is good
    REDIRECT = "redirect"  # 302 to elsewhere
    OVERSIZED = "oversized"  # 200, 9 MiB (after decompression, when the client takes gzip)
    EMPTY = "empty"  # 200, no rows, total 0
    CLAMP = "clamp"  # at most `limit` rows a page; meta.page.limit `says` so, or not
    SHIFT = "shift"  # rows are deleted and created before the page is made
    GROW = "grow"  # `rows` campaigns are created before the page is made
    TOTAL = "total"  # meta.page.total is off `by` so many rows
    NO_PAGE = "no_page"  # the answer says neither total nor limit nor offset
    ODD_FIELD = "odd_field"  # `field` of a share of all rows reads `value`, the same rows each time


ODDITIES = frozenset(
    {
        FaultKind.EMPTY,
        FaultKind.CLAMP,
        FaultKind.SHIFT,
        FaultKind.GROW,
        FaultKind.TOTAL,
        FaultKind.NO_PAGE,
        FaultKind.ODD_FIELD,
    }
)
"""Faults of an answer that is otherwise right: several may hit one request.

They hit the list alone, but for `ODD_FIELD`, which a single campaign shows too."""


class FaultOptions(TypedDict, total=False):
    """The options of a fault, where its kind has a use for them; see `Fault`."""

    seconds: float | None
    limit: int
    says: str
    rows: int
    by: int
    field: str
    value: object


class Fault(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One fault as it is served.

    `says` is what a clamped page claims as its limit: `given` is the truth, `asked` what was asked
    for, `nothing` leaves it out. `field` may name one inside another, as `statistics.sent`. `share`
    is that of the rows with an odd field.
    """

    kind: FaultKind
    seconds: float | None = None
    limit: int = 100
    says: str = "given"
    rows: int = 1
    by: int = 1
    field: str = ""
    value: object = "odd"
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class StandingFault:
    """A fault for a share (`rate`, 0..1) of the requests whose path begins with `path_prefix`."""

    fault: Fault
    rate: float
    path_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one request: a delay in seconds, at most one fault, and any oddities."""

    delay: float = 0.0
    fault: Fault | None = None
    oddities: tuple[Fault, ...] = ()


class _Queued:
    """The next `left` requests whose path begins with `path_prefix`."""

    __slots__ = ("fault", "left", "path_prefix")

    def __init__(self, fault: Fault, left: int, path_prefix: str) -> None:
        self.fault, self.left, self.path_prefix = fault, left, path_prefix


class Faults:
    """The plan of what goes wrong; may be changed at any time."""

    def __init__(self, *, seed: int = 1) -> None:
        self._rng = Random(seed)  # noqa: S311 (which request fails, not a secret)
        self._rules: dict[tuple[FaultKind, str, str], StandingFault] = {}
        self._queue: list[_Queued] = []

    def set(
        self,
        kind: FaultKind | str,
        *,
        rate: float = 1.0,
        path_prefix: str = "",
        **options: Unpack[FaultOptions],
    ) -> None:
        """Let a share of the requests meet a fault; rate 0 ends that.

        Several kinds may be set, and several odd fields. The first that hits wins; latency and
        oddities add to it. ValueError for an unknown kind, a rate outside 0..1, and for options
        that cannot be.
        """
        fault = _fault(kind, options)
        if not 0.0 <= rate <= 1.0:
            raise ValueError(f"a rate of {rate} is not a share from 0 to 1")
        key = (fault.kind, path_prefix, fault.field)
        if rate:
            if fault.kind is FaultKind.ODD_FIELD:
                fault = msgspec.structs.replace(fault, share=rate)
            self._rules[key] = StandingFault(fault, rate, path_prefix)
        else:
            self._rules.pop(key, None)

    def next(
        self,
        kind: FaultKind | str,
        count: int = 1,
        path_prefix: str = "",
        **options: Unpack[FaultOptions],
    ) -> None:
        """Let exactly the next `count` requests whose path begins with `path_prefix` meet a fault,
        before any rate applies.

        Orders are served in the order given, one at a time for a path. ValueError as for `set`.
        """
        if count < 1:
            raise ValueError(f"a count of {count} is not 1 or more")
        self._queue.append(_Queued(_fault(kind, options), count, path_prefix))

    def clear(self) -> None:
        """No more faults. Requests that hang go on hanging."""
        self._rules.clear()
        self._queue.clear()

    @property
    def rules(self) -> list[StandingFault]:
        """What is set, in the order it was set."""
        return list(self._rules.values())

    @property
    def queued(self) -> list[tuple[Fault, int, str]]:
        """Faults still owed, with how often and for which path prefix, in the order they will be
        served."""
        return [(entry.fault, entry.left, entry.path_prefix) for entry in self._queue]

    def decide(self, path: str) -> Decision:
        """What happens to a request. Counts as a request: draws from the seed, uses up what was
        ordered."""
        for entry in self._queue:
            if path.startswith(entry.path_prefix):
                entry.left -= 1
                if not entry.left:
                    self._queue.remove(entry)
                if entry.fault.kind is FaultKind.LATENCY:
                    return Decision(entry.fault.seconds or 0.0)
                if entry.fault.kind in ODDITIES:
                    return Decision(oddities=(entry.fault,))
                return Decision(fault=entry.fault)
        delay, fault = 0.0, None
        oddities: list[Fault] = []
        for rule in self._rules.values():
            kind = rule.fault.kind
            if not path.startswith(rule.path_prefix):
                continue
            if kind is not FaultKind.ODD_FIELD and self._rng.random() >= rule.rate:
                continue
            if kind is FaultKind.LATENCY:
                delay += rule.fault.seconds or 0.0
            elif kind in ODDITIES:
                oddities.append(rule.fault)
            elif fault is None:
                fault = rule.fault
        return Decision(delay, fault, tuple(oddities))


def _fault(kind: FaultKind | str, options: FaultOptions) -> Fault:
    try:
        known = FaultKind(kind)
    except ValueError:
        raise ValueError(f"{kind!r} is not a fault; there are {', '.join(FaultKind)}") from None
    fault = Fault(known, **options)
    if fault.seconds is not None and not 0.0 <= fault.seconds < float("inf"):
        raise ValueError(f"{fault.seconds} seconds is not a span of time")
    if known is FaultKind.LATENCY and fault.seconds is None:
        raise ValueError("latency needs seconds")
    if fault.limit < 1 or fault.rows < 1:
        raise ValueError("limit and rows are numbers of rows from 1")
    if fault.says not in ("given", "asked", "nothing"):
        raise ValueError(f"says={fault.says}: a page can say given, asked or nothing")
    if known is FaultKind.ODD_FIELD and not fault.field:
        raise ValueError("odd_field needs the field's name")
    return fault
