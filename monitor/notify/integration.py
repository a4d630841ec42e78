"""What an integration is to the rest of the monitor: a name, an option model and a way to build
its notifier."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TextIO, TypeVar, runtime_checkable

import aiohttp

from monitor.clock import Clock
from monitor.notify.options import ReceiverOptions
from monitor.ports import Notifier

ATTEMPT_SECONDS = 10.0
"""The whole of one attempt: name look-up, connection, request, answer."""

Options = TypeVar("Options", bound=ReceiverOptions)


class Memory(Protocol):
    """What an integration may keep between messages; `ports.Store` is one. Both methods raise
    `StoreError`.

    Whoever uses it must do right without it: a crash may come between a message and what is kept
    about it, and what was not renewed for as long as history is kept is forgotten.
    """

    async def remember(self, receiver: str, key: str, value: str, *, now: datetime) -> None:
        """Keep a text under `key`, in place of the one that was there."""
        ...

    async def recall(self, receiver: str, key: str) -> str | None:
        """The text last kept there; None when there is none."""
        ...


class VolatileMemory:
    """A memory that ends with the process, for single messages such as `notify-test`'s."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], str] = {}

    # the port's
    async def remember(self, receiver: str, key: str, value: str, *, now: datetime) -> None:  # noqa: ARG002
        self._kept[receiver, key] = value

    async def recall(self, receiver: str, key: str) -> str | None:
        return self._kept.get((receiver, key))


@runtime_checkable
class Verifiable(Protocol):
    """A notifier whose service lets address and credentials be proven without telling anybody
    anything."""

    async def verify(self) -> None:
        """Prove them, bounded in time. Raises `DeliveryError` with what is wrong."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What notifiers are built with. `session` is shared and stays its maker's to close
    (`transport.open_session`).

    `external_url` is what links begin with, without a slash at its end; None: messages bear no
    links. `console` is where the console integration prints. `allow_insecure_http` is
    BSG_ALLOW_INSECURE_HTTP. `memory` is what integrations keep.
    """

    session: aiohttp.ClientSession
    clock: Clock
    console: TextIO
    external_url: str | None = None
    allow_insecure_http: bool = False
    attempt_seconds: float = ATTEMPT_SECONDS
    memory: Memory = field(default_factory=VolatileMemory)


@dataclass(frozen=True, slots=True)
class Integration(Generic[Options]):
    """One kind of receiver. `name` is its key in rules.yaml and the `integration` label of
    metrics.

    `build(receiver_name, options, context)` does no I/O; it raises ValueError for options that
    `refusal` names.
    """

    name: str
    options: type[Options]
    build: Callable[[str, Options, Context], Notifier]


def refusal(options: ReceiverOptions, *, allow_insecure_http: bool) -> str | None:
    """Why a receiver with these options may not be used; None when it may. For the loader, and
    once more for `build`."""
    if options.in_clear() and options.carries_secret() and not allow_insecure_http:
        plain, expected = options.clear_words
        return (
            f"would send a secret over {plain}; expected {expected} (or set "
            "BSG_ALLOW_INSECURE_HTTP=1)"
        )
    return None
