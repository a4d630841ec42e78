"""`Provider`: one account at BSG, as the rest of the monitor sees it."""

import random as random_module
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog

from monitor.clock import Clock
from monitor.domain.campaign.account import Balance, account_setting
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.feed import Feed, RejectReason
from monitor.domain.campaign.snapshot import LISTABLE_TYPES, Campaign
from monitor.errors import ConfigError, Place, Problem, ProviderError, ProviderFault
from monitor.metrics import Metrics
from monitor.net import plain_http_beyond_loopback
from monitor.ports import RowsSeen, Sweep
from monitor.provider.campaign_by_id import MOST_WITNESSES, CampaignLookup
from monitor.provider.campaign_detail import DetailLookup
from monitor.provider.client import Client, Query, Tally
from monitor.provider.naive_times import LocalTimes
from monitor.provider.paths import AUTO, CampaignPaths
from monitor.provider.row import UNDOCUMENTED, RowDecoder, RowError
from monitor.provider.row_cache import FeedMemory, SweepRows
from monitor.provider.single_pages import ListedPage, ListQuestion, read_listed
from monitor.provider.sweep import Window, read_feed, windows
from monitor.provider.token import AuthorizedClient, Credentials, KeyLogin, StaticToken
from monitor.provider.wire import BodyError, Page, is_token, read_balance, read_page

BALANCE = "/api/accounts/balance"
SMALLEST_PAGE = 30
DAY = 86_400.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderOptions:
    """How one account is reached: with an API key or a token, never both. `campaigns_path` is
    `auto` or a path.

    `timezone` is the zone of the provider's naive times; `message_types` are the account's feeds.
    """

    account: str
    url: str
    api_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    campaigns_path: str = AUTO
    timezone: tzinfo = UTC
    message_types: tuple[str, ...] = ("sms", "rcs")
    allow_insecure_http: bool = False

    def setting(self, name: str) -> str:
        """The environment variable that holds a setting of this account, as `API_KEY`."""
        return account_setting(self.account, name)


