"""One row of a list → a `Campaign`. Every leniency towards the provider's rows is in here, so
that nothing behind needs any.

What can be read without guessing is read: numbers as texts, both spellings of statistics as
object or array, zero dates. A text of absurd length is cut. A field that
cannot be read costs that field, and a row only without a readable `id` or `status`.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from monitor.domain.campaign.feed import RejectReason
from monitor.domain.campaign.snapshot import (
    DOCUMENTED_STATUSES,
    Campaign,
    MessageType,
    PartlyRead,
    Unreadable,
)
from monitor.errors import where_raised
from monitor.provider.lenient_values import Number, added, amount, count, objects, shown, text
from monitor.provider.naive_times import LocalTimes
from monitor.provider.wire import UNREADABLE

LONGEST_NAME = 1000
LONGEST_SENDER = 255
LONGEST_WORD = 64
"""Characters of a status, a type, a currency."""
_SHARED_TEXTS = 10_000

_STATUSES: frozenset[str] = frozenset(DOCUMENTED_STATUSES)
_TYPES: frozenset[str] = frozenset(kind.value for kind in MessageType)


UNDOCUMENTED = ("status", "message_type")
"""The fields whose values may be undocumented; the `field` label of
`bsg_monitor_unknown_values_total`."""


class RowError(Exception):
    """One row cannot be used. `reason` is the metric's label; the text names the field and no
    value."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class _Counts(msgspec.Struct, gc=False):
    sent: Number = None
    delivered: Number = None


_Statistics = _Counts | list[_Counts] | None


class _Channel(msgspec.Struct, gc=False):
    statistics: _Statistics = None
    statistic: _Statistics = None


class _Channels(msgspec.Struct, gc=False):
    sms: _Channel | list[msgspec.Raw] | None = None


class _Row(msgspec.Struct, gc=False):
    id: Number = None
    name: str | int | None = None
    sender: str | int | None = None
    status: str | None = None
    message_type: str | None = None
    start_at: str | None = None
    real_start_at: str | None = None
    finished_at: str | None = None
    created_at: str | None = None
    statistics: _Statistics = None
    statistic: _Statistics = None
    calculated_price: Number = None
    currency: str | None = None
    alternative_channels: _Channels | list[msgspec.Raw] | None = None


class _IdOnly(msgspec.Struct, gc=False):
    id: Number = None


_ROW = msgspec.json.Decoder(_Row)
_ID_ONLY = msgspec.json.Decoder(_IdOnly)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NAMES = frozenset(_Row.__struct_fields__)
_Pair = tuple[int | None, int | None]
T = TypeVar("T")


def row_id(raw: msgspec.Raw) -> int | None:
    """A row's id, read even where the rest of the row is unreadable; null when it cannot
    be."""
    try:
        return count(_ID_ONLY.decode(raw).id) or None
    except UNREADABLE:
        return None


def undocumented(campaign: Campaign) -> list[str]:
    """The fields of a campaign whose value is not documented, of `UNDOCUMENTED`."""
    found = [] if campaign.status in _STATUSES else ["status"]
    known = campaign.message_type in _TYPES or not campaign.message_type
    return found if known else [*found, "message_type"]


