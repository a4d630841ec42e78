"""A webhook's body from a Jinja2 template, cut down to what a message needs and cannot be hurt
by.

A template sees what Alertmanager's JSON holds under the same names (docs/webhook.md), and `id`,
`title`, and per alert `headline`, `identity`, `figures` and `why`. It may loop, two loops deep,
and use the filters of `webhook_sandbox`; there are no calls, assignments, macros or includes.
Labels and annotations that are not there are empty, as in Alertmanager; any other unknown name
is an error. Null is false, and stays null in calculations.
"""

from collections.abc import Mapping
from typing import Self

import jinja2
import msgspec

from monitor.domain.alerting.notification import Notification
from monitor.domain.texts.formatting import NULL
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify import message
from monitor.notify.answers import UNREADABLE
from monitor.notify.webhook.message import payload
from monitor.notify.webhook.sample_messages import samples
from monitor.notify.webhook.sandbox import ENVIRONMENT, LONGEST_OUTPUT, Lenient, faults

LONGEST_TEMPLATE = 20_000
"""Characters."""
MOST_FAULTS = 10
"""How many are told at once."""


def gives_json(content_type: str) -> bool:
    """Whether a media type is JSON."""
    essence = content_type.partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")


class _TooLongError(ValueError):
    pass


class BodyTemplate:
    """A checked template."""

    def __init__(self, compiled: jinja2.Template) -> None:
        self._compiled = compiled

    @classmethod
    def parse(cls, text: str, *, json: bool) -> Self:
        """Read and check it, by rendering samples, too. `json`: what it makes has to be JSON.
        ValueError with what is wrong."""
        if not text.strip():
            raise ValueError("is empty; leave it out for Alertmanager's JSON")
        if len(text) > LONGEST_TEMPLATE:
            raise ValueError(f"has {len(text)} characters; {LONGEST_TEMPLATE} is the most")
        trials = samples()
        try:
            tree = ENVIRONMENT.parse(text)
            if wrong := sorted(dict.fromkeys(faults(tree, _context(trials[0][1], None)))):
                raise ValueError(
                    "; ".join(f"line {line}: {fault}" for line, fault in wrong[:MOST_FAULTS])
                )
            template = cls(ENVIRONMENT.from_string(tree))
        except jinja2.TemplateSyntaxError as error:
            raise ValueError(f"line {error.lineno}: {error.message}") from None
        except (RecursionError, MemoryError, SyntaxError):
            raise ValueError("is nested too deeply") from None
        for what, sample in trials:
            template._try(what, sample, json=json)
        return template

    def render(self, notification: Notification, external_url: str | None) -> bytes:
        """The body. DeliveryError TOO_LARGE when it has no end, or REJECTED, final, when it
        cannot be made: trying again would not help, mending the template and `outbox retry`
        does.
        """
        try:
            return self._rendered(notification, external_url).encode()
        except _TooLongError as error:
            raise DeliveryError(
                f"its body has {error}", reason=DeliveryFault.TOO_LARGE, retryable=False
            ) from None
        except Exception as error:  # noqa: BLE001 (a template can raise anything)
            raise DeliveryError(
                f"the template of the body could not be rendered: {type(error).__name__}: "
                f"{message.clean(str(error))[:200]}",
                reason=DeliveryFault.REJECTED,
                retryable=False,
            ) from None

    def _rendered(self, notification: Notification, external_url: str | None) -> str:
        pieces: list[str] = []
        length = 0
        for piece in self._compiled.generate(_context(notification, external_url)):
            length += len(piece)
            if length > LONGEST_OUTPUT:
                raise _TooLongError(f"more than {LONGEST_OUTPUT:,} characters")
            pieces.append(piece)
        return "".join(pieces).strip()

    def _try(self, what: str, sample: Notification, *, json: bool) -> None:
        try:
            body = self._rendered(sample, "https://monitor.example.org")
        # whatever it is, it would happen at three in the morning
        except Exception as error:  # noqa: BLE001
            raise ValueError(
                f"cannot be rendered for {what}: {message.clean(str(error))}"
            ) from None
        if not json:
            return
        try:
            msgspec.json.decode(body)
        except UNREADABLE as error:
            raise ValueError(
                f"does not make JSON of {what}, whose texts hold quotes and line breaks: {error}; "
                "write {{ value | tojson }} without quotes around it, or set content_type"
            ) from None


def _context(notification: Notification, external_url: str | None) -> dict[str, object]:
    """What a template sees: plain dicts, lists, texts and numbers."""
    body = payload(notification, external_url)
    told = body.pop("alerts")
    shown = {"part": notification.part, "parts": notification.parts, "fallback_for": ()} | body
    context = {name: _seen(name, value) for name, value in shown.items()}
    context["alerts"] = [
        {name: _seen(name, value) for name, value in each.items()}
        | {
            "event_id": alert.event_id or NULL,
            "headline": message.headline(alert),
            "identity": message.identity(alert),
            "figures": message.figures(alert),
            "why": message.why(alert),
        }
        for each, alert in zip(
            told if isinstance(told, list) else (), notification.alerts, strict=True
        )
    ]
    return context | {"id": notification.id, "title": message.title(notification)}


def _seen(name: str, value: object) -> object:
    if value is None:
        return NULL
    if isinstance(value, Mapping):
        open_ = name in {
            "labels",
            "annotations",
            "groupLabels",
            "commonLabels",
            "commonAnnotations",
        }
        return Lenient(value) if open_ else {key: _seen(key, item) for key, item in value.items()}
    return value
