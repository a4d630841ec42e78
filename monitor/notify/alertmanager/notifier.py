"""Alertmanager: API v2, every peer of a cluster."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import structlog
from pydantic import AfterValidator, BeforeValidator, Field

from monitor.domain.alerting.notification import Notification, NotifiedAlert
from monitor.errors import DeliveryError, DeliveryFault
from monitor.net import plain_http_beyond_loopback
from monitor.notify.alertmanager.message import (
    FALLBACK_VALID_FOR,
    RESEND_SECONDS,
    VALID_FOR,
    Identity,
    identity,
    latest,
    postable,
)
from monitor.notify.answers import check, confirm
from monitor.notify.connection_options import HttpOptions
from monitor.notify.integration import Context, HttpNotifier, Integration
from monitor.notify.options import AlsoWritten, SecretUrl, url_carries_secret
from monitor.notify.transport import post, under

RESOLVED_SECONDS = 300.0
"""How long alerts that are over are sent again, for peers that were away."""
LARGEST_BATCH = 200

_ALERTS = "/api/v2/alerts"

log = structlog.get_logger()


def _several(value: object) -> object:
    """Several addresses may be in one text, because a file or a variable holds only one."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _different(value: list[SecretUrl]) -> list[SecretUrl]:
    if len({url.get_secret_value().rstrip("/") for url in value}) < len(value):
        raise ValueError("contains the same peer twice")
    return value


class AlertmanagerOptions(HttpOptions):
    """Options of Alertmanager. The path of the API is added to the URLs."""

    urls: Annotated[
        list[SecretUrl],
        BeforeValidator(_several),
        AlsoWritten(str),
        Field(min_length=1, max_length=20),
        AfterValidator(_different),
    ] = Field(description="Every peer of one cluster, such as `http://alertmanager-0:9093`.")

    def endpoint(self) -> str:
        return self.urls[0].get_secret_value()

    def carries_secret(self) -> bool:
        return bool(self.bearer or self.basic) or any(
            url_carries_secret(url.get_secret_value()) for url in self.urls
        )

    def in_clear(self) -> bool:
        return any(plain_http_beyond_loopback(url.get_secret_value()) for url in self.urls)


class _Peer:
    """One peer of the cluster. Only its first failure and its recovery are logged."""

    def __init__(self, url: str, options: AlertmanagerOptions, context: Context) -> None:
        parts = urlsplit(url)
        self.name = parts.netloc.rpartition("@")[2]
        self._url = under(url, _ALERTS)
        self._options = options
        self._context = context
        self._failing = False

    async def tell(self, body: bytes, message_id: str | None) -> DeliveryError | None:
        """Make one request. Returns the error, or None if the peer took it."""
        context = self._context
        headers = self._options.sent_headers() | ({"webhook-id": message_id} if message_id else {})
        seconds, tls = context.attempt_seconds, self._options.tls_context()
        try:
            answer = await post(context.session, self._url, body, headers, seconds=seconds, tls=tls)
            check(answer, now=context.clock.now())
            confirm(answer, "Alertmanager")
        except DeliveryError as error:
            if not self._failing:
                log.warning("alertmanager_peer_failed", peer=self.name, error=str(error))
            self._failing = True
            return error
        if self._failing:
            log.info("alertmanager_peer_recovered", peer=self.name)
        self._failing = False
        return None