class Provider:
    """Implements `ports.CampaignSource`. At most 4 requests at a time, shared by all feeds; see
    `client` and `pacing`."""

    def __init__(
        self,
        options: ProviderOptions,
        *,
        clock: Clock,
        metrics: Metrics,
        random: Callable[[], float] = random_module.random,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        """`session` stays the caller's to close. ConfigError when the options cannot work or
        would send a secret in the clear."""
        problems = _problems(options)
        if problems:
            raise ConfigError(problems)
        self._options = options
        self._clock = clock
        self._metrics = metrics
        self._times = LocalTimes(options.timezone)
        self._decoder = RowDecoder(options.account, self._times)
        self._client = Client(
            account=options.account,
            url=options.url,
            clock=clock,
            metrics=metrics,
            secrets=(options.api_key or "", options.token or ""),
            random=random,
            session=session,
        )
        self._authorized = AuthorizedClient(
            self._client, _credentials(options, self._client, clock, random)
        )
        self._paths = CampaignPaths(options.campaigns_path, account=options.account)
        self._lookup = CampaignLookup(self._authorized, self._paths, self._decode_single, clock)
        self._details = DetailLookup(self._authorized, self._paths, clock)
        self._last_balance: Balance | None = None
        self._memories: dict[str, FeedMemory] = {}
        # From 0 on: `increase()` does not see a counter that is born at 1.
        for reason in RejectReason:
            metrics.rows_rejected.labels(options.account, reason.value)
        for message_type in options.message_types:
            metrics.list_total_mismatch.labels(options.account, message_type)
        for name in UNDOCUMENTED:
            metrics.unknown_values.labels(options.account, name)
        if (options.api_key or "").startswith("test_"):
            log.warning(
                "test_key_in_use",
                account=options.account,
                setting=options.setting("API_KEY"),
                meaning="the provider answers a test_… key with random data: every alert will be "
                "nonsense; use a live_… key",
            )

    @property
    def clock_skew(self) -> float | None:
        """Seconds that the provider's clock is ahead of ours, good to about one; null before the
        first answer."""
        return self._client.clock_skew

    async def sweep(
        self,
        message_type: str,
        *,
        since: float,
        started: float,
        fresh: bool = False,
        seen: RowsSeen | None = None,
    ) -> Sweep:
        """See `CampaignSource.sweep`. Some of the campaigns may be up to 2 hours older than
        `since`."""
        requests = 0
        memory = self._memories.setdefault(message_type, FeedMemory())
        rows = SweepRows(
            Feed(self._options.account, message_type),
            memory=memory,
            decoder=self._decoder,
            other_types=LISTABLE_TYPES - {message_type},
            metrics=self._metrics,
            fresh=fresh,
        )

        async def fetch(window: Window, offset: int, limit: int) -> tuple[Page, float]:
            nonlocal requests
            tally = Tally()
            try:
                page = await self._list(message_type, window, offset, limit, tally)
            finally:
                requests += tally.requests
            return page, tally.sent_at

        complete = False
        try:
            asked = windows(since=since, started=started, times=self._times)
            sweep, total_off = await read_feed(
                fetch, rows, asked, memory, clock=self._clock, full=fresh, seen=seen
            )
            complete = sweep.complete
        finally:
            rows.finish(complete=complete)
        if total_off is not None:
            self._total_off(message_type, memory, *total_off)
        newest = sweep.campaigns[: -MOST_WITNESSES - 2 : -1]
        self._lookup.seen(message_type, [campaign.id for campaign in newest])
        return replace(sweep, requests=requests)

    async def campaign(self, campaign_id: int) -> Campaign | None:
        """See `CampaignSource.campaign`; `lookup` says when a 404 is believed."""
        return await self._lookup.find(campaign_id)

    async def detail(self, campaign_id: int) -> CampaignDetail | None:
        """See `CampaignSource.detail`."""
        return await self._details.find(campaign_id)

    async def balance(self, *, now: datetime) -> Balance:
        """What can be spent; a credit or currency that cannot be read is as it was last.
        ProviderError."""
        last = self._last_balance
        balance = await self._authorized.get(
            BALANCE, (), lambda body: read_balance(body, now=now, last=last)
        )
        if last is not None and balance.unreadable and balance.unreadable != last.unreadable:
            fields = list(balance.unreadable)
            log.warning("balance_partly_read", account=self._options.account, fields=fields)
        self._last_balance = balance
        return balance

    async def verify(self) -> None:
        """Prove that the account can be read: log in, read the smallest page of every feed, and
        the balance. ProviderError."""
        now = self._clock.now()
        started = now.timestamp()
        window = windows(since=started - DAY, started=started, times=self._times)[-1]
        for message_type in self._options.message_types:
            await self._list(message_type, window, 0, SMALLEST_PAGE, None)
        await self.balance(now=now)

    async def listed(self, question: ListQuestion, spelling: str | None = None) -> ListedPage:
        """One page of the provider's own list, as it was asked for. ProviderError.

        Both spellings of a search are tried, unless `spelling` names one (as an earlier page's
        `spelling` does).
        """

        async def fetch(query: Query) -> Page:
            return await self._page(query, None)

        return await read_listed(fetch, question, self._decoder, self._times, spelling)

    async def close(self) -> None:
        """Let go of connections. Never raises."""
        await self._client.close()

    async def _list(
        self, message_type: str, window: Window, offset: int, limit: int, tally: Tally | None
    ) -> Page:
        query: Query = (
            ("filter[type]", message_type),
            ("filter[from]", window.start),
            ("filter[to]", window.end),
            ("page[offset]", str(offset)),
            ("page[limit]", str(limit)),
            ("sort", "id"),
            ("way", "asc"),
        )
        return await self._page(query, tally)

    async def _page(self, query: Query, tally: Tally | None) -> Page:
        missing: ProviderError | None = None
        for path in self._paths.for_list:
            try:
                page = await self._authorized.get(path, query, read_page, tally=tally)
            except ProviderError as error:
                if error.status != 404:
                    raise
                missing = error
                continue
            self._paths.list_answered(path)
            return page
        raise ProviderError(
            f"the provider has no list of campaigns at {' or '.join(self._paths.for_list)}"
            f" (HTTP 404); check {self._options.setting('API_URL')}"
            f" and {self._options.setting('CAMPAIGNS_PATH')}",
            reason=ProviderFault.NOT_FOUND,
            retryable=False,
            status=404,
        ) from missing

    def _total_off(self, message_type: str, memory: FeedMemory, claimed: int, found: int) -> None:
        """Count a wrong total, and log the feed's first."""
        self._metrics.list_total_mismatch.labels(self._options.account, message_type).inc()
        if not memory.told_total:
            memory.told_total = True
            log.warning(
                "list_total_wrong",
                account=self._options.account,
                message_type=message_type,
                claimed=claimed,
                found=found,
                meaning="the provider's count of the list is not used: its end is looked for",
            )

    def _decode_single(self, raw: msgspec.Raw) -> Campaign:
        try:
            return self._decoder.decode(raw)
        except RowError as error:
            self._metrics.rows_rejected.labels(self._options.account, error.reason.value).inc()
            raise BodyError(f"the campaign's row is not readable: {error}") from error


def _credentials(
    options: ProviderOptions, client: Client, clock: Clock, random: Callable[[], float]
) -> Credentials:
    if options.token is not None:
        return StaticToken(options.token, setting=options.setting("API_TOKEN"))
    setting = options.setting("API_KEY")
    return KeyLogin(
        options.api_key or "",
        account=options.account,
        setting=setting,
        client=client,
        clock=clock,
        random=random,
    )


def _problems(options: ProviderOptions) -> list[Problem]:
    """What keeps these options from working. Quotes no value: any of them may hold a secret."""
    problems = []
    key, token = Place(options.setting("API_KEY")), Place(options.setting("API_TOKEN"))
    if (options.api_key is None) == (options.token is None):
        found = (
            "neither an API key nor a token is set"
            if options.token is None
            else "both an API key and a token are set"
        )
        problems.append(Problem(found, key, f"set {key} or {token}"))
    for place, secret in ((key, options.api_key), (token, options.token)):
        if secret is not None and not is_token(secret):
            problems.append(
                Problem("empty, or not plain ASCII without spaces", place, "copy it again")
            )
    return problems + _url_problems(options)


def _url_problems(options: ProviderOptions) -> list[Problem]:
    place = Place(options.setting("API_URL"))
    try:
        url = urlsplit(options.url)
        host, _ = url.hostname, url.port
    except ValueError:
        return [Problem("not a URL", place, "like https://one-api.bsg.world")]
    if url.scheme not in ("http", "https") or not host or url.query or url.fragment or url.username:
        return [
            Problem(
                "not a URL of scheme, host and perhaps a path",
                place,
                "like https://one-api.bsg.world",
            )
        ]
    if plain_http_beyond_loopback(options.url) and not options.allow_insecure_http:
        hint = "use https://, or set BSG_ALLOW_INSECURE_HTTP=1 if no one can listen"
        return [Problem("plain HTTP would send the credentials in the clear", place, hint)]
    return []