class RowDecoder:
    """One account's rows → campaigns. Short texts that many campaigns share are one object in
    memory."""

    def __init__(self, account: str, times: LocalTimes) -> None:
        self._account = account
        self._times = times
        self._shared: dict[tuple[str | int | None, int], str] = {}

    def decode(self, raw: msgspec.Raw) -> Campaign:
        """A row as a campaign of whatever type and status it says. RowError."""
        try:
            try:
                return self._decode(raw)
            except RowError:
                return self._by_field(raw)
        except RowError:
            raise
        except Exception as error:  # a row that was not foreseen must not cost the others
            raise RowError(RejectReason.UNEXPECTED, where_raised(error)) from error

    def _decode(self, raw: msgspec.Raw) -> Campaign:
        try:
            row = _ROW.decode(raw)
        except msgspec.ValidationError as error:
            raise RowError(RejectReason.MALFORMED, str(error)) from error
        except UNREADABLE:
            row = _repaired(raw)
        created = self._time(row.created_at, "created_at")
        if created is None or not row.status or not row.message_type:
            missing = (
                "created_at" if created is None else "message_type" if row.status else "status"
            )
            raise RowError(RejectReason.MISSING_FIELD, missing)
        start = (
            created
            if row.start_at == row.created_at
            else self._time(row.start_at, "start_at", created)
        )
        real_start = self._time(
            row.real_start_at, "real_start_at", created if start is None else start
        )
        finished = self._time(
            row.finished_at,
            "finished_at",
            next((at for at in (real_start, start) if at is not None), created),
        )
        sent, delivered = _figures(row.statistics, row.statistic)
        fallback_sent, fallback_delivered = _fallback(row.alternative_channels)
        return Campaign(
            account=self._account,
            id=_identity(row.id),
            name=text(row.name, LONGEST_NAME),
            sender=self._share(row.sender, LONGEST_SENDER),
            status=self._share(row.status, LONGEST_WORD),
            message_type=self._share(row.message_type, LONGEST_WORD),
            created_at=created,
            start_at=start,
            real_start_at=real_start,
            finished_at=finished,
            sent=sent,
            delivered=delivered,
            fallback_sent=fallback_sent,
            fallback_delivered=fallback_delivered,
            calculated_price=_price(row.calculated_price),
            currency=self._share(row.currency, LONGEST_WORD) if row.currency else None,
        )

    def _by_field(self, raw: msgspec.Raw) -> PartlyRead:
        """A row of which something cannot be read: each field by itself, and what stands where
        one could not be. RowError without an `id` or a `status`."""
        given = _fields_of(raw)
        marks: dict[str, Unreadable] = {}

        def read(field: str, of: tuple[str, ...], decode: Callable[[_Row], T], otherwise: T) -> T:
            part = b",".join(
                b'"%s":%s' % (name.encode(), given[name]) for name in of if name in given
            )
            try:
                return decode(_ROW.decode(b"{%s}" % part))
            except (*UNREADABLE, RowError):
                found = ", ".join(shown(given[name]) for name in of if name in given)
                marks[field] = Unreadable(field=field, found=found)
                return otherwise

        def time(field: str, after: float | None = None) -> float | None:
            return read(
                field, (field,), lambda row: self._time(getattr(row, field), field, after), None
            )

        def figures(
            fields: tuple[str, str], of: tuple[str, ...], decode: Callable[[_Row], _Pair]
        ) -> _Pair:
            nothing: _Pair = (None, None)
            found = read(fields[0], of, decode, nothing)
            if fields[0] in marks:
                marks[fields[1]] = msgspec.structs.replace(marks[fields[0]], field=fields[1])
            return found

        def word(name: str, longest: int) -> Callable[[_Row], str | None]:
            return lambda row: self._share(getattr(row, name), longest)

        id_ = read("id", ("id",), lambda row: _identity(row.id), None)
        status = read("status", ("status",), word("status", LONGEST_WORD), None)
        if id_ is None:
            missing = given.get("id", b"null") == b"null"
            reason = RejectReason.MISSING_FIELD if missing else RejectReason.BAD_ID
            raise RowError(reason, "id: not a whole number from 1 to 2**63 - 1")
        if not status:
            malformed = RejectReason.MALFORMED if "status" in marks else RejectReason.MISSING_FIELD
            raise RowError(malformed, "status")
        created = time("created_at")
        if created is None:
            marks.setdefault("created_at", Unreadable(field="created_at", found="nothing"))
        kind: tuple[str, ...] = ("message_type",)
        message_type = read("message_type", kind, word("message_type", LONGEST_WORD), None)
        if not message_type:
            marks.setdefault("message_type", Unreadable(field="message_type", found="nothing"))
        start = time("start_at", created)
        real_start = time("real_start_at", created if start is None else start)
        began = next((at for at in (real_start, start) if at is not None), created)
        sent, delivered = figures(
            ("sent", "delivered"),
            ("statistics", "statistic"),
            lambda row: _figures(row.statistics, row.statistic),
        )
        fallback_sent, fallback_delivered = figures(
            ("fallback_sent", "fallback_delivered"),
            ("alternative_channels",),
            lambda row: _fallback(row.alternative_channels),
        )
        return PartlyRead(
            account=self._account,
            id=id_,
            name=read("name", ("name",), lambda row: text(row.name, LONGEST_NAME), ""),
            sender=read("sender", ("sender",), word("sender", LONGEST_SENDER), None) or "",
            status=status,
            message_type=message_type or "",
            created_at=created or 0.0,
            start_at=start,
            real_start_at=real_start,
            finished_at=time("finished_at", began),
            sent=sent,
            delivered=delivered,
            fallback_sent=fallback_sent,
            fallback_delivered=fallback_delivered,
            calculated_price=read(
                "calculated_price",
                ("calculated_price",),
                lambda row: _price(row.calculated_price),
                None,
            ),
            currency=read(
                "currency",
                ("currency",),
                lambda row: self._share(row.currency, LONGEST_WORD) if row.currency else None,
                None,
            ),
            unreadable=tuple(marks.values()),
        )

    def _time(self, value: str | None, field: str, after: float | None = None) -> float | None:
        if value is None:
            return None
        try:
            return self._times.unix(value, after=after)
        except (ValueError, OverflowError) as error:
            raise RowError(RejectReason.BAD_TIME, f"{field}: {error}") from error

    def _share(self, value: str | int | None, longest: int) -> str:
        """`text(value, longest)`, the same object for the same value."""
        key = (value, longest)
        shared = self._shared.get(key)
        if shared is None:
            if len(self._shared) >= _SHARED_TEXTS:
                self._shared.clear()
            shared = self._shared[key] = text(value, longest)
        return shared