class AlertmanagerNotifier(HttpNotifier[AlertmanagerOptions]):
    """Sends to every peer. A message is delivered when one peer took it: the others get it when
    it is sent again.

    Peers share silences and the notification log, but not alerts. `resend` and `send` do not get
    in each other's way: an alert that `send` has ended is not reported as firing again.
    """

    integration = "alertmanager"
    resend_interval = RESEND_SECONDS

    def __init__(self, receiver: str, options: AlertmanagerOptions, context: Context) -> None:
        super().__init__(receiver, options, context)
        self._peers = [_Peer(url.get_secret_value(), options, context) for url in options.urls]
        # with the time until which each is sent again (monotonic)
        self._over: dict[Identity, tuple[NotifiedAlert, float]] = {}
        self._resending = asyncio.Lock()

    async def send(self, notification: Notification) -> None:
        alerts = latest(notification.alerts)
        over = [alert for alert in alerts if alert.status == "resolved"]
        self._note(alerts)
        if over:
            # a request under way may still report them as firing: let it finish first
            async with self._resending:
                pass
        valid_for = FALLBACK_VALID_FOR if notification.fallback_for else VALID_FOR
        await self._tell(alerts, notification.id, valid_for=valid_for)
        self._note(over)

    async def resend(self, alerts: Sequence[NotifiedAlert]) -> None:
        fires = latest(alerts)
        for start in range(0, len(fires), LARGEST_BATCH):
            async with self._resending:
                await self._tell(
                    [
                        each
                        for each in fires[start : start + LARGEST_BATCH]
                        if not self._is_over(each)
                    ]
                )
        async with self._resending:
            over = self._still_told_as_over({identity(each): each.id for each in fires})
            for start in range(0, len(over), LARGEST_BATCH):
                await self._tell(over[start : start + LARGEST_BATCH])

    async def verify(self) -> None:
        """Send every peer an empty list. Raises for the first peer that does not take it."""
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(peer.tell(b"[]", None)) for peer in self._peers]
        for error in (task.result() for task in asked):
            if error is not None:
                raise error

    async def _tell(
        self,
        alerts: Iterable[NotifiedAlert],
        message_id: str | None = None,
        *,
        valid_for: timedelta = VALID_FOR,
    ) -> None:
        """Send to every peer at once. Raises `DeliveryError` when none took it."""
        now, url = self._context.clock.now(), self._context.external_url
        told = [postable(alert, now, url, valid_for=valid_for) for alert in alerts]
        if not told:
            return
        body = msgspec.json.encode(told)
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(peer.tell(body, message_id)) for peer in self._peers]
        failures = [
            (peer, error)
            for peer, task in zip(self._peers, asked, strict=True)
            if (error := task.result())
        ]
        if len(failures) == len(self._peers):
            raise _together(failures)

    def _note(self, alerts: Iterable[NotifiedAlert]) -> None:
        until = self._context.clock.monotonic() + RESOLVED_SECONDS
        for alert in alerts:
            if alert.status == "resolved":
                self._over[identity(alert)] = alert, until
            else:
                self._over.pop(identity(alert), None)

    def _is_over(self, alert: NotifiedAlert) -> bool:
        held = self._over.get(identity(alert))
        return held is not None and held[0].id == alert.id

    def _still_told_as_over(self, fires: dict[Identity, str]) -> list[NotifiedAlert]:
        """What ended in the last minutes, unless an alert with the same labels fires again."""
        now = self._context.clock.monotonic()
        self._over = {
            key: (alert, until)
            for key, (alert, until) in self._over.items()
            if until > now and fires.get(key, alert.id) == alert.id
        }
        return [alert for alert, _ in self._over.values()]


def _together(failures: Sequence[tuple[_Peer, DeliveryError]]) -> DeliveryError:
    """One error for all: smaller pieces if a peer asks for that; try again if any peer may take it
    later; give up if all refuse for good."""
    errors = [error for _, error in failures]
    if len(errors) == 1:
        return errors[0]
    too_large = next((error for error in errors if error.reason is DeliveryFault.TOO_LARGE), None)
    chosen = too_large or next((error for error in errors if error.retryable), errors[0])
    waits = [error.retry_after for error in errors if error.retry_after is not None]
    text = f"none of {len(errors)} peers took it: " + "; ".join(
        f"{peer.name}: {error}" for peer, error in failures
    )
    may_wait = chosen.retryable and len(waits) == len(errors)
    return DeliveryError(
        text,
        reason=chosen.reason,
        retryable=chosen.retryable,
        retry_after=min(waits) if may_wait else None,
    )


ALERTMANAGER = Integration(
    "alertmanager", "Prometheus Alertmanager", AlertmanagerOptions, AlertmanagerNotifier
)
