"""Faults to order: a share of all requests, or exactly the next ones. Deterministic by seed and
order of requests."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random


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
    EMPTY = "empty"  # lists only: 200, no rows, total 0
    CLAMP = "clamp"  # lists only: at most `limit` rows a page, and meta.page.limit says so
    SHIFT = "shift"  # lists only: rows are deleted and created before the page is made


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as it is served. `seconds` and `limit` where its kind has a use for them."""

    kind: FaultKind
    seconds: float | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault for a share (`rate`, 0..1) of the requests whose path begins with `path_prefix`."""

    fault: Fault
    rate: float
    path_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one request: a delay in seconds, and at most one fault."""

    delay: float = 0.0
    fault: Fault | None = None


class _Queued:
    """The next `left` requests whose path begins with `path_prefix`."""

    __slots__ = ("fault", "left", "path_prefix")

    def __init__(self, fault: Fault, left: int, path_prefix: str) -> None:
        self.fault, self.left, self.path_prefix = fault, left, path_prefix


class Faults:
    """The plan of what goes wrong; may be changed at any time."""

    def __init__(self, *, seed: int = 1) -> None:
        self._rng = Random(seed)  # noqa: S311 (which request fails, not a secret)
        self._rules: dict[tuple[FaultKind, str], Rule] = {}
        self._queue: list[_Queued] = []

    def set(
        self,
        kind: FaultKind | str,
        *,
        rate: float = 1.0,
        seconds: float | None = None,
        limit: int = 100,
        path_prefix: str = "",
    ) -> None:
        """Let a share of the requests meet a fault; rate 0 ends that. Several kinds may be set;
        the first that hits wins, latency adds to it. ValueError for an unknown kind, a rate
        outside 0..1, negative seconds."""
        fault = _fault(kind, seconds, limit)
        if not 0.0 <= rate <= 1.0:
            raise ValueError(f"a rate of {rate} is no share from 0 to 1")
        if rate:
            self._rules[fault.kind, path_prefix] = Rule(fault, rate, path_prefix)
        else:
            self._rules.pop((fault.kind, path_prefix), None)

    def next(
        self,
        kind: FaultKind | str,
        count: int = 1,
        path_prefix: str = "",
        *,
        seconds: float | None = None,
        limit: int = 100,
    ) -> None:
        """Let exactly the next `count` requests whose path begins with `path_prefix` meet a
        fault, before any rate applies. Orders are served in the order given, one at a time for a
        path. ValueError as for `set`."""
        if count < 1:
            raise ValueError(f"a count of {count} is not 1 or more")
        self._queue.append(_Queued(_fault(kind, seconds, limit), count, path_prefix))

    def clear(self) -> None:
        """No more faults. Requests that hang go on hanging."""
        self._rules.clear()
        self._queue.clear()

    @property
    def rules(self) -> list[Rule]:
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
                return Decision(fault=entry.fault)
        delay, fault = 0.0, None
        for rule in self._rules.values():
            if not path.startswith(rule.path_prefix) or self._rng.random() >= rule.rate:
                continue
            if rule.fault.kind is FaultKind.LATENCY:
                delay += rule.fault.seconds or 0.0
            elif fault is None:
                fault = rule.fault
        return Decision(delay, fault)


def _fault(kind: FaultKind | str, seconds: float | None, limit: int) -> Fault:
    try:
        known = FaultKind(kind)
    except ValueError:
        raise ValueError(f"{kind!r} is no fault; there are {', '.join(FaultKind)}") from None
    if seconds is not None and not 0.0 <= seconds < float("inf"):
        raise ValueError(f"{seconds} seconds is no span of time")
    if known is FaultKind.LATENCY and seconds is None:
        raise ValueError("latency needs seconds")
    if limit < 1:
        raise ValueError(f"a limit of {limit} rows is not 1 or more")
    return Fault(known, seconds, limit)
