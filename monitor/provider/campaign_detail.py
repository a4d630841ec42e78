"""A campaign's detail: which path gives it, and what it says.

The detail has other names than the list, and `sent` in it is what awaits a report
(`domain.detail.Split`). What can be read without guessing is read, as in a list's row (`row`):
numbers as texts, statistics as object or array, either spelling of them.
"""

import msgspec

from monitor.clock import Clock
from monitor.domain.campaign.detail import COUNTERS, CampaignDetail, Split
from monitor.errors import ProviderError, ProviderFault
from monitor.provider.lenient_values import Number, added, amount, count, objects, text
from monitor.provider.paths import CampaignPaths
from monitor.provider.token import AuthorizedClient
from monitor.provider.wire import UNREADABLE, BodyError, read_single

REQUEST_SECONDS = 2.0
"""How long one request may take. An alert waits for it, so it is made once: a later cycle asks
again."""
LONGEST_CURRENCY = 64


class _Split(msgspec.Struct, gc=False):
    delivered: Number = None
    read: Number = None
    awaiting_report: Number = msgspec.field(name="sent", default=None)
    scheduled: Number = None
    moderation: Number = None
    accepted: Number = None
    sending: Number = None
    expired: Number = None
    failed: Number = None
    undelivered: Number = None
    unknown: Number = None
    not_rcs_user: Number = None
    not_viber_user: Number = None


_Statistics = _Split | list[_Split] | None


class _SplitChannel(msgspec.Struct, gc=False):
    statistics: _Statistics = None
    statistic: _Statistics = None


class _SplitChannels(msgspec.Struct, gc=False):
    sms: _SplitChannel | list[msgspec.Raw] | None = None


class _Detail(msgspec.Struct, gc=False):
    id: Number = None
    statistics: _Statistics = None
    statistic: _Statistics = None
    total_messages: Number = None
    total_phones: Number = None
    total_price: Number = None
    currency: str | None = None
    alternative_channels: _SplitChannels | list[msgspec.Raw] | None = None


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
    """The detail of this campaign, as of `read_at` (Unix seconds). BodyError, which quotes no
    value."""
    try:
        found = _DETAIL.decode(read_single(body))
    except UNREADABLE as error:
        shape = (
            str(error)
            if isinstance(error, msgspec.ValidationError)
            else "not UTF-8, or nested too deep"
        )
        raise BodyError(f"the campaign's detail is not readable: {shape}") from error
    try:
        if count(found.id) not in (campaign_id, None):
            raise BodyError(f"it is about another campaign than {campaign_id}")
        return CampaignDetail(
            read_at=read_at,
            total_messages=count(found.total_messages),
            total_phones=count(found.total_phones),
            total_price=amount(found.total_price),
            currency=text(found.currency, LONGEST_CURRENCY) or None,
            fallback=_fallback(found.alternative_channels),
            **_counters(found.statistics, found.statistic),
        )
    except msgspec.ValidationError as error:
        raise BodyError(f"the campaign's detail is not readable: {error}") from error
    except ValueError as error:
        raise BodyError(f"the campaign's detail has a wrong number: {error}") from error


def _fallback(channels: _SplitChannels | list[msgspec.Raw] | None) -> Split | None:
    """None where the provider says nothing of a fallback: an empty list or object, null."""
    found = [
        _counters(channel.statistics, channel.statistic)
        for each in objects(channels, _SplitChannels)
        for channel in objects(each.sms, _SplitChannel)
    ]
    counters = {name: added([each.get(name) for each in found]) for name in COUNTERS}
    return Split(**counters) if any(value is not None for value in counters.values()) else None


def _counters(*spellings: _Statistics) -> dict[str, int | None]:
    """By name, of the first spelling that says something; several objects in a list are added
    up. ValueError."""
    for statistics in spellings:
        if not statistics:
            continue
        parts = [statistics] if isinstance(statistics, _Split) else statistics
        return {name: added([count(getattr(part, name)) for part in parts]) for name in COUNTERS}
    return {}
