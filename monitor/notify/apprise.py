"""Everything else, through Apprise (https://appriseit.com), an extra: `pip install
'bsg-monitor[apprise]'`.

Apprise reports only success or failure: there is no Retry-After, no reason, no id by which a
service could recognise a repeat, and no way to stop a call that hangs. It runs in a thread of its
own. Its logs are dropped, because they may contain parts of the URL.
"""

import asyncio
import importlib
import importlib.util
import logging
import threading
import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr

from monitor.domain.alerting.notification import Notification, NotifyReason
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify import message
from monitor.notify.integration import Context, Integration
from monitor.notify.message import shorten, width
from monitor.notify.options import ReceiverOptions, Secret
from monitor.notify.paragraph import Paragraph, paragraph, remainder

PACKAGE = "apprise"
MISSING = "the package apprise is not installed: pip install 'bsg-monitor[apprise]'"
LONGEST_MESSAGE = 2000
"""Width of title and text together, or less if the service's plugin takes less."""
LEAST_BODY = 60
MOST_ALERTS = 10

# At debug level the HTTP library logs paths, which are the secret of many services.
_TALKATIVE = (
    "apprise",
    "urllib3",
    "requests",
    "requests_oauthlib",
    "oauthlib",
    "slixmpp",
    "paho",
    "charset_normalizer",
)


def _service(url: str) -> Any:
    """The service for a URL; None if Apprise knows none. Raises ImportError if Apprise is not
    installed."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its plugins import deprecated things
        library = importlib.import_module(PACKAGE)
        asset = library.AppriseAsset(
            app_id="bsg-monitor",
            async_mode=False,
            http_redirects=False,  # a secret may be in the request
            storage_mode="memory",
            pgp_autogen=False,
            pem_autogen=False,
            # ours is enough; its own needs threads that a shutdown waits for
            service_timeout=0,
        )
        found = library.Apprise.instantiate(url, asset=asset)
        if found is None:
            return None
        service = library.Apprise(asset=asset)
        service.add(found)
        return service


def _known(value: SecretStr) -> SecretStr:
    if importlib.util.find_spec(PACKAGE) is None:
        raise ValueError(f"cannot be used: {MISSING}")
    try:
        service = _service(value.get_secret_value())
    # a plugin may raise anything, with the URL in its text
    except Exception as error:  # noqa: BLE001
        raise ValueError(f"could not be read by Apprise ({type(error).__name__})") from None
    if service is None:
        raise ValueError("is not a URL that Apprise knows; see https://appriseit.com/services/")
    return value


class AppriseOptions(ReceiverOptions):
    """Options of Apprise. The URL is secret as a whole."""

    url: Annotated[Secret, AfterValidator(_known)] = Field(
        description="Apprise's URL of one service."
    )

    def endpoint(self) -> None:
        """None: only Apprise knows where its URL leads."""


class AppriseNotifier:
    """Sends to one service. An attempt that ran out of time goes on in its thread. The next one
    waits for it, and takes its outcome if it was about the same message.
    """

    integration = "apprise"
    min_interval = 1.0  # one at a time
    burst = 1

    def __init__(self, url: SecretStr, context: Context) -> None:
        self._service = _service(url.get_secret_value())
        # 0: it has no limit
        self._limit = min(LONGEST_MESSAGE, self._service[0].body_maxlen or LONGEST_MESSAGE)
        self._context = context
        self._under_way: _AppriseCall | None = None

    async def send(self, notification: Notification) -> None:
        seconds = self._context.attempt_seconds
        try:
            async with asyncio.timeout(seconds):
                taken = await self._taken(notification)
        except TimeoutError:
            reason = f"Apprise did not finish within {seconds:g} s"
            raise DeliveryError(reason, reason=DeliveryFault.TIMEOUT, retryable=True) from None
        if not taken:
            reason = (
                "Apprise could not deliver the message and does not say why; to find out, run "
                "`apprise -vv` with the same URL"
            )
            raise DeliveryError(reason, reason=DeliveryFault.BAD_ANSWER, retryable=True)

    async def close(self) -> None:
        """Does nothing: a thread that hangs does not delay the end of the process."""

    async def _taken(self, notification: Notification) -> bool:
        if (before := self._under_way) is not None:
            await before.ended.wait()
            self._under_way = None
            if before.id == notification.id and before.taken:
                return True
        title, text = compose(notification, self._context.external_url, limit=self._limit)
        said = {
            "title": title,
            "body": text,
            "notify_type": _kind(notification),
            "body_format": "text",
        }
        attempt = self._under_way = _AppriseCall(notification.id, self._service, said)
        await attempt.ended.wait()
        self._under_way = None
        return attempt.taken


class _AppriseCall:
    """One call of Apprise in a thread of its own, started at once. `taken` is its outcome after it
    has `ended`."""

    def __init__(self, id_: str, service: Any, said: Mapping[str, str]) -> None:
        self.id = id_
        self.ended = asyncio.Event()
        self.taken = False
        self._service = service
        self._said = said
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, name="apprise", daemon=True).start()

    def _run(self) -> None:
        # a plugin may raise anything, with the URL in its text; the loop may have ended before
        with suppress(Exception):
            self.taken = bool(self._service.notify(**self._said))
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.ended.set)


def compose(
    notification: Notification, external_url: str | None, *, limit: int = LONGEST_MESSAGE
) -> tuple[str, str]:
    """Title and plain text, at most `limit` wide together with a line break between them: a
    service without titles gets both as one text. What does not fit is counted.
    """
    _, said = message.heading(notification, fits=lambda text: width(text) <= limit - LEAST_BODY)
    title = shorten(message.title(notification), limit - LEAST_BODY)
    room = limit - width(title) - len("\r\n")
    told = message.news(notification)
    parts = [
        paragraph(notification, alert, external_url, said=said) for alert in told[:MOST_ALERTS]
    ]
    blocks = [_block(part, room) for part in parts]
    for shown in range(len(blocks), 0, -1):
        words, where = remainder(
            notification, [*told[shown:], *message.the_rest(notification)], external_url
        )
        end = f"{words}: {where.url}" if where else words
        if shown == 1:  # the first is always shown, as far as there is room
            end = end if width(end) <= room // 2 else shorten(words, room // 2)
            blocks[0] = _block(parts[0], room - width(end) - len("\n\n"))
        text = "\n\n".join(filter(None, [*blocks[:shown], end]))
        if width(text) <= room:
            break
    return title, text


def _block(part: Paragraph, room: int) -> str:
    """One alert, at most `room` wide: the last facts are dropped first, then the links."""
    facts, links = list(part.facts), [f"{link.words}: {link.url}" for link in part.links]
    while width(
        text := "\n".join([f"{part.mark} {part.headline}", *facts, part.when, *links])
    ) > room and (facts or links):
        (facts or links).pop()
    return shorten(text, room)


def _kind(notification: Notification) -> str:
    """One of Apprise's four types: failure, warning, success or info."""
    if notification.reason is NotifyReason.TEST:
        return "info"
    level = message.worst(notification.alerts)
    return {None: "success", "critical": "failure", "error": "failure", "info": "info"}.get(
        level, "warning"
    )


APPRISE = Integration(
    "apprise",
    "any service that Apprise knows",
    AppriseOptions,
    lambda _receiver, options, context: AppriseNotifier(options.url, context),
)
