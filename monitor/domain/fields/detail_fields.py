"""The fields from a campaign's detail: null until it has been read. The table of campaigns includes
them."""

from collections.abc import Iterator

from monitor.domain.fields.field import Field, FieldType

_COUNTERS = {
    "awaiting_report": "handed over but without a report yet (the provider's `sent` in its detail)",
    "accepted": "accepted by the network but without a report yet",
    "sending": "being sent",
    "scheduled": "waiting for their time, not handed over yet",
    "moderation": "waiting for moderation, not handed over yet",
    "read": "that were read; also part of `delivered`",
    "expired": "that expired before delivery",
    "failed": "that failed",
    "undelivered": "that the network or the phone refused",
    "unknown": "with an unknown outcome",
    "not_rcs_user": "to phones without RCS",
    "not_viber_user": "to phones without Viber",
}
_FALLBACK_COUNTERS = ("awaiting_report", "expired", "failed", "undelivered", "unknown")


def _of_detail(
    name: str, kind: FieldType, description: str, unit: str = "", *, read: str | None = None
) -> Field:
    read = f"(None if _d is None else {read or f'_d.{name}'})"
    return Field(name=name, type=kind, read=read, description=description, unit=unit, nullable=True)


def _counters() -> Iterator[Field]:
    for name, description in _COUNTERS.items():
        yield _of_detail(
            name, FieldType.NUMBER, f"messages {description}, when the detail was read", "messages"
        )
    for name in _FALLBACK_COUNTERS:
        read = f"None if _d.fallback is None else _d.fallback.{name}"
        yield _of_detail(
            f"fallback_{name}",
            FieldType.NUMBER,
            f"the same for the SMS fallback: `{name}`",
            "messages",
            read=read,
        )


DETAIL_FIELDS: tuple[Field, ...] = (
    _of_detail(
        "total_messages",
        FieldType.NUMBER,
        "all messages, including those not handed over yet",
        "messages",
    ),
    _of_detail("total_phones", FieldType.NUMBER, "all phones", "phones"),
    _of_detail("total_price", FieldType.NUMBER, "what it has cost", "`currency`"),
    Field(
        name="progress",
        type=FieldType.NUMBER,
        made_of="min(1.0, sent / total_messages)",
        guards=("sent is not None", "total_messages"),
        nullable=True,
        description="`sent / total_messages`, at most 1",
        unit="ratio",
    ),
    Field(
        name="eta",
        type=FieldType.DURATION,
        read="_remaining(_t, _d, now)",
        nullable=True,
        description="time until everything is handed over, at the pace of the last ten minutes; "
        "null unless `status` is `sending`, and while nothing has been handed over",
        unit="seconds",
    ),
    *_counters(),
    _of_detail(
        "why",
        FieldType.TEXT,
        "why messages have not arrived, in words: `not RCS-capable 38 %, expired 9 %`, "
        "as shares of the messages handed over; also null when there is nothing to "
        "explain",
        read="_breakdown(_d)",
    ),
    _of_detail(
        "detail_age",
        FieldType.DURATION,
        "how long ago the detail was read",
        "seconds",
        read="max(0.0, now - _d.read_at)",
    ),
)

COUNTS_OF_DETAIL: frozenset[str] = frozenset(_COUNTERS) | {
    f"fallback_{name}" for name in _FALLBACK_COUNTERS
}
"""Fields that change while reports arrive: their early values say little later on."""
