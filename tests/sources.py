"""A provider that says what a test tells it to, behind the port `CampaignSource`."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

import msgspec

from monitor.clock import Clock
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.snapshot import Campaign
from monitor.errors import ProviderError, ProviderFault
from monitor.ports import RowsSeen, Sweep, SweptRows
from tests.clock import START


def campaign(campaign_id: int, **facts: object) -> Campaign:
    """An SMS campaign that began half an hour before START and is being sent, unless told
    otherwise."""
    created = START.timestamp() - 1800
    defaults: dict[str, object] = {
        "account": "default",
        "id": campaign_id,
        "name": f"Campaign {campaign_id}",
        "sender": "Shop",
        "status": "sending",
        "message_type": "sms",
        "created_at": created,
        "start_at": created,
        "real_start_at": created,
        "sent": 1000,
        "delivered": 900,
    }
    return msgspec.convert(defaults | facts, Campaign)


def outage(reason: ProviderFault = ProviderFault.SERVER_ERROR) -> ProviderError:
    return ProviderError("the provider answered 500", reason=reason, retryable=True, status=500)


class ScriptedSource:
    """`campaigns` are what exists; `hidden` ids are left out of the list, which begins at
    `listed_since` where that is set; the rest goes wrong on demand. With a `clock`, details are
    as of when they are asked for. `before_answer` is awaited with the type before
    each page's answer, once its rows are written."""

    def __init__(self, campaigns: Iterable[Campaign] = ()) -> None:
        self.campaigns: dict[int, Campaign] = {each.id: each for each in campaigns}
        self.hidden: set[int] = set()
        self.listed_as: dict[int, str] = {}
        self.unreadable: set[int] = set()
        self.nameless = 0
        self.listed_since: float | None = None
        self.complete = True
        self.error: ProviderError | None = None
        self.lookup_errors: dict[int, ProviderError] = {}
        self.sweeps: list[tuple[str, float, bool]] = []
        self.lookups: list[int] = []
        self.details: dict[int, CampaignDetail | ProviderError] = {}
        self.detail_calls: list[int] = []
        self.clock: Clock | None = None
        self.money = (100.0, 25.0)
        self.page_size: int | None = None
        self.before_answer: Callable[[str], Awaitable[None]] | None = None

    def put(self, *campaigns: Campaign) -> None:
        for each in campaigns:
            self.campaigns[each.id] = each

    async def sweep(
        self,
        message_type: str,
        *,
        since: float,
        started: float,
        fresh: bool = False,
        seen: RowsSeen | None = None,
    ) -> Sweep:
        self.sweeps.append((message_type, since, fresh))
        if self.error is not None:
            raise self.error
        left_out = self.hidden | self.unreadable
        rows = [
            self.campaigns[id_]
            for id_ in sorted(self.campaigns)
            if id_ not in left_out
            and self.listed_as.get(id_, self.campaigns[id_].message_type) == message_type
            and self.campaigns[id_].created_at
            >= (since if self.listed_since is None else self.listed_since)
        ]
        size = self.page_size or max(1, len(rows))
        starts = list(range(0, len(rows), size)) or [0]
        requested_at = [0.0] * len(rows)
        for start in (starts[0], *reversed(starts[1:])):  # as the provider's client reads
            page = rows[start : start + size]
            asked = self.clock.monotonic() if self.clock else 0.0
            requested_at[start : start + size] = [asked] * len(page)
            if self.before_answer is not None:
                await self.before_answer(message_type)
            if seen is not None:
                await seen(
                    SweptRows(
                        campaigns=page,
                        unreadable=frozenset(self.unreadable),
                        nameless=self.nameless,
                        requested_at=asked,
                    )
                )
        return Sweep(
            campaigns=rows,
            requested_at=requested_at,
            complete=self.complete,
            unreadable=frozenset(self.unreadable),
            nameless=self.nameless,
            reason=None if self.complete else "pages do not fit together",
        )

    async def campaign(self, campaign_id: int) -> Campaign | None:
        self.lookups.append(campaign_id)
        if campaign_id in self.lookup_errors:
            raise self.lookup_errors[campaign_id]
        return self.campaigns.get(campaign_id)

    async def detail(self, campaign_id: int) -> CampaignDetail | None:
        self.detail_calls.append(campaign_id)
        found = self.details.get(campaign_id)
        if isinstance(found, ProviderError):
            raise found
        if found is None or self.clock is None:
            return found
        return msgspec.structs.replace(found, read_at=self.clock.now().timestamp())

    async def balance(self, *, now: datetime) -> Balance:
        if self.error is not None:
            raise self.error
        return Balance(balance=self.money[0], credit=self.money[1], currency="EUR", read_at=now)

    async def close(self) -> None:
        return
