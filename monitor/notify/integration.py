"""What an integration is to the rest of the monitor: a name, an option model and a way to build its notifier."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TextIO, TypeVar

import aiohttp

from monitor.clock import Clock
from monitor.notify.options import ReceiverOptions
from monitor.ports import Notifier

ATTEMPT_SECONDS = 10.0
"""The whole of one attempt: name look-up, connection, request, answer."""

Options = TypeVar("Options", bound=ReceiverOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What notifiers are built with. `session` is shared and stays its maker's to close (`transport.open_session`).

    `external_url` is what links begin with, without a slash at its end; None: messages bear no links. `console` is where
    the console integration prints. `allow_insecure_http` is BSG_ALLOW_INSECURE_HTTP.
    """

    session: aiohttp.ClientSession
    clock: Clock
    console: TextIO
    external_url: str | None = None
    allow_insecure_http: bool = False
    attempt_seconds: float = ATTEMPT_SECONDS


@dataclass(frozen=True, slots=True)
class Integration(Generic[Options]):
    """One kind of receiver. `name` is its key in rules.yaml and the `integration` label of metrics.

    `build(receiver_name, options, context)` does no I/O; it raises ValueError for options that `refusal` names.
    """

    name: str
    options: type[Options]
    build: Callable[[str, Options, Context], Notifier]


def refusal(options: ReceiverOptions, *, allow_insecure_http: bool) -> str | None:
    """Why a receiver with these options may not be used; None when it may. For the loader, and once more for `build`."""
    if options.in_clear() and options.carries_secret() and not allow_insecure_http:
        return "would send a secret over plain HTTP; expected https:// (or set BSG_ALLOW_INSECURE_HTTP=1)"
    return None
