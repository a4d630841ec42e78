"""Console: prints messages for people on a stream, as plain text, in colour on a terminal."""

import asyncio
import contextlib
import threading
from collections.abc import Iterable
from typing import TextIO

from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify import message
from monitor.notify.integration import Context, Integration
from monitor.notify.options import ReceiverOptions

_COLOURS = {"critical": "31", "error": "31", "warning": "33", "info": "36"}
_RESOLVED = "32"
_INDENT = " " * 10
_NAMED = 10
"""How many alerts that are still firing are named; the others are counted."""


class ConsoleOptions(ReceiverOptions):
    """There are none: it prints on the monitor's standard output."""

    def carries_secret(self) -> bool:
        return False


class ConsoleNotifier:
    """Prints each message as one block. A closed stream is a failure like any other."""

    integration = "console"
    min_interval = 0.0
    burst = 1

    def __init__(self, context: Context) -> None:
        self._stream = context.console
        self._external_url = context.external_url
        self._seconds = context.attempt_seconds
        self._turn = asyncio.Lock()
        self._writing = False

    async def send(self, notification: Notification) -> None:
        text = render(notification, self._external_url, coloured=_is_terminal(self._stream))
        try:
            async with asyncio.timeout(self._seconds), self._turn:  # one block after the other
                error = await self._written(text)
        except TimeoutError:
            raise DeliveryError(
                "the console is not being read", reason=DeliveryFault.TIMEOUT, retryable=True
            ) from None
        if error is not None:
            reason = "the console cannot be written to"
            raise DeliveryError(reason, reason=DeliveryFault.CONNECTION, retryable=True) from error

    async def _written(self, text: str) -> OSError | ValueError | None:
        """Write, and return what went wrong, if anything. Raises TimeoutError at once while an
        earlier attempt, given up since, still blocks."""
        if self._writing:
            raise TimeoutError
        loop = asyncio.get_running_loop()
        written: asyncio.Future[OSError | ValueError | None] = loop.create_future()

        def settle(error: OSError | ValueError | None) -> None:
            self._writing = False
            if not written.done():
                written.set_result(error)

        def write() -> None:
            outcome = self._write(text)
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(settle, outcome)

        # Writing to a stopped terminal blocks without end, so this thread is never joined.
        self._writing = True
        threading.Thread(target=write, name="console", daemon=True).start()
        return await written

    def _write(self, text: str) -> OSError | ValueError | None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError) as error:  # ValueError: it was closed
            return error
        return None

    async def close(self) -> None:
        """Does nothing: the stream belongs to the process."""


def render(notification: Notification, external_url: str | None, *, coloured: bool = False) -> str:
    """The message: for each alert a line of time, severity, state and headline, with its facts
    below. Ends with an empty line."""
    lines: list[str] = []
    for alert in message.news(notification):
        lines += _alert(notification, alert, external_url, coloured=coloured)
    if rest := message.the_rest(notification):
        left = len(rest[_NAMED:]) + notification.omitted
        more = [f"and {left:,} more"] if left else []
        lines.append(
            f"{_INDENT}still firing: " + "; ".join([*map(message.headline, rest[:_NAMED]), *more])
        )
    if notification.parts > 1:
        lines.append(f"{_INDENT}part {notification.part} of {notification.parts}")
    return "\n".join([*lines, "", ""])


def _alert(
    notification: Notification, alert: NotifiedAlert, external_url: str | None, *, coloured: bool
) -> Iterable[str]:
    severity = message.severity(alert)
    resolved = alert.status == "resolved"
    mark = f"{severity.upper():<9}{_state(notification, alert):<9}"
    if coloured:
        mark = f"\x1b[1;{_RESOLVED if resolved else _COLOURS.get(severity, '33')}m{mark}\x1b[0m"
    yield f"{notification.created_at:%H:%M:%S}  {mark} {message.headline(alert)}"
    yield f"{_INDENT}{message.identity(alert)}"
    when = message.times(alert, notification.created_at)
    yield _INDENT + " · ".join(part for part in (message.figures(alert), when) if part)
    for more in (message.why(alert), message.description(alert)):
        if more:
            yield f"{_INDENT}{more}"
    for link in (message.alert_link(external_url, alert), message.runbook(alert)):
        if link:
            yield f"{_INDENT}{link}"


def _state(notification: Notification, alert: NotifiedAlert) -> str:
    if notification.reason is NotifyReason.TEST:
        return "TEST"
    return "EVENT" if alert.event_id is not None else alert.status.upper()


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # it was closed; the write will report that
        return False


CONSOLE = Integration(
    "console",
    "the monitor's standard output",
    ConsoleOptions,
    lambda _receiver, _options, context: ConsoleNotifier(context),
)
