"""Webhook: a POST of Alertmanager's JSON version 4, or of a template's text. It is signed as
Standard Webhooks describes if there is a secret."""

import msgspec

from monitor.domain.alerting.notification import Notification
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify.answers import check
from monitor.notify.integration import Context, HttpNotifier, Integration
from monitor.notify.transport import post
from monitor.notify.webhook.body_template import BodyTemplate, gives_json
from monitor.notify.webhook.message import payload
from monitor.notify.webhook.options import SIGNED_LIMIT, WebhookOptions
from monitor.notify.webhook.signature import signatures, signing_key


class WebhookNotifier(HttpNotifier[WebhookOptions]):
    """Sends to one URL. Every retry has the same body; its timestamp is that of the attempt."""

    integration = "webhook"

    def __init__(self, receiver: str, options: WebhookOptions, context: Context) -> None:
        super().__init__(receiver, options, context)
        self._keys = [signing_key(secret.get_secret_value()) for secret in options.secret]
        self._limit = options.max_bytes or (SIGNED_LIMIT if self._keys else None)
        self._template = (
            BodyTemplate.parse(options.body, json=gives_json(options.content_type))
            if options.body
            else None
        )

    async def send(self, notification: Notification) -> None:
        context = self._context
        body = self._body(notification)
        timestamp = int(context.clock.now().timestamp())
        headers = self._options.sent_headers() | {
            "webhook-id": notification.id,
            "webhook-timestamp": str(timestamp),
        }
        if self._keys:
            headers["webhook-signature"] = signatures(self._keys, notification.id, timestamp, body)
        answer = await post(
            context.session,
            self._options.url.get_secret_value(),
            body,
            headers,
            seconds=context.attempt_seconds,
            tls=self._options.tls_context(),
        )
        check(answer, now=context.clock.now())

    def _body(self, notification: Notification) -> bytes:
        """What to send. Raises `DeliveryError` TOO_LARGE, so that the dispatcher halves it, if it
        is larger than the limit. One alert alone is sent whatever its size: the limit is only a
        recommendation.
        """
        url = self._context.external_url
        body = (
            self._template.render(notification, url)
            if self._template
            else msgspec.json.encode(payload(notification, url))
        )
        if self._limit is not None and len(body) > self._limit and len(notification.alerts) > 1:
            reason = f"it has {len(body):,} bytes; one message can have {self._limit:,}"
            raise DeliveryError(reason, reason=DeliveryFault.TOO_LARGE, retryable=False)
        return body


WEBHOOK = Integration("webhook", "a POST to any URL", WebhookOptions, WebhookNotifier)
