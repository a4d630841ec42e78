"""Webhook: Alertmanager's JSON body version 4, signed as Standard Webhooks when a secret is set. See docs/webhook.md."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from pydantic import AfterValidator, SecretStr

from monitor.domain.campaign import Campaign
from monitor.domain.notification import Notification, NotifiedAlert
from monitor.notify.answers import check
from monitor.notify.integration import Context, Integration, refusal
from monitor.notify.message import alert_link
from monitor.notify.options import ReceiverOptions, Secret, SecretUrl, url_carries_secret
from monitor.notify.transport import post

NOT_ENDED = "0001-01-01T00:00:00Z"
"""What Alertmanager writes as `endsAt` of an alert that still fires (Go's zero time)."""

BASE64_PREFIX = "whsec_"


def signing_key(secret: str) -> bytes:
    """The bytes to sign with: `whsec_` and base64 as Standard Webhooks writes them, any other text as it is (UTF-8)."""
    if not secret.startswith(BASE64_PREFIX):
        return secret.encode()
    encoded = secret.removeprefix(BASE64_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError("begins with whsec_ but what follows is not base64")
    return key


def _usable(secret: SecretStr) -> SecretStr:
    signing_key(secret.get_secret_value())
    return secret


class WebhookOptions(ReceiverOptions):
    """`url` is where to POST; `secret`, if any, signs every message."""

    url: SecretUrl
    secret: Annotated[Secret, AfterValidator(_usable)] | None = None

    def endpoint(self) -> str:
        return self.url.get_secret_value()

    def carries_secret(self) -> bool:
        return self.secret is not None or url_carries_secret(self.endpoint())


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`, base64, version v1."""
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


class WebhookNotifier:
    """Sends to one URL. The body of a notification is the same in every retry; the timestamp is the attempt's."""

    integration = "webhook"
    min_interval = 0.0

    def __init__(self, options: WebhookOptions, context: Context) -> None:
        self._url = options.url
        self._key = signing_key(options.secret.get_secret_value()) if options.secret else None
        self._context = context

    async def send(self, notification: Notification) -> None:
        context = self._context
        body = msgspec.json.encode(payload(notification, context.external_url))
        timestamp = int(context.clock.now().timestamp())
        headers = {"webhook-id": notification.id, "webhook-timestamp": str(timestamp)}
        if self._key is not None:
            headers["webhook-signature"] = signature(self._key, notification.id, timestamp, body)
        answer = await post(context.session, self._url.get_secret_value(), body, headers, seconds=context.attempt_seconds)
        check(answer, now=context.clock.now())

    async def close(self) -> None:
        """The session is not ours."""


def payload(notification: Notification, external_url: str | None) -> dict[str, object]:
    """The body, in Alertmanager's own order of fields; ours come last."""
    alerts = notification.alerts
    body: dict[str, object] = {
        "receiver": notification.receiver,
        "status": notification.status,
        "alerts": [_alert(alert, external_url) for alert in alerts],
        "groupLabels": notification.group_labels,
        "commonLabels": _common([alert.labels for alert in alerts]),
        "commonAnnotations": _common([alert.annotations for alert in alerts]),
        "externalURL": external_url or "",
        "version": "4",
        "groupKey": notification.group_key,
        "truncatedAlerts": 0,
        "notification_reason": notification.reason.value,
    }
    if notification.parts > 1:
        body |= {"part": notification.part, "parts": notification.parts}
    return body


def _alert(alert: NotifiedAlert, external_url: str | None) -> dict[str, object]:
    is_event = alert.event_id is not None
    ends_at = alert.starts_at if is_event else alert.ends_at if alert.status == "resolved" else None
    told: dict[str, object] = {
        "status": alert.status,
        "labels": alert.labels,
        "annotations": alert.annotations,
        "startsAt": rfc3339(alert.starts_at),
        "endsAt": rfc3339(ends_at) if ends_at else NOT_ENDED,
        "generatorURL": alert_link(external_url, alert) or "",
        "fingerprint": alert.fingerprint,
        "campaign": _campaign(alert.campaign) if alert.campaign else None,
    }
    if is_event:
        told["event_id"] = alert.event_id
    return told


def _campaign(campaign: Campaign) -> dict[str, object]:
    """Every field of the snapshot under its own name, times as RFC 3339."""
    told: dict[str, object] = msgspec.structs.asdict(campaign)
    for field in ("created_at", "start_at", "real_start_at", "finished_at"):
        seconds = told[field]
        if isinstance(seconds, int | float):
            told[field] = rfc3339(datetime.fromtimestamp(seconds, UTC))
    return told


def _common(maps: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What all of them say alike."""
    if not maps:
        return {}
    first, *others = maps
    return {key: value for key, value in first.items() if all(other.get(key) == value for other in others)}


def rfc3339(at: datetime) -> str:
    """In UTC with `Z`; fractions of a second only where there are some, as Go writes them."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _build(_receiver: str, options: WebhookOptions, context: Context) -> WebhookNotifier:
    if reason := refusal(options, allow_insecure_http=context.allow_insecure_http):
        raise ValueError(reason)
    return WebhookNotifier(options, context)


WEBHOOK = Integration("webhook", WebhookOptions, _build)
