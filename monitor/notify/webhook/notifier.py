"""Webhook: a POST of Alertmanager's JSON version 4, or of a template's text, signed as Standard
Webhooks when a secret is set."""

import msgspec

from monitor.domain.alerting.notification import Notification
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify.answers import check
from monitor.notify.integration import Context, Integration, refusal
from monitor.notify.transport import post
from monitor.notify.webhook.body_template import BodyTemplate, gives_json
from monitor.notify.webhook.message import payload
from monitor.notify.webhook.options import SIGNED_LIMIT, WebhookOptions
from monitor.notify.webhook.signature import signatures, signing_key


class WebhookNotifier:
    """Sends to one URL. The body of a notification is the same in every retry; the timestamp is
    the attempt's."""

    integration = "webhook"
    min_interval = 0.0
    burst = 1

    def __init__(self, options: WebhookOptions, context: Context) -> None:
        self._options = options
        self._keys = [signing_key(secret.get_secret_value()) for secret in options.secret]
        self._limit = options.max_bytes or (SIGNED_LIMIT if self._keys else None)
        self._template = (
            BodyTemplate.parse(options.body, json=gives_json(options.content_type))
            if options.body
            else None
        )
        self._context = context

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
            self._options.endpoint(),
            body,
            headers,
            seconds=context.attempt_seconds,
            tls=self._options.tls_context(),
        )
        check(answer, now=context.clock.now())

    def _body(self, notification: Notification) -> bytes:
        """What to send. DeliveryError TOO_LARGE, for the dispatcher to halve it, when there is
        more in it than may be; one alert alone is sent whatever its size: the limit is a
        recommendation, to be told is not.
        """
        url = self._context.external_url
        body = (
            self._template.render(notification, url)
            if self._template
            else msgspec.json.encode(payload(notification, url))
        )
        if self._limit is not None and len(body) > self._limit and len(notification.alerts) > 1:
            reason = (
                f"its {len(body):,} bytes are more than the {self._limit:,} that one message may "
                "have"
            )
            raise DeliveryError(reason, reason=DeliveryFault.TOO_LARGE, retryable=False)
        return body

    async def close(self) -> None:
        """The session is not ours."""


def _build(_receiver: str, options: WebhookOptions, context: Context) -> WebhookNotifier:
    if reason := refusal(options, allow_insecure_http=context.allow_insecure_http):
        raise ValueError(reason)
    return WebhookNotifier(options, context)


WEBHOOK = Integration("webhook", WebhookOptions, _build)
