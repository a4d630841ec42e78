"""A webhook's body from a Jinja2 template, cut down to what a message needs.

A template sees what Alertmanager's JSON holds under the same names (docs/webhook.md), and `id`,
`title`, and for each alert `headline`, `identity`, `figures` and `why`. It can loop, two loops
deep. Labels and annotations that are not there are empty, as in Alertmanager; any other unknown
name is an error. Null is false, and stays null in calculations.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Self

import jinja2
import jinja2.filters
import jinja2.tests
import msgspec

from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.domain.campaign.detail import CampaignDetail, Split
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.texts.formatting import FILTERS, NULL, TESTS, Null, is_null
from monitor.domain.texts.sandbox import Members, Sandbox, TemplateError, trial_words
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify import message
from monitor.notify.answers import UNREADABLE
from monitor.notify.webhook.message import payload

LONGEST_TEMPLATE = 20_000
LONGEST_OUTPUT = 1_000_000
"""Characters."""
MOST_FAULTS = 10
"""How many are shown at once."""

_OPEN = {"labels", "annotations", "groupLabels", "commonLabels", "commonAnnotations"}
"""What may have any names."""


def _tojson(value: object) -> str:
    """The value as JSON, quotes included."""
    return msgspec.json.encode(_plain(value)).decode()


def _plain(value: object) -> object:
    match value:
        case jinja2.Undefined():
            return str(value)  # raises, with the name
        case Null():
            return None
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case str() | bool() | int() | None:
            return value
        case float():
            return float(value)
        case _:
            return [_plain(item) for item in value] if isinstance(value, Iterator) else str(value)


def _default(value: object, fallback: object = "") -> object:
    """The value, or `fallback` when it is null or not there."""
    return fallback if isinstance(value, jinja2.Undefined) or is_null(value) else value


def _replace(value: object, old: str, new: str) -> str:
    text = str(value).replace(str(old), str(new))
    if len(text) > LONGEST_OUTPUT:
        raise ValueError("replace makes the text too long")
    return text


def _escape(value: object) -> str:
    """For HTML."""
    return escape(str(value))


_FILTERS: dict[str, Any] = {
    **FILTERS,
    **{
        name: jinja2.filters.FILTERS[name]
        for name in (
            "count", "dictsort", "first", "float", "int", "join", "last", "length", "list", "map",
            "reject", "rejectattr",
            "select", "selectattr", "sort", "string", "trim", "unique", "urlencode",
        )
    },
    "default": _default,
    "e": _escape,
    "escape": _escape,
    "replace": _replace,
    "tojson": _tojson,
}  # fmt: skip
BODY_TESTS: dict[str, Any] = {
    **{
        name: jinja2.tests.TESTS[name]
        for name in ("defined", "undefined", "eq", "equalto", "ne", "gt", "ge", "lt", "le", "in")
    },
    **TESTS,
}

_SANDBOX = Sandbox(
    "the template of a body",
    longest=LONGEST_TEMPLATE,
    filters=_FILTERS,
    tests=BODY_TESTS,
    deepest_loop=2,
)


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
        """Read and check a template, also by rendering sample messages. `json`: the result has to
        be JSON. Raises ValueError with what is wrong."""
        if not text.strip():
            raise ValueError("is empty; leave it out for Alertmanager's JSON")
        trials = _samples()
        try:
            _, compiled = _SANDBOX.checked(text, _context(trials[0][1], None))
        except TemplateError as error:
            raise ValueError("; ".join(map(str, error.faults[:MOST_FAULTS]))) from None
        template = cls(compiled)
        for what, sample in trials:
            template._try(what, sample, json=json)
        return template

    def render(self, notification: Notification, external_url: str | None) -> bytes:
        """The body. Raises `DeliveryError`: TOO_LARGE when it is endless; REJECTED, for good, when
        it cannot be rendered: then only another template and `outbox retry` help.
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
                f"cannot be rendered for {what}: {message.clean(trial_words(error))}"
            ) from None
        if not json:
            return
        try:
            msgspec.json.decode(body)
        except UNREADABLE as error:
            raise ValueError(
                f"does not give JSON for {what}, whose texts contain quotes and line breaks: "
                f"{error}; write {{{{ value | tojson }}}} without quotes around it, or set "
                "content_type"
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
    if not isinstance(value, Mapping):
        return value
    if name in _OPEN:
        return Members(value, missing="")
    return {key: _seen(key, item) for key, item in value.items()}


_SAMPLE_TIME = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_SAMPLE_TEXT = 'Spring "sale"\\ 50 % <b>\n\u2028off ☀'


def _samples() -> list[tuple[str, Notification]]:
    """Each with what it is: quotes and line breaks in names, no campaign, counters that are not
    known, a campaign read in detail and one that was not, a resolve, an event."""
    campaign = Campaign(
        account="default", id=53651994, name=_SAMPLE_TEXT, sender=_SAMPLE_TEXT, status="sending",
        message_type="rcs",
        created_at=_SAMPLE_TIME.timestamp(), start_at=_SAMPLE_TIME.timestamp(), sent=5400,
        delivered=3834, currency="EUR",
    )  # fmt: skip
    bare = Campaign(
        account="default",
        id=1,
        name="",
        sender="",
        status="moderation",
        message_type="sms",
        created_at=_SAMPLE_TIME.timestamp(),
    )
    detail = CampaignDetail(
        read_at=_SAMPLE_TIME.timestamp(), total_messages=9000, total_price=5.6, currency="EUR",
        delivered=3834, failed=1566,
        fallback=Split(delivered=10),
    )  # fmt: skip

    def sample(reason: NotifyReason, *alerts: NotifiedAlert, parts: int = 1) -> Notification:
        return Notification(
            id="msg_sample", receiver="ops", group_key="ops:0123456789abcdef",
            group_labels={"alertname": "Sample"},
            reason=reason, alerts=alerts, created_at=_SAMPLE_TIME, part=1, parts=parts,
        )  # fmt: skip

    def alert(
        about: Campaign | None,
        status: str = "firing",
        *,
        ends: datetime | None = None,
        event: str | None = None,
    ) -> NotifiedAlert:
        return NotifiedAlert(
            id="a1", fingerprint="0123456789abcdef", status=status, labels={"alertname": "Sample",
            "severity": "critical"},
            annotations={"summary": _SAMPLE_TEXT, "description": _SAMPLE_TEXT},
            active_since=_SAMPLE_TIME - timedelta(hours=1),
            starts_at=_SAMPLE_TIME, ends_at=ends, event_id=event, campaign=about,
            detail=detail if about is campaign else None,
        )  # fmt: skip

    resolved = alert(campaign, "resolved", ends=_SAMPLE_TIME)
    return [
        (
            "a sample message",
            sample(NotifyReason.FIRING, alert(campaign), alert(bare), resolved, parts=2),
        ),
        (
            "a sample message of an alert about no campaign",
            sample(NotifyReason.FIRING, alert(None)),
        ),
        ("a sample message of what resolved", sample(NotifyReason.RESOLVED, resolved)),
        (
            "a sample message of an event",
            sample(NotifyReason.EVENT, alert(campaign, ends=_SAMPLE_TIME, event="e1")),
        ),
        ("a test message", sample(NotifyReason.TEST, alert(None, ends=_SAMPLE_TIME, event="t1"))),
    ]
