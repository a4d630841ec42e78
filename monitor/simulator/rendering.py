"""Campaigns in the words of the provider's calls: a row of the list, and the detail."""

import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo

import msgspec

from monitor.simulator.campaign_state import CampaignState
from monitor.simulator.dialect import Dialect
from monitor.simulator.fault_orders import Fault, FaultKind
from monitor.simulator.world import Row

ZERO_DATE = "0000-00-00 00:00:00"
_STATUSES = ("creation", "spam", "moderation", "scheduled", "sending", "paused", "stopped", "done")


class Writer:
    """Writes campaigns in one dialect and zone. Rows that no longer move are written once and
    kept."""

    def __init__(self, dialect: Dialect, zone: tzinfo) -> None:
        self.dialect = dialect
        self.zone = zone
        self._encode: Callable[[object], bytes] = msgspec.json.Encoder().encode

    def row(self, row: Row, at: float, path: str, oddities: Sequence[Fault] = ()) -> bytes:
        """One row of the list as JSON, at a Unix time, for an answer on `path`.

        Fields that `oddities` make odd in this row are so.
        """
        key = self.dialect.fallback_key(path)
        if odd := [fault for fault in oddities if _is_odd(row.id, fault)]:
            fields = self.fields(row.state(at), key) | (row.spoiled or {})
            for fault in odd:
                _put(fields, fault.field, fault.value)
            return self._encode(fields)
        if row.body is not None and row.body_key == key and row.still(at):
            return row.body
        body = self._encode(self.fields(row.state(at), key) | (row.spoiled or {}))
        if row.still(at):
            row.keep(body, key)
        return body

    def scrambled_row(self, row: Row, at: float, path: str, draw: int) -> bytes:
        """The same with a status and counters that mean nothing, as for a `test_` key; `draw`
        decides which."""
        state = row.state(at)
        dice = zlib.crc32(f"{state.id}/{draw}".encode())
        sent = dice % (state.total + 1)
        status = _STATUSES[dice // 7 % len(_STATUSES)]
        random = msgspec.structs.replace(
            state, status=status, sent=sent, delivered=dice // 11 % (sent + 1), read=0
        )
        return self._encode(self.fields(random, self.dialect.fallback_key(path)))

    def fields(self, state: CampaignState, fallback_key: str) -> dict[str, object]:
        """One row of the list, and what `/api/campaigns/{id}` gives."""
        sent = state.sent if self.dialect.read_in_sent else state.sent - state.read
        return {
            "id": state.id,
            "name": state.name,
            "sender": state.sender,
            "status": state.status,
            "message_type": state.message_type,
            "start_at": self.time(state.start_at),
            "real_start_at": self.time(state.real_start_at),
            "finished_at": self.time(state.finished_at),
            "created_at": self.time(state.created_at),
            "statistics": self._statistics(sent, state.delivered),
            "calculated_price": self._price(state),
            "currency": state.currency if self.dialect.price in ("number", "text") else None,
            "alternative_channels": self._channels(state, fallback_key),
        }

    def detail(self, state: CampaignState) -> dict[str, object]:
        """What `/api/campaigns/{id}/detail` gives: other names, and the counters split
        completely.

        They add up to `total_messages`. Messages not handed over yet count as `moderation`
        before the campaign was let through, as `scheduled` after.
        """
        waiting = max(0, state.total - state.sent)
        moderated = state.status not in ("creation", "moderation", "spam")
        in_flight = min(state.in_flight, state.awaiting)
        channels: object = None
        if state.fallback_sent is not None:
            arrived, lost = state.fallback_delivered or 0, state.fallback_failed
            open_ = max(0, state.fallback_sent - arrived - lost)
            channels = {
                "sms": {"statistics": _split(delivered=arrived, undelivered=lost, sent=open_)}
            }
        return {
            "id": state.id,
            "name": state.name,
            "sender": state.sender,
            "status": state.status,
            "type": state.message_type,
            self.dialect.planned_start: self.time(state.start_at),
            "actual_start_at": self.time(state.real_start_at),
            "finished_at": self.time(state.finished_at),
            "created_at": self.time(state.created_at),
            "statistics": _split(
                delivered=state.delivered - state.read,
                sent=state.awaiting - in_flight,
                scheduled=waiting if moderated else 0,
                moderation=0 if moderated else waiting,
                sending=in_flight,
                expired=state.expired,
                failed=state.failed,
                undelivered=state.undelivered,
                unknown=state.unknown,
                read=state.read,
                not_rcs_user=state.not_rcs,
            ),
            "total_messages": state.total,
            "total_phones": state.total,
            "total_price": f"{state.price * state.sent:.7f}",
            "currency": state.currency,
            "alternative_channels": channels if channels is not None else self._no_channels(),
        }

    def time(self, at: int | None) -> str | None:
        """A time as the provider writes it: naive, in its zone."""
        if at is None:
            return ZERO_DATE if self.dialect.zero_dates else None
        moment = datetime.fromtimestamp(at, UTC if self.dialect.iso_times else self.zone)
        return moment.isoformat() if self.dialect.iso_times else str(moment)[:19]

    def _number(self, value: int) -> int | str:
        return str(value) if self.dialect.numbers_as_text else value

    def _statistics(self, sent: int, delivered: int) -> object:
        counters = {"sent": self._number(sent), "delivered": self._number(delivered)}
        match self.dialect.statistics:
            case "object":
                return counters
            case "array":
                return [counters]
            case "empty":
                return []
            case "null":
                return None

    def _channels(self, state: CampaignState, key: str) -> object:
        if state.fallback_sent is None:
            return self._no_channels()
        return {"sms": {key: self._statistics(state.fallback_sent, state.fallback_delivered or 0)}}

    def _no_channels(self) -> object:
        match self.dialect.no_fallback:
            case "null":
                return None
            case "array":
                return []
            case "object":
                return {}

    def _price(self, state: CampaignState) -> object:
        price = round(state.price * state.total, 7)
        match self.dialect.price:
            case "zero":
                return "0" if self.dialect.numbers_as_text else 0
            case "null":
                return None
            case "number":
                return str(price) if self.dialect.numbers_as_text else price
            case "text":
                return f"{price:.7f}"


_SPLIT = (
    "delivered", "sent", "scheduled", "moderation", "accepted", "sending", "expired", "failed",
    "undelivered", "unknown",
    "read", "not_viber_user", "not_rcs_user",
)  # fmt: skip


def _split(**counters: int) -> dict[str, int]:
    return {name: counters.get(name, 0) for name in _SPLIT}


def _is_odd(campaign_id: int, fault: Fault) -> bool:
    """Whether the fault makes a field of this campaign odd: the same campaigns each time."""
    if fault.kind is not FaultKind.ODD_FIELD:
        return False
    dice = zlib.crc32(f"{fault.field}/{campaign_id}".encode())
    return dice < fault.share * 2**32


def _put(fields: dict[str, object], name: str, value: object) -> None:
    """Set a field, which may lie inside another: `statistics.sent`."""
    outer, dot, inner = name.partition(".")
    if not dot:
        fields[outer] = value
        return
    within = fields.get(outer)
    within = dict(within) if isinstance(within, dict) else {}
    _put(within, inner, value)
    fields[outer] = within
