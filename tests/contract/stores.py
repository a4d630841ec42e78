"""The stores that the contract suite runs over, and builders of the values that it stores."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.domain.alerting.alert import Alert, AlertKey, AlertState, ResolveReason
from monitor.domain.alerting.notification import (
    Notification,
    NotifiedAlert,
    NotifyReason,
    OutboxRow,
    OutboxState,
)
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.detail import CampaignDetail, Split
from monitor.domain.campaign.event import CampaignEvent, Change, EventKind
from monitor.domain.campaign.feed import ApiError, Feed, FeedState, Legibility, SweepOutcome
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.routing.flush import GroupId, Ledger, Told
from monitor.ports import DeliveryResult, FlushCommit, OutboxQuery, Store
from monitor.store import SqliteStore

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
"""With microseconds: a store that loses them is found out."""


@dataclass(frozen=True, slots=True)
class StoreKind:
    """How to open a kind of store. `durable`: opening the same folder again gives what was
    committed."""

    name: str
    open: Callable[[Path], AbstractAsyncContextManager[Store]]
    durable: bool


KINDS = (
    StoreKind("sqlite", lambda folder: SqliteStore(folder / "store.db"), durable=True),
    StoreKind("memory", lambda _: SqliteStore(None), durable=False),
)


def after(seconds: float) -> datetime:
    """That long after NOW."""
    return NOW + timedelta(seconds=seconds)


def campaign(
    id_: int = 1,
    *,
    account: str = "default",
    status: str = "sending",
    sent: int | None = 100,
    name: str = "Spring sale ☀",
) -> Campaign:
    return Campaign(
        account=account,
        id=id_,
        name=name,
        sender="ACME",
        status=status,
        message_type="rcs",
        created_at=1772438400.0,
        start_at=1772442000.0,
        sent=sent,
        delivered=90,
        fallback_sent=3,
        calculated_price=12.5,
        currency="USD",
    )


def tracked(
    id_: int = 1, *, account: str = "default", status: str = "sending", sent: int | None = 100
) -> TrackedCampaign:
    return TrackedCampaign(
        campaign=campaign(id_, account=account, status=status, sent=sent),
        first_seen=1772440000.25,
        status_since=1772441000.5,
        progress_since=1772440000.25,
        revision=3,
    )


def detail(expired: int = 9) -> CampaignDetail:
    return CampaignDetail(
        read_at=1772440000.125, total_messages=560, total_phones=559, total_price=5.6, currency="USD", delivered=380, read=90,
        expired=expired, not_rcs_user=70, fallback=Split(delivered=61, awaiting_report=4),
    )  # fmt: skip


def event(
    id_: str,
    *,
    kind: EventKind = EventKind.STATUS_CHANGED,
    at: float = 1772440000.0,
    campaign_id: int = 1,
    account: str = "default",
) -> CampaignEvent:
    changes = (
        Change("status", "scheduled", "sending"),
        Change("sent", None, 0),
        Change("calculated_price", 5.0, 5),
    )
    return CampaignEvent(
        id=id_, kind=kind, at=at, campaign=campaign(campaign_id, account=account), changes=changes
    )


def alert(
    id_: str,
    *,
    state: AlertState = AlertState.FIRING,
    resolved_at: datetime | None = None,
    event_id: str | None = None,
) -> Alert:
    return Alert(
        id=id_,
        fingerprint=f"print-{id_}",
        key=AlertKey("Stalled", "default", "1"),
        state=state,
        labels={"alertname": "Stalled", "severity": "warning"},
        annotations={"summary": "stands still"},
        active_since=NOW,
        inactive_since=None if state is AlertState.PENDING else after(61),
        fired_at=None if state is AlertState.PENDING else after(60),
        resolved_at=resolved_at,
        resolve_reason=ResolveReason.CONDITION if state is AlertState.RESOLVED else None,
        event_id=event_id,
        campaign=campaign(),
    )


def resolved(id_: str, seconds: float = 120) -> Alert:
    return alert(id_, state=AlertState.RESOLVED, resolved_at=after(seconds))


def happened(id_: str, seconds: float = 60) -> Alert:
    """An event: firing, with its end."""
    return alert(id_, resolved_at=after(seconds), event_id=f"event-{id_}")


def feed_state(message_type: str = "rcs", *, failures: int = 0) -> FeedState:
    return FeedState(
        feed=Feed("default", message_type),
        first_tried=NOW,
        last_success=after(1.5),
        last_outcome=SweepOutcome.PARTIAL if failures else SweepOutcome.OK,
        answered=not failures,
        consecutive_failures=failures,
        failing_since=after(2) if failures else None,
        last_complete=after(1.75),
        incomplete_since=after(2.5) if failures else None,
        api_error=ApiError.CREDENTIALS if failures else None,
        legibility=Legibility(rejected=(4, 9), nameless=1, unreadable_fields=3, read_ratio=0.25),
    )


def balance(amount: float = -50.25) -> Balance:
    return Balance(balance=amount, credit=125.0, currency="USD", read_at=NOW)


def group(key: str = "g", *, receiver: str = "ops") -> GroupId:
    return GroupId(receiver, key)


def ledger(key: str = "g", *, told: Mapping[str, Told] | None = None) -> Ledger:
    return Ledger(
        group=group(key),
        labels={"alertname": "Stalled"},
        told={"a": Told.FIRING} if told is None else told,
        flushed_at=NOW,
    )


def message(id_: str, *, key: str = "g", receiver: str = "ops", created: float = 0) -> Notification:
    shown = NotifiedAlert(
        id="a",
        fingerprint="print-a",
        status="firing",
        labels={"alertname": "Stalled"},
        annotations={},
        active_since=NOW,
        starts_at=NOW,
        campaign=campaign(),
    )
    return Notification(
        id=id_,
        receiver=receiver,
        group_key=key,
        group_labels={"alertname": "Stalled"},
        reason=NotifyReason.FIRING,
        alerts=(shown,),
        created_at=after(created),
    )


def row(
    id_: str, *, key: str = "g", receiver: str = "ops", due: float = 0, created: float = 0
) -> OutboxRow:
    """A fresh pending row, due that many seconds after NOW."""
    return OutboxRow(
        notification=message(id_, key=key, receiver=receiver, created=created),
        sequence=0,
        next_attempt_at=after(due),
    )


def ids(rows: Sequence[OutboxRow]) -> list[str]:
    return [row.notification.id for row in rows]


async def put(store: Store, *rows: OutboxRow) -> None:
    await store.commit_flush(FlushCommit(rows=rows))


async def claimed(
    store: Store, *, at: float = 0, limit: int = 10, receiver: str = "ops"
) -> list[str]:
    """The ids claimed at NOW + `at`, with a lease of a minute."""
    return ids(await store.claim(receiver, now=after(at), lease_until=after(at + 60), limit=limit))


async def finish(
    store: Store, *done: str, state: OutboxState = OutboxState.DELIVERED, at: float = 1
) -> None:
    await store.settle([DeliveryResult(id=id_, state=state, at=after(at)) for id_ in done])


async def one(store: Store, id_: str) -> OutboxRow:
    return next(r for r in await store.outbox(OutboxQuery()) if r.notification.id == id_)


async def states(store: Store) -> dict[str, str]:
    return {r.notification.id: r.state.value for r in await store.outbox(OutboxQuery())}
