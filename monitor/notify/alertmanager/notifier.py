"""Alertmanager: API v2, every peer of a cluster. What an alert looks like there is in
`alertmanager_alert`."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import structlog
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

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
from monitor.notify.integration import Context, Integration, refusal
from monitor.notify.options import AlsoWritten, SecretUrl, url_carries_secret, url_has_user
from monitor.notify.tls import TlsOptions
from monitor.notify.transport import post, under
from monitor.notify.webhook.options import BasicAuth, HeaderValue

RESOLVED_SECONDS = 300.0
"""How long what is over is told again, for peers that were away."""
LARGEST_BATCH = 200

_ALERTS = "/api/v2/alerts"

log = structlog.get_logger()


def _several(value: object) -> object:
    """One address or a list; one text may hold several, so that a file or a variable can."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _different(value: list[SecretUrl]) -> list[SecretUrl]:
    if len({url.get_secret_value().rstrip("/") for url in value}) < len(value):
        raise ValueError("name the same peer twice")
    return value


class AlertmanagerOptions(TlsOptions):
    """`urls`: every peer of one cluster, such as `http://alertmanager-0:9093`; what is below is
    found under them."""

    urls: Annotated[
        list[SecretUrl],
        BeforeValidator(_several),
        AlsoWritten(str),
        Field(min_length=1, max_length=20),
        AfterValidator(_different),
    ] = Field(description="Every peer of one cluster, such as `http://alertmanager-0:9093`.")
    bearer: HeaderValue | None = Field(
        default=None, description="A token that is sent as `Authorization: Bearer`."
    )
    basic: BasicAuth | None = Field(
        default=None, description="User and password, in place of `bearer`."
    )

    @field_validator("bearer", "basic")
    @classmethod
    def _one_identity(cls, value: object, info: ValidationInfo) -> object:
        if value is None:
            return value
        if info.field_name == "basic" and info.data.get("bearer") is not None:
            raise ValueError("and bearer are both there; keep one of them")
        if any(url_has_user(url.get_secret_value()) for url in info.data.get("urls", ())):
            raise ValueError("is there, and a URL holds a user and password, too; keep one of them")
        return value

    def endpoint(self) -> str:
        return self.urls[0].get_secret_value()

    def carries_secret(self) -> bool:
        return bool(self.bearer or self.basic) or any(
            url_carries_secret(url.get_secret_value()) for url in self.urls
        )

    def in_clear(self) -> bool:
        return any(plain_http_beyond_loopback(url.get_secret_value()) for url in self.urls)

    def sent_headers(self) -> dict[str, str]:
        """What goes with every request, secrets included: never print it."""
        if self.bearer is not None:
            return {"Authorization": f"Bearer {self.bearer.get_secret_value()}"}
        return {"Authorization": self.basic.header()} if self.basic is not None else {}


class _Peer:
    """One of the cluster. Keeps whether it failed last, so that the first failure and the
    recovery are logged and no more."""

    def __init__(self, url: str, options: AlertmanagerOptions, context: Context) -> None:
        parts = urlsplit(url)
        self.name = parts.netloc.rpartition("@")[2]
        self._url = under(url, _ALERTS)
        self._options = options
        self._context = context
        self._failing = False

    async def tell(self, body: bytes, message_id: str | None) -> DeliveryError | None:
        """One request; returns how it failed."""
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


class AlertmanagerNotifier:
    """Tells every peer; what one of them took is delivered, for the others hear it when it is
    next re-sent.

    Peers share silences and what they told whom, but not alerts. `resend` and `send` keep out of
    each other's way: an alert that `send` called over is never again called firing.
    """

    integration = "alertmanager"
    min_interval = 0.0
    burst = 1
    resend_interval = RESEND_SECONDS

    def __init__(self, options: AlertmanagerOptions, context: Context) -> None:
        self._peers = [_Peer(url.get_secret_value(), options, context) for url in options.urls]
        self._context = context
        self._over: dict[
            Identity, tuple[NotifiedAlert, float]
        ] = {}  # with when it need not be told any more (monotonic)
        self._resending = asyncio.Lock()

    async def send(self, notification: Notification) -> None:
        alerts = latest(notification.alerts)
        over = [alert for alert in alerts if alert.status == "resolved"]
        self._note(alerts)
        if over:
            async with self._resending:  # a request under way may call them firing: it goes first
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
        """Tell every peer of no alert at all. Raises for the first that does not take it."""
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(peer.tell(b"[]", None)) for peer in self._peers]
        for error in (task.result() for task in asked):
            if error is not None:
                raise error

    async def close(self) -> None:
        """The session is not ours."""

    async def _tell(
        self,
        alerts: Iterable[NotifiedAlert],
        message_id: str | None = None,
        *,
        valid_for: timedelta = VALID_FOR,
    ) -> None:
        """To every peer at once. DeliveryError when none took it."""
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
        """What was called over in the last minutes, unless something with the same labels fires
        anew."""
        now = self._context.clock.monotonic()
        self._over = {
            key: (alert, until)
            for key, (alert, until) in self._over.items()
            if until > now and fires.get(key, alert.id) == alert.id
        }
        return [alert for alert, _ in self._over.values()]


def _together(failures: Sequence[tuple[_Peer, DeliveryError]]) -> DeliveryError:
    """One decision: smaller pieces if a peer asks for that, again if any may take it later,
    given up if all refuse for good."""
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


def _build(_receiver: str, options: AlertmanagerOptions, context: Context) -> AlertmanagerNotifier:
    if reason := refusal(options, allow_insecure_http=context.allow_insecure_http):
        raise ValueError(reason)
    return AlertmanagerNotifier(options, context)


ALERTMANAGER = Integration("alertmanager", AlertmanagerOptions, _build)
