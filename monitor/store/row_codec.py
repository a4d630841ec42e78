"""Values ↔ rows, in the column order of `statements.py`; the same for every store.

Times become Unix seconds: a float of them gives back the same microsecond until the year 2242.
What has a shape of its own (events, alerts, ledgers, notifications) is kept as JSON beside the
columns that are searched.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from monitor.domain.alerting.alert import Alert
from monitor.domain.alerting.notification import Notification, OutboxRow, OutboxState
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.feed import BlindSpell, Feed, FeedState, SweepOutcome
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import Campaign, CampaignKey
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.routing.flush import Ledger
from monitor.errors import StoreError, StoreFault

T = TypeVar("T")
Row = tuple[Any, ...]
"""One row as a database driver gives and takes it; only this module knows what is in it."""

_encode = msgspec.json.Encoder().encode
_detail = msgspec.json.Decoder(CampaignDetail)
_event = msgspec.json.Decoder(CampaignEvent)
_alert = msgspec.json.Decoder(Alert)
_ledger = msgspec.json.Decoder(Ledger)
_notification = msgspec.json.Decoder(Notification)


def seconds(moment: datetime | None) -> float | None:
    """Unix seconds of an aware datetime."""
    return None if moment is None else moment.timestamp()


def moment(value: float | None) -> datetime | None:
    """The aware datetime (UTC) of Unix seconds."""
    return None if value is None else datetime.fromtimestamp(value, UTC)


def _always(value: float) -> datetime:
    return datetime.fromtimestamp(value, UTC)


def _json(value: object) -> str:
    return _encode(value).decode()


def _decode(decoder: msgspec.json.Decoder[T], text: str, table: str, key: str) -> T:
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise StoreError(
            f"the database's table {table} holds a row that cannot be read ({key}): {error}. "
            "It was changed by hand or damaged; restore a backup, or delete that row",
            reason=StoreFault.CORRUPT,
            retryable=False,
        ) from error


# --- to rows --------------------------------------------------------------------------------------


def feed_row(state: FeedState) -> Row:
    """In the order of `FEED_COLUMNS`."""
    return (
        state.feed.account,
        state.feed.message_type,
        seconds(state.first_tried),
        seconds(state.last_success),
        seconds(state.last_full),
        None if state.last_outcome is None else state.last_outcome.value,
        int(state.answered),
        state.consecutive_failures,
        seconds(state.failing_since),
    )


def campaign_row(tracked: TrackedCampaign) -> Row:
    """In the order of `CAMPAIGN_COLUMNS`."""
    c = tracked.campaign
    return (
        c.account,
        c.id,
        c.name,
        c.sender,
        c.status,
        c.message_type,
        c.created_at,
        c.start_at,
        c.real_start_at,
        c.finished_at,
        c.sent,
        c.delivered,
        c.fallback_sent,
        c.fallback_delivered,
        c.calculated_price,
        c.currency,
        tracked.first_seen,
        tracked.status_since,
        tracked.progress_since,
        int(tracked.settled),
        tracked.revision,
        None if tracked.detail is None else _json(tracked.detail),
    )


def sample_row(account: str, campaign_id: int, sample: Sample) -> Row:
    """In the order of `SAMPLE_COLUMNS`."""
    s = sample
    return (
        s.at,
        account,
        campaign_id,
        s.status,
        s.sent,
        s.delivered,
        s.fallback_sent,
        s.fallback_delivered,
    )


def balance_row(account: str, balance: Balance) -> Row:
    """In the order of `BALANCE_COLUMNS`."""
    return (account, balance.balance, balance.credit, balance.currency, seconds(balance.read_at))


def event_row(event: CampaignEvent) -> Row:
    """In the order of `EVENT_COLUMNS`."""
    return (
        event.id,
        event.kind.value,
        event.campaign.account,
        event.campaign.id,
        event.at,
        _json(event),
    )


def alert_row(alert: Alert) -> Row:
    """In the order of `ALERT_COLUMNS`."""
    key = alert.key
    fired, resolved = seconds(alert.fired_at), seconds(alert.resolved_at)
    return (
        alert.id,
        alert.state.value,
        key.rule,
        key.account,
        key.subject,
        fired,
        resolved,
        _json(alert),
    )


def ledger_row(ledger: Ledger) -> Row:
    """In the order of `LEDGER_COLUMNS`."""
    return (ledger.group.receiver, ledger.group.key, _json(ledger))


def outbox_row(row: OutboxRow, *, sequence: int) -> Row:
    """In the order of `OUTBOX_COLUMNS`."""
    message = row.notification
    return (
        message.id,
        message.receiver,
        message.group_key,
        sequence,
        row.state.value,
        row.attempts,
        seconds(message.created_at),
        seconds(row.first_attempt_at),
        seconds(row.next_attempt_at),
        seconds(row.finished_at),
        row.last_error,
        message.reason.value,
        _json(message),
    )


# --- from rows ------------------------------------------------------------------------------------


def read_feed(row: Row) -> FeedState:
    """From the order of `FEED_COLUMNS`."""
    (
        account,
        message_type,
        first_tried,
        last_success,
        last_full,
        outcome,
        answered,
        failures,
        failing_since,
    ) = row
    return FeedState(
        feed=Feed(account, message_type),
        first_tried=_always(first_tried),
        last_success=moment(last_success),
        last_full=moment(last_full),
        last_outcome=None if outcome is None else SweepOutcome(outcome),
        answered=bool(answered),
        consecutive_failures=failures,
        failing_since=moment(failing_since),
    )


def blind_spell_row(spell: BlindSpell) -> Row:
    """In the order of `BLIND_SPELL_COLUMNS`."""
    return (spell.until, spell.feed.account, spell.feed.message_type, spell.since)


def read_blind_spell(row: Row) -> BlindSpell:
    """From the order of `BLIND_SPELL_COLUMNS`."""
    until, account, message_type, since = row
    return BlindSpell(Feed(account, message_type), since, until)


def read_campaigns(rows: Iterable[Row]) -> Iterator[TrackedCampaign]:
    """From the order of `CAMPAIGN_COLUMNS`, one by one.

    Texts and times that recur (account, sender, status, times equal to `first_seen`) become one
    object: a driver makes a new one for every row, some 300 bytes a campaign.
    """
    known: dict[Any, Any] = {}
    one: Callable[[Any, Any], Any] = known.setdefault
    for (
        account, id_, name, sender, status, message_type, created_at, start_at, real_start_at,
        finished_at,
        sent, delivered, fallback_sent, fallback_delivered, price, currency,
        first_seen, status_since, progress_since, settled, revision, detail,
    ) in rows:  # fmt: skip
        campaign = Campaign(
            account=one(account, account),
            id=id_,
            name=name,
            sender=one(sender, sender),
            status=one(status, status),
            message_type=one(message_type, message_type),
            created_at=created_at,
            start_at=start_at,
            real_start_at=real_start_at,
            finished_at=finished_at,
            sent=sent,
            delivered=delivered,
            fallback_sent=fallback_sent,
            fallback_delivered=fallback_delivered,
            calculated_price=price,
            currency=one(currency, currency),
        )
        yield TrackedCampaign(
            campaign=campaign,
            first_seen=first_seen,
            status_since=first_seen if status_since == first_seen else status_since,
            progress_since=first_seen if progress_since == first_seen else progress_since,
            settled=settled == 1,
            revision=revision,
            detail=None
            if detail is None
            else _decode(_detail, detail, "campaigns", f"account {account}, id {id_}"),
        )


def read_sample(row: Row) -> tuple[CampaignKey, Sample]:
    """From the order of `SAMPLE_COLUMNS`: whose it is, and the sample."""
    at, account, campaign_id, *figures = row
    return CampaignKey(account, campaign_id), Sample(at, *figures)


def read_balance(row: Row) -> tuple[str, Balance]:
    """From the order of `BALANCE_COLUMNS`: the account and its balance."""
    account, balance, credit, currency, read_at = row
    return account, Balance(
        balance=balance, credit=credit, currency=currency, read_at=_always(read_at)
    )


def read_event(row: Row) -> CampaignEvent:
    """From (id, event)."""
    return _decode(_event, row[1], "events", f"id {row[0]}")


def read_alert(row: Row) -> Alert:
    """From (id, alert)."""
    return _decode(_alert, row[1], "alerts", f"id {row[0]}")


def read_ledger(row: Row) -> Ledger:
    """From the order of `LEDGER_COLUMNS`."""
    return _decode(_ledger, row[2], "ledgers", f"receiver {row[0]}, group_key {row[1]}")


def read_outbox(row: Row) -> OutboxRow:
    """From the order of `OUTBOX_COLUMNS`."""
    (
        id_,
        _,
        _,
        sequence,
        state,
        attempts,
        _,
        first_attempt,
        next_attempt,
        finished,
        error,
        _,
        message,
    ) = row
    return OutboxRow(
        notification=_decode(_notification, message, "outbox", f"id {id_}"),
        sequence=sequence,
        state=OutboxState(state),
        attempts=attempts,
        first_attempt_at=moment(first_attempt),
        next_attempt_at=_always(next_attempt),
        finished_at=moment(finished),
        last_error=error,
    )


def read_all(read: Callable[[Row], T], rows: Iterable[Row]) -> Sequence[T]:
    """Every row through `read`."""
    return [read(row) for row in rows]
