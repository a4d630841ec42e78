"""Values ↔ rows, in the column order of `statements.py`; the same for every store.

Times become Unix seconds: as a float they keep the microsecond until the year 2242. Nested values
(events, alerts, ledgers, notifications) are stored as JSON beside the columns that are searched.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import structlog

from monitor.domain.alerting.alert import Acknowledgement, Alert
from monitor.domain.alerting.notification import Notification, OutboxRow, OutboxState
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.feed import (
    ApiError,
    BlindSpell,
    Feed,
    FeedState,
    Legibility,
    SweepOutcome,
)
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import Campaign, CampaignKey, Unreadable
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.routing.flush import Ledger
from monitor.domain.routing.matcher import Matcher
from monitor.domain.routing.silence import Silence
from monitor.errors import StoreError, StoreFault

T = TypeVar("T")
Row = tuple[Any, ...]
"""One row as a database driver gives and takes it; only this module knows its contents."""

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode
_ids = msgspec.json.Decoder(tuple[int, ...]).decode
_counts = msgspec.json.Decoder(dict[str, int]).decode
_detail = msgspec.json.Decoder(CampaignDetail).decode
_unreadable = msgspec.json.Decoder(tuple[Unreadable, ...]).decode
_event = msgspec.json.Decoder(CampaignEvent).decode
_alert = msgspec.json.Decoder(Alert).decode
_matchers = msgspec.json.Decoder(tuple[Matcher, ...]).decode
_ledger = msgspec.json.Decoder(Ledger).decode
_notification = msgspec.json.Decoder(Notification).decode


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


def _decode(decode: Callable[[str], T], text: str, table: str, key: str) -> T:
    try:
        return decode(text)
    except (msgspec.MsgspecError, ValueError) as error:
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
        seconds(state.last_complete),
        seconds(state.incomplete_since),
        None if state.api_error is None else state.api_error.value,
        _json(state.legibility.rejected),
        state.legibility.nameless,
        state.legibility.unreadable_fields,
        state.legibility.read_ratio,
        None if state.counts is None else _json(state.counts),
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
        _json(tracked.unreadable) if tracked.unreadable else None,
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


def silence_row(silence: Silence) -> Row:
    """In the order of `SILENCE_COLUMNS`."""
    return (
        silence.id,
        _json(silence.matchers),
        seconds(silence.starts_at),
        seconds(silence.ends_at),
        int(silence.until_resolved),
        silence.author,
        silence.comment,
        seconds(silence.created_at),
        seconds(silence.matched_at),
        seconds(silence.ended_at),
        silence.ended_by,
    )


def acknowledgement_row(acknowledgement: Acknowledgement) -> Row:
    """In the order of `ACKNOWLEDGEMENT_COLUMNS`."""
    return (
        acknowledgement.alert_id,
        acknowledgement.author,
        acknowledgement.comment,
        seconds(acknowledgement.at),
    )


# --- from rows ------------------------------------------------------------------------------------


def read_feed(row: Row) -> FeedState:
    """From the order of `FEED_COLUMNS`."""
    account, message_type, tried, success, full, outcome, answered, failures, failing = row[:9]
    complete, incomplete_since, api_error, rejected, nameless, unreadable_fields = row[9:15]
    ratio, counts = row[15:]
    name = f"{account}/{message_type}"
    return FeedState(
        feed=Feed(account, message_type),
        first_tried=_always(tried),
        last_success=moment(success),
        last_full=moment(full),
        last_outcome=None if outcome is None else SweepOutcome(outcome),
        answered=bool(answered),
        consecutive_failures=failures,
        failing_since=moment(failing),
        last_complete=moment(complete),
        incomplete_since=moment(incomplete_since),
        api_error=None if api_error is None else ApiError(api_error),
        legibility=Legibility(
            rejected=_decode(_ids, rejected, "feeds", name),
            nameless=nameless,
            unreadable_fields=unreadable_fields,
            read_ratio=ratio,
        ),
        counts=None if counts is None else _decode(_counts, counts, "feeds", name),
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
    object. The driver makes a new one for every row: some 300 bytes a campaign.
    """
    known: dict[Any, Any] = {}
    one: Callable[[Any, Any], Any] = known.setdefault
    for (
        account, id_, name, sender, status, message_type, created_at, start_at, real_start_at,
        finished_at,
        sent, delivered, fallback_sent, fallback_delivered, price, currency,
        first_seen, status_since, progress_since, settled, revision, detail,
        unreadable,
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
            unreadable=()
            if unreadable is None
            else _decode(_unreadable, unreadable, "campaigns", f"account {account}, id {id_}"),
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
    id_, _, _, sequence, state, attempts, _, first, following, finished, error, _, message = row
    return OutboxRow(
        notification=_decode(_notification, message, "outbox", f"id {id_}"),
        sequence=sequence,
        state=OutboxState(state),
        attempts=attempts,
        first_attempt_at=moment(first),
        next_attempt_at=_always(following),
        finished_at=moment(finished),
        last_error=error,
    )


def read_silence(row: Row) -> Silence:
    """From the order of `SILENCE_COLUMNS`. StoreError CORRUPT when its matchers cannot be read."""
    id_, matchers, starts, ends, until, author, comment, created, matched, ended, ended_by = row
    return Silence(
        id=id_,
        matchers=_decode(_checked_matchers, matchers, "silences", f"id {id_}"),
        starts_at=_always(starts),
        ends_at=moment(ends),
        until_resolved=bool(until),
        author=author,
        comment=comment,
        created_at=_always(created),
        matched_at=moment(matched),
        ended_at=moment(ended),
        ended_by=ended_by,
    )


def _checked_matchers(text: str) -> tuple[Matcher, ...]:
    matchers = _matchers(text)
    for matcher in matchers:
        matcher.matches({})  # ValueError when its pattern is not one
    return matchers


def read_acknowledgement(row: Row) -> Acknowledgement:
    """From the order of `ACKNOWLEDGEMENT_COLUMNS`."""
    alert_id, author, comment, at = row
    return Acknowledgement(alert_id=alert_id, author=author, comment=comment, at=_always(at))


def read_all(read: Callable[[Row], T], rows: Iterable[Row]) -> Sequence[T]:
    """Every row, read with `read`."""
    return [read(row) for row in rows]


def readable(read: Callable[[Row], T], rows: Iterable[Row], event: str) -> list[T]:
    """The rows that can be read. The others were changed by hand or damaged: each is logged as
    `event` with its id."""
    found: list[T] = []
    for row in rows:
        try:
            found.append(read(row))
        except StoreError as error:
            log.error(event, id=row[0], error=str(error))  # noqa: TRY400 (no bug: no traceback)
    return found