def _fields_of(raw: msgspec.Raw) -> dict[str, bytes]:
    """The values of a row as they were written. RowError where it is not an object."""
    for body in (bytes(raw), bytes(raw).decode(errors="replace").encode()):
        try:
            found = _OBJECT.decode(body)
        except UNREADABLE:
            continue
        return {name: bytes(value) for name, value in found.items() if name in _NAMES}
    raise RowError(RejectReason.MALFORMED, "not an object, or nested too deep")


def _repaired(raw: msgspec.Raw) -> _Row:
    """A row with bytes that are not UTF-8, each of them read as U+FFFD. RowError."""
    try:
        return _ROW.decode(bytes(raw).decode(errors="replace"))
    except UNREADABLE as error:
        validation = isinstance(error, msgspec.ValidationError)
        detail = str(error) if validation else "not JSON, or nested too deep"
        raise RowError(RejectReason.MALFORMED, detail) from error


def _identity(value: Number) -> int:
    if value is None:
        raise RowError(RejectReason.MISSING_FIELD, "id")
    try:
        number = count(value)
    except ValueError as error:
        raise RowError(RejectReason.BAD_ID, "id: not a whole number from 1 to 2**63 - 1") from error
    if not number:
        raise RowError(RejectReason.BAD_ID, "id: not a whole number from 1")
    return number


def _price(value: Number) -> float | None:
    try:
        return amount(value) or (None if value is None or value == "" else 0.0)
    except ValueError as error:
        raise RowError(RejectReason.BAD_NUMBER, "calculated_price: not a sum of money") from error


def _fallback(channels: _Channels | list[msgspec.Raw] | None) -> tuple[int | None, int | None]:
    """(sent, delivered) of the SMS fallback; an empty list, an empty object and null all mean
    that there is none; those in arrays are summed."""
    try:
        found = [
            _figures(channel.statistics, channel.statistic)
            for each in objects(channels, _Channels)
            for channel in objects(each.sms, _Channel)
        ]
    except msgspec.ValidationError as error:
        detail = f"alternative_channels: {error}"
        raise RowError(RejectReason.MALFORMED, detail) from error
    return added([sent for sent, _ in found]), added([delivered for _, delivered in found])


def _figures(*spellings: _Statistics) -> tuple[int | None, int | None]:
    """(sent, delivered) of the first spelling that says something; several objects in a list are
    summed."""
    for statistics in spellings:
        if not statistics:
            continue
        try:
            if isinstance(statistics, _Counts):
                return count(statistics.sent), count(statistics.delivered)
            return added([count(part.sent) for part in statistics]), added(
                [count(part.delivered) for part in statistics]
            )
        except ValueError as error:
            raise RowError(
                RejectReason.BAD_NUMBER, "statistics: not a whole number from 0"
            ) from error
    return None, None
