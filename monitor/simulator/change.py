"""Changing what a campaign shows, by hand: for tests and for the control endpoint."""

import math
from collections.abc import Mapping
from datetime import datetime

import msgspec

from monitor.simulator.campaign_state import STATE_FIELDS, CampaignState
from monitor.simulator.planning import UnfitField

_TIMES = frozenset({"created_at", "start_at", "real_start_at", "finished_at"})
_TEXTS = frozenset({"name", "sender", "status", "message_type", "currency"})
_NULLABLE = frozenset(
    {"start_at", "real_start_at", "finished_at", "fallback_sent", "fallback_delivered"}
)
_SPLIT = ("read", "undelivered", "failed", "expired", "unknown", "not_rcs", "in_flight")
_FINAL = frozenset({"done", "stopped"})

CHANGEABLE_FIELDS = STATE_FIELDS - {"id"}


def changed(state: CampaignState, fields: Mapping[str, object], *, now: int) -> CampaignState:
    """The state with these fields, and with what follows from them unless it is given too.

    A final status gets a `finished_at` of `now` and loses it with the status; `sending` gets a
    `real_start_at`; new `sent` or `delivered` counters empty the rest of the split; `total` is
    at least `sent`. UnfitField for an unknown or unfit field.
    """
    read = {name: _read(name, value) for name, value in fields.items()}
    status = read.get("status", state.status)
    if "finished_at" not in read:
        read["finished_at"] = (state.finished_at or now) if status in _FINAL else None
    if status == "sending" and "real_start_at" not in read:
        read["real_start_at"] = state.real_start_at or now
    if "sent" in read or "delivered" in read:
        for name in _SPLIT:
            read.setdefault(name, 0)
    after = msgspec.structs.replace(state, **read)
    return after if after.total >= after.sent else msgspec.structs.replace(after, total=after.sent)


def _read(name: str, value: object) -> object:
    if name not in CHANGEABLE_FIELDS:
        raise UnfitField(name, f"unknown; known are {', '.join(sorted(CHANGEABLE_FIELDS))}")
    if value is None and name in _NULLABLE:
        return None
    if name in _TEXTS:
        if isinstance(value, str):
            return value
        raise UnfitField(name, f"found {value!r}, expected a text")
    if name in _TIMES:
        return _time(name, value)
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and (name == "price" or isinstance(value, int))
    ):
        return value
    raise UnfitField(name, f"found {value!r}, expected a whole number")


def _time(name: str, value: object) -> int:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise UnfitField(
                name, f"found {value!r}, expected a time like 2026-03-02T09:00:00+00:00"
            ) from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise UnfitField(name, f"found {value}, expected a time with its zone")
        return math.floor(value.timestamp())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return math.floor(value)
    raise UnfitField(name, f"found {value!r}, expected a time")
