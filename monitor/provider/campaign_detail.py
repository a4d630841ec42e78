"""A campaign's detail: which path gives it, and what it says.

The detail has other names than the list, and `sent` in it is what awaits a report
(`domain.detail.Split`). What can be read without guessing is read, as in a list's row (`row`):
numbers as texts, statistics as object or array, either spelling of them. A field that cannot be
read costs that field.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from monitor.clock import Clock
from monitor.domain.campaign.detail import COUNTERS, OF_DETAIL, CampaignDetail, Split
from monitor.domain.campaign.snapshot import Unreadable
from monitor.errors import ProviderError, ProviderFault
from monitor.provider.lenient_values import Number, added, amount, count, objects, shown, text
from monitor.provider.paths import CampaignPaths
from monitor.provider.token import AuthorizedClient
from monitor.provider.wire import UNREADABLE, BodyError, read_single

REQUEST_SECONDS = 2.0
"""How long one request may take. An alert waits for it, so it is made once: a later cycle asks
again."""
LONGEST_CURRENCY = 64


_NULL = msgspec.Raw(b"null")


class _Channel(msgspec.Struct, gc=False):
    statistics: msgspec.Raw = _NULL
    statistic: msgspec.Raw = _NULL


class _Channels(msgspec.Struct, gc=False):
    sms: _Channel | list[msgspec.Raw] | None = None


class _Detail(msgspec.Struct, gc=False):
    id: msgspec.Raw = _NULL
    statistics: msgspec.Raw = _NULL
    statistic: msgspec.Raw = _NULL
    total_messages: msgspec.Raw = _NULL
    total_phones: msgspec.Raw = _NULL
    total_price: msgspec.Raw = _NULL
    currency: msgspec.Raw = _NULL
    alternative_channels: msgspec.Raw = _NULL


_Counts = dict[str, msgspec.Raw]
_NUMBER: msgspec.json.Decoder[Number] = msgspec.json.Decoder(Number)
_TEXT: msgspec.json.Decoder[str | None] = msgspec.json.Decoder(str | None)
_STATISTICS: msgspec.json.Decoder[_Counts | list[_Counts] | None] = msgspec.json.Decoder(
    _Counts | list[_Counts] | None
)
_CHANNELS: msgspec.json.Decoder[_Channels | list[msgspec.Raw] | None] = msgspec.json.Decoder(
    _Channels | list[msgspec.Raw] | None
)
T = TypeVar("T")
_DETAIL = msgspec.json.Decoder(_Detail)


class DetailLookup:
    """Reads details of one account."""

    def __init__(self, client: AuthorizedClient, paths: CampaignPaths, clock: Clock) -> None:
        self._client = client
        self._paths = paths
        self._clock = clock

    async def find(self, campaign_id: int) -> CampaignDetail | None:
        """The detail; null when the provider says, in its own JSON, that there is none.
        ProviderError.

        The path for single campaigns that answered last is tried first, and no other once one
        has given a detail.
        """
        missing: list[ProviderError] = []
        for path in self._paths.for_detail:
            try:
                detail = await self._read(path, campaign_id)
            except ProviderError as error:
                if error.status != 404:
                    raise
                missing.append(error)
                continue
            self._paths.detail_answered(path)
            return detail
        if any(error.reason is ProviderFault.NOT_FOUND for error in missing):
            return None
        raise missing[-1]

    async def _read(self, path: str, campaign_id: int) -> CampaignDetail:
        def decode(body: bytes) -> CampaignDetail:
            return read_detail(body, campaign_id=campaign_id, read_at=self._clock.now().timestamp())

        return await self._client.get(
            f"{path}/{campaign_id}/detail", (), decode, tries=1, timeout=REQUEST_SECONDS
        )


def read_detail(body: bytes, *, campaign_id: int, read_at: float) -> CampaignDetail:
    """The detail of this campaign, as of `read_at` (Unix seconds), with what could not
    be read of it. BodyError, which quotes no value."""
    try:
        found = _DETAIL.decode(read_single(body))
    except UNREADABLE as error:
        shape = (
            str(error)
            if isinstance(error, msgspec.ValidationError)
            else "not UTF-8, or nested too deep"
        )
        raise BodyError(f"the campaign's detail is not readable: {shape}") from error
    if _identity(found.id) not in (campaign_id, None):
        raise BodyError(f"it is about another campaign than {campaign_id}")
    fields = _Fields(read_at)
    return CampaignDetail(
        read_at=read_at,
        total_messages=fields.count("total_messages", found.total_messages),
        total_phones=fields.count("total_phones", found.total_phones),
        total_price=fields.read(
            "total_price", found.total_price, lambda raw: amount(_NUMBER.decode(raw))
        ),
        currency=fields.read(
            "currency",
            found.currency,
            lambda raw: text(_TEXT.decode(raw), LONGEST_CURRENCY) or None,
        ),
        fallback=fields.fallback(found.alternative_channels),
        **fields.counters("", found.statistics, found.statistic),
        unreadable=tuple(fields.marks.values()),
    )


def _identity(raw: msgspec.Raw) -> int | None:
    try:
        return count(_NUMBER.decode(raw))
    except UNREADABLE as error:
        raise BodyError("it does not say which campaign it is about") from error


class _Fields:
    """Reads a detail field by field: what cannot be read is null, and marked."""

    def __init__(self, read_at: float) -> None:
        self._read_at = read_at
        self.marks: dict[str, Unreadable] = {}

    def read(self, field: str, raw: bytes | msgspec.Raw, decode: Callable[[bytes], T]) -> T | None:
        try:
            return decode(bytes(raw))
        except UNREADABLE:
            name = f"{OF_DETAIL}{field}"
            found = shown(bytes(raw))
            self.marks[name] = Unreadable(field=name, found=found, since=self._read_at)
            return None

    def count(self, field: str, *values: msgspec.Raw) -> int | None:
        """A number, or the sum of several."""
        return self.read(
            field,
            b", ".join(map(bytes, values)),
            lambda _: added([count(_NUMBER.decode(value)) for value in values]),
        )

    def counters(self, prefix: str, *spellings: msgspec.Raw) -> dict[str, int | None]:
        """By name, of the first spelling that says something; several objects in a list are added
        up."""
        for raw in spellings:
            try:
                statistics = _STATISTICS.decode(raw)
            except UNREADABLE:
                for name in COUNTERS:
                    self.read(f"{prefix}{name}", raw, _STATISTICS.decode)
                return {}
            if statistics:
                parts = [statistics] if isinstance(statistics, dict) else statistics
                return {
                    name: self.count(
                        f"{prefix}{name}",
                        *(
                            part[given]
                            for part in parts
                            if (given := _GIVEN.get(name, name)) in part
                        ),
                    )
                    for name in COUNTERS
                }
        return {}

    def fallback(self, raw: msgspec.Raw) -> Split | None:
        """None where the provider says nothing of a fallback: an empty list or object, null."""
        found = self.read("fallback", raw, self._fallback)
        return (
            found if found and any(getattr(found, name) is not None for name in COUNTERS) else None
        )

    def _fallback(self, raw: bytes) -> Split:
        found = [
            self.counters("fallback.", channel.statistics, channel.statistic)
            for each in objects(_CHANNELS.decode(raw), _Channels)
            for channel in objects(each.sms, _Channel)
        ]
        return Split(
            **{
                name: added([each.get(name) for each in found])
                for name in COUNTERS
                if f"{OF_DETAIL}fallback.{name}" not in self.marks
            }
        )


_GIVEN = {"awaiting_report": "sent"}
"""The provider's names of counters, where they differ."""
