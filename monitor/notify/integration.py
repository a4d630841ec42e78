"""What a kind of receiver is to the rest of the monitor: a name, an option model and a notifier."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TextIO, TypeVar, runtime_checkable

import aiohttp
import msgspec

from monitor.clock import Clock
from monitor.domain.alerting.notification import Notification
from monitor.notify.options import ReceiverOptions
from monitor.notify.transport import Answer, post
from monitor.ports import Notifier

ATTEMPT_SECONDS = 10.0
"""The limit of one whole attempt: name look-up, connection, request and answer."""

Options = TypeVar("Options", bound=ReceiverOptions)


class Memory(Protocol):
    """What an integration can keep between messages. `ports.Store` is one. Both methods raise
    `StoreError`.

    An integration must also work without it: a crash can come between a message and the note
    about it, and a note that is not renewed for as long as history is kept is forgotten.
    """

    async def remember(self, receiver: str, key: str, value: str, *, now: datetime) -> None:
        """Keep a text under `key`, instead of the text that was there."""
        ...

    async def recall(self, receiver: str, key: str) -> str | None:
        """The text last kept there; None if there is none."""
        ...


class VolatileMemory:
    """A memory that ends with the process, for single messages such as a test message."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], str] = {}

    # the port's
    async def remember(self, receiver: str, key: str, value: str, *, now: datetime) -> None:  # noqa: ARG002
        self._kept[receiver, key] = value

    async def recall(self, receiver: str, key: str) -> str | None:
        return self._kept.get((receiver, key))


@runtime_checkable
class Verifiable(Protocol):
    """A notifier whose service can check address and credentials without a message."""

    async def verify(self) -> None:
        """Check them, within `attempt_seconds`. Raises `DeliveryError` with what is wrong."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What notifiers are built with. `session` is shared; its maker closes it
    (`transport.open_session`).

    `external_url` is what links begin with, without a slash at its end; None: messages have no
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
    metrics; `meaning` says in a few words what it is. `notifier` makes the notifier of one
    receiver from its name, options and context, without I/O.
    """

    name: str
    meaning: str
    options: type[Options]
    notifier: Callable[[str, Options, Context], Notifier]

    def build(self, receiver: str, options: Options, context: Context) -> Notifier:
        """The notifier of one receiver. Raises ValueError for options that `refusal` names."""
        if reason := refusal(options, allow_insecure_http=context.allow_insecure_http):
            raise ValueError(reason)
        return self.notifier(receiver, options, context)


class HttpNotifier(Generic[Options]):
    """Base of the notifiers that use the shared HTTP session. A kind sets `integration` and its
    own pace."""

    min_interval = 0.0
    burst = 1

    def __init__(self, _receiver: str, options: Options, context: Context) -> None:
        self._options = options
        self._context = context

    async def close(self) -> None:
        """Does nothing: the session belongs to its maker."""

    async def _post(
        self, url: str, told: object, notification: Notification | None = None
    ) -> Answer:
        """POST `told` as JSON, with the notification's id in the header `webhook-id`. Raises
        `DeliveryError` when there was no answer."""
        headers: Mapping[str, str] = {"webhook-id": notification.id} if notification else {}
        body, context = msgspec.json.encode(told), self._context
        return await post(context.session, url, body, headers, seconds=context.attempt_seconds)


def refusal(options: ReceiverOptions, *, allow_insecure_http: bool) -> str | None:
    """Why a receiver with these options cannot be used; None if it can. The loader asks, and
    `Integration.build` asks again."""
    if options.in_clear() and options.carries_secret() and not allow_insecure_http:
        plain, expected = options.clear_words
        return (
            f"would send a secret over {plain}; expected {expected} (or set "
            "BSG_ALLOW_INSECURE_HTTP=1)"
        )
    return None
