"""Everything else, through Apprise (https://appriseit.com), an extra: `pip install 'bsg-monitor[apprise]'`.

Apprise says only whether it worked: there is no Retry-After to obey, no reason to tell, no id that a service could know a repeat
by, and no way to end what hangs. It runs in a thread of its own, and what it logs is dropped: it may hold parts of the URL.
"""

import asyncio
import importlib
import importlib.util
import logging
import threading
import warnings
from collections.abc import Mapping
from contextlib import suppress
from types import ModuleType
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr

from monitor.domain.notification import Notification, NotifyReason
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify import message
from monitor.notify.integration import Context, Integration
from monitor.notify.options import ReceiverOptions, Secret
from monitor.notify.paragraph import how_many_fit, paragraph, remainder

PACKAGE = "apprise"
MISSING = "the package apprise is not installed: pip install 'bsg-monitor[apprise]'"
LONGEST_BODY = 2000
MOST_ALERTS = 10

# At debug level the HTTP library names paths, which of many services are the secret.
_TALKATIVE = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib", "slixmpp", "paho", "charset_normalizer")


def _library() -> ModuleType:
    """Apprise, made silent. ImportError when it is not installed."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return importlib.import_module(PACKAGE)


def _service(url: str) -> Any:
    """The service that a URL stands for; None when Apprise knows none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its many plugins import what is deprecated
        library = _library()
        asset = library.AppriseAsset(
            app_id="bsg-monitor",
            async_mode=False,
            http_redirects=False,  # a secret may be in the request
            storage_mode="memory",
            pgp_autogen=False,
            pem_autogen=False,
            service_timeout=0,  # ours is enough; its own needs threads that a shutdown would wait for
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
    except Exception as error:  # noqa: BLE001 (a plugin may raise anything; its text may hold the URL)
        raise ValueError(f"could not be read by Apprise ({type(error).__name__})") from None
    if service is None:
        raise ValueError("is not an address that Apprise knows; see https://appriseit.com/services/")
    return value


class AppriseOptions(ReceiverOptions):
    """`url` is Apprise's address of one service, a secret as a whole."""

    url: Annotated[Secret, AfterValidator(_known)] = Field(description="Apprise's address of one service.")

    def carries_secret(self) -> bool:
        return True


class AppriseNotifier:
    """Tells one service. An attempt that ran out of time goes on in its thread; the next one begins when it has ended, or is
    that one's outcome when it is about the same message.
    """

    integration = "apprise"
    min_interval = 1.0  # one at a time
    burst = 1

    def __init__(self, url: SecretStr, context: Context) -> None:
        self._service = _service(url.get_secret_value())
        self._context = context
        self._under_way: _Attempt | None = None

    async def send(self, notification: Notification) -> None:
        seconds = self._context.attempt_seconds
        try:
            async with asyncio.timeout(seconds):
                taken = await self._taken(notification)
        except TimeoutError:
            reason = f"Apprise has not ended within {seconds:g} s"
            raise DeliveryError(reason, reason=DeliveryFault.TIMEOUT, retryable=True) from None
        if not taken:
            reason = "Apprise could not deliver it; it does not say why (the command `apprise -vv` with the same URL does)"
            raise DeliveryError(reason, reason=DeliveryFault.BAD_ANSWER, retryable=True)

    async def close(self) -> None:
        """A thread that hangs does not hold up the end of the process."""

    async def _taken(self, notification: Notification) -> bool:
        if (before := self._under_way) is not None:
            await before.ended.wait()
            self._under_way = None
            if before.id == notification.id and before.taken:
                return True
        said = {
            "title": message.title(notification),
            "body": body(notification, self._context.external_url),
            "notify_type": _kind(notification),
            "body_format": "text",
        }
        attempt = self._under_way = _Attempt(notification.id, self._service, said)
        await attempt.ended.wait()
        self._under_way = None
        return attempt.taken


class _Attempt:
    """One call of Apprise in a thread of its own, begun at once. `taken` is its outcome once it has `ended`."""

    def __init__(self, id_: str, service: Any, said: Mapping[str, str]) -> None:
        self.id = id_
        self.ended = asyncio.Event()
        self.taken = False
        self._service = service
        self._said = said
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, name="apprise", daemon=True).start()

    def _run(self) -> None:
        # a plugin may raise anything, and its text may hold the URL; the loop may be gone by the time it ends
        with suppress(Exception):
            self.taken = bool(self._service.notify(**self._said))
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.ended.set)


def body(notification: Notification, external_url: str | None) -> str:
    """Plain text below the title, short enough for most services; what does not fit is counted."""
    told = message.news(notification)
    blocks: list[str] = []
    for alert in told[:MOST_ALERTS]:
        part = paragraph(notification, alert, external_url)
        links = [f"{link.words}: {link.url}" for link in part.links]
        blocks.append("\n".join([f"{part.mark} {part.headline}", *part.facts, part.when, *links]))
    shown = how_many_fit([message.width(block) + 2 for block in blocks], LONGEST_BODY, most=MOST_ALERTS)
    left = [*told[shown:], *message.the_rest(notification)]
    words, where = remainder(notification, left, external_url)
    end = [f"{words}: {where.url}" if where else words] if words else []
    return "\n\n".join([*blocks[:shown], *end])


def _kind(notification: Notification) -> str:
    """Apprise's own four: failure, warning, success, info."""
    if notification.reason is NotifyReason.TEST:
        return "info"
    level = message.worst(notification.alerts)
    return {None: "success", "critical": "failure", "error": "failure", "info": "info"}.get(level, "warning")


def _build(_receiver: str, options: AppriseOptions, context: Context) -> AppriseNotifier:
    return AppriseNotifier(options.url, context)


APPRISE = Integration("apprise", AppriseOptions, _build)
