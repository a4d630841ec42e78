"""What the daemon knows, in memory. It changes only after the store has committed
the same change."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from monitor.domain.alerting.alert import Alert, AlertKey, AlertState
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.feed import Feed, FeedState
from monitor.domain.campaign.history import extended
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import LISTABLE_TYPES, Campaign, CampaignKey
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.routing.flush import GroupId, Ledger
from monitor.ports import CycleCommit, FlushCommit, Snapshot


class AccountTable:
    """One account's tracked campaigns by id, also the watched ones alone, and how many of these
    have each type and status. `partly_read` are those that have or lately had unreadable fields.

    An account's feeds share it: ids are unique within the account, and a campaign may change its
    type. `types` are the polled ones. A campaign of another type belongs to the feed whose list
    showed it, or to the first feed until a list does.
    """

    def __init__(self, rows: Iterable[TrackedCampaign] = (), *, types: Sequence[str] = ()) -> None:
        self.types = tuple(types)
        self.rows: dict[int, TrackedCampaign] = {}
        self.watched: dict[int, TrackedCampaign] = {}
        self.partly_read: dict[int, TrackedCampaign] = {}
        self._listed_as: dict[int, str] = {}
        self.counts: Counter[tuple[str, str]] = Counter()
        self.put(rows)

    def put(self, rows: Iterable[TrackedCampaign]) -> None:
        """Add or replace rows."""
        counts, table, watched = self.counts, self.rows, self.watched
        partly = self.partly_read
        for row in rows:
            campaign = row.campaign
            old = table.get(campaign.id)
            table[campaign.id] = row
            if row.unreadable:
                partly[campaign.id] = row
            elif partly:
                partly.pop(campaign.id, None)
            if not row.settled:
                watched[campaign.id] = row
            elif old is not None:
                watched.pop(campaign.id, None)
            if old is not None and old.settled == row.settled:
                before = old.campaign
                if (
                    before.status == campaign.status
                    and before.message_type == campaign.message_type
                ):
                    continue  # counted as it is
            if old is not None and not old.settled:
                counts[old.campaign.message_type, old.campaign.status] -= 1
            if not row.settled:
                counts[campaign.message_type, campaign.status] += 1

    def listed(self, campaigns: Iterable[Campaign], message_type: str) -> None:
        """Remember that the list of this type showed these campaigns, for those of other types."""
        types = self.types
        self._listed_as.update(
            {c.id: message_type for c in campaigns if c.message_type not in types}
        )

    def of_feed(self, rows: Iterable[TrackedCampaign], message_type: str) -> list[TrackedCampaign]:
        """The rows that the list of this type should show."""
        types, owner = self.types, self._owner
        return [
            row
            for row in rows
            if (kind := row.campaign.message_type) == message_type
            or (kind not in types and owner(row.campaign.id) == message_type)
        ]

    def forget(self, ids: Iterable[int]) -> None:
        """Remove rows; unknown ids are skipped."""
        for campaign_id in ids:
            old = self.rows.pop(campaign_id, None)
            self._listed_as.pop(campaign_id, None)
            self.watched.pop(campaign_id, None)
            self.partly_read.pop(campaign_id, None)
            if old is not None and old.watched:
                self.counts[old.campaign.message_type, old.campaign.status] -= 1

    def counts_with(
        self,
        changed: Collection[TrackedCampaign],
        forgotten: Iterable[int] = (),
        *,
        message_type: str | None = None,
    ) -> dict[str, int]:
        """Watched campaigns by status as they will be after these changes, of one feed or of all;
        statuses without any are left out."""
        counts: Counter[str] = Counter()
        for (kind, status), count in self.counts.items():
            if message_type is None or self._counts_in(message_type, kind):
                counts[status] += count
        gone = [*(row.campaign.id for row in changed), *forgotten]
        moved = [(self.rows.get(campaign_id), -1) for campaign_id in gone]
        for row, by in (*moved, *((row, 1) for row in changed)):
            if (
                row is not None
                and row.watched
                and (
                    message_type is None or self._counts_in(message_type, row.campaign.message_type)
                )
            ):
                counts[row.campaign.status] += by
        return {status: count for status, count in counts.items() if count}

    def counts_of(self, message_type: str) -> Mapping[str, int]:
        """Watched campaigns of one feed by status. A status that once had campaigns stays, at 0,
        so that its series ends at 0. Campaigns of a type that is not polled count with the first
        feed."""
        counts: Counter[str] = Counter()
        for (kind, status), count in self.counts.items():
            if self._counts_in(message_type, kind):
                counts[status] += count
        return counts

    def _counts_in(self, message_type: str, kind: str) -> bool:
        odd = message_type == (self.types or (message_type,))[0]
        return kind == message_type or (odd and kind not in self.types)

    def _owner(self, campaign_id: int) -> str | None:
        return self._listed_as.get(campaign_id, self.types[0] if self.types else None)


class State:
    """The committed state. Only `apply_cycle` and `apply_flush` change it, right after
    the commit."""

    def __init__(self, snapshot: Snapshot, *, polled: Collection[Feed]) -> None:
        """Start from what was committed last. Feeds that are no longer `polled` are left out."""
        self.feeds: dict[Feed, FeedState] = {
            feed: known for feed, known in snapshot.feeds.items() if feed in polled
        }
        self._types: dict[str, tuple[str, ...]] = {}
        for feed in polled:
            self._types[feed.account] = (*self._types.get(feed.account, ()), feed.message_type)
        by_account: dict[str, list[TrackedCampaign]] = {}
        for row in snapshot.campaigns:
            types = self._types.get(row.campaign.account, ())
            if row.campaign.message_type in types or (
                types and row.campaign.message_type not in LISTABLE_TYPES
            ):
                by_account.setdefault(row.campaign.account, []).append(row)
        self.accounts: dict[str, AccountTable] = {
            account: AccountTable(rows, types=self._types[account])
            for account, rows in by_account.items()
        }
        self.active: dict[AlertKey, Alert] = {}
        self.ended: dict[str, Alert] = {}
        self.ledgers: dict[GroupId, Ledger] = {ledger.group: ledger for ledger in snapshot.ledgers}
        self.balances: dict[str, Balance] = dict(snapshot.balances)
        self._put_alerts(snapshot.alerts)

    def table(self, account: str) -> AccountTable:
        """The account's campaigns; an empty table for an account never polled."""
        held = self.accounts.get(account)
        if held is None:
            held = self.accounts[account] = AccountTable(types=self._types.get(account, ()))
        return held

    def polled(self, account: str) -> dict[Feed, FeedState]:
        """The account's feeds that were polled at least once; not those whose first poll goes
        on."""
        return {
            feed: known
            for feed, known in self.feeds.items()
            if feed.account == account and known.last_outcome is not None
        }

    def counts_of(self, feeds: Iterable[FeedState]) -> dict[str, int]:
        """Watched campaigns by status, as the last complete sweep of each feed found them."""
        counts: Counter[str] = Counter()
        for known in feeds:
            found = known.counts
            if found is None and known.last_whole is not None:  # from before they were kept
                found = self.table(known.feed.account).counts_of(known.feed.message_type)
            counts.update(found or {})
        return {status: count for status, count in counts.items() if count}

    def remember(self, samples: Mapping[CampaignKey, tuple[Sample, ...]]) -> None:
        """Give campaigns their earlier samples (`CycleStore.samples`). Samples that a campaign has
        already take precedence, except one that only assumes that an unchanged campaign has
        always shown the same since it was first seen."""
        for key, known in samples.items():
            table = self.accounts.get(key.account)
            row = table.rows.get(key.id) if table else None
            if table and row is not None and known and not row.settled:
                if row.samples and row.samples[0].at == row.first_seen:
                    row = msgspec.structs.replace(row, samples=row.samples[1:])
                table.put([extended(row, known)])

    def alerts_of(self, account: str) -> dict[AlertKey, Alert]:
        """The account's pending and firing alerts."""
        return {key: alert for key, alert in self.active.items() if key.account == account}

    def alerts_on(
        self, account: str, ids: Collection[int], rules: Collection[str]
    ) -> dict[AlertKey, Alert]:
        """A part of `alerts_of`: at least the alerts of these rules on campaigns with these ids.
        Use it for few campaigns among many alerts."""
        active = self.active
        if len(ids) * len(rules) >= len(active):
            return self.alerts_of(account)
        keys = (AlertKey(rule, account, subject) for subject in map(str, ids) for rule in rules)
        return {key: alert for key in keys if (alert := active.get(key)) is not None}

    def open_alerts(self) -> list[Alert]:
        """Every alert that a receiver may still have to be told about, pending ones included."""
        return [*self.active.values(), *self.ended.values()]

    def apply_cycle(self, commit: CycleCommit, *, adopted: Iterable[TrackedCampaign] = ()) -> None:
        """Apply `commit`. `adopted` rows equal the ones held but refer to the objects of the latest
        sweep: they replace the old ones, so that the next sweep can be compared by identity."""
        if commit.account:  # the alerts of receivers belong to none
            table = self.table(commit.account)
            table.put(adopted)
            table.put(commit.campaigns)
            table.forget(commit.forgotten)
        dropped = set(commit.dropped_alerts)
        if dropped:
            self.active = {
                key: alert for key, alert in self.active.items() if alert.id not in dropped
            }
        self._put_alerts(commit.alerts)
        if commit.feed is not None:
            self.feeds[commit.feed.feed] = commit.feed
        if commit.balance is not None:
            self.balances[commit.account] = commit.balance

    def apply_flush(self, commit: FlushCommit) -> None:
        """Apply `commit`."""
        for ledger in commit.ledgers:
            self.ledgers[ledger.group] = ledger
        for group in commit.dropped_ledgers:
            self.ledgers.pop(group, None)
        for alert_id in commit.closed_alerts:
            self.ended.pop(alert_id, None)

    def _put_alerts(self, alerts: Iterable[Alert]) -> None:
        for alert in alerts:
            if alert.state is AlertState.RESOLVED or alert.is_event:
                self.ended[alert.id] = alert
                held = self.active.get(alert.key)
                if held is not None and held.id == alert.id:
                    del self.active[alert.key]
            else:
                self.active[alert.key] = alert
