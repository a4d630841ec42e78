"""A folder of its own for each test, with settings, rules and, where asked for, a store with
something in it."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from monitor.cli import app
from monitor.domain.alerting.alert import Alert, AlertKey, AlertState, ResolveReason
from monitor.domain.alerting.notification import (
    Notification,
    NotifiedAlert,
    NotifyReason,
    OutboxRow,
    OutboxState,
)
from monitor.domain.campaign.event import CampaignEvent, Change, EventKind
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.ports import CycleCommit, DeliveryResult, FlushCommit
from monitor.store import SqliteStore
from tests.clock import START

EVIL = "Sale \x1b[31m[bold red]\u202egnp.exe\nnew\tline"
EVIL_SHOWN = "Sale [31m[bold red]gnp.exe new line"

RULES = """\
rules:
  - alert: Late
    when: status == "scheduled" and start_delay > "10m"
    severity: critical
    summary: "{{ campaign.name }} is late"
receivers:
  - name: desk
    console: {}
route:
  receiver: desk
"""

Invoke = Callable[..., Result]


@pytest.fixture(autouse=True)
def _quiet_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with no setting but an API key."""
    for name in [name for name in os.environ if name.startswith("BSG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BSG_API_KEY", "live_0123456789abcdef")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path


@pytest.fixture
def invoke(folder: Path) -> Invoke:
    """Runs a command in `folder`."""

    # CliRunner's own word
    def run(*arguments: str, input: str | None = None) -> Result:  # noqa: A002
        return CliRunner().invoke(app, list(arguments), input=input, prog_name="bsg-monitor")

    return run


def campaign(
    id_: int,
    *,
    status: str = "sending",
    message_type: str = "sms",
    name: str | None = None,
    sender: str = "Shop",
) -> Campaign:
    return Campaign(
        account="default",
        id=id_,
        name=name or f"campaign {id_}",
        sender=sender,
        status=status,
        message_type=message_type,
        created_at=START.timestamp() + id_,
        sent=1000,
        delivered=840,
    )


def tracked(snapshot: Campaign, *, settled: bool = False) -> TrackedCampaign:
    at = START.timestamp()
    return TrackedCampaign(
        campaign=snapshot, first_seen=at, status_since=at, progress_since=at, settled=settled
    )


def alert(
    id_: str,
    state: AlertState,
    *,
    rule: str = "Late",
    severity: str = "critical",
    about: Campaign | None = None,
    event: bool = False,
) -> Alert:
    about = about or campaign(1)
    fired = None if state is AlertState.PENDING else START + timedelta(minutes=5)
    ended = state is AlertState.RESOLVED or event
    return Alert(
        id=id_,
        fingerprint=f"f-{id_}",
        key=AlertKey(rule=rule, account="default", subject=f"{about.id}-{id_}"),
        state=state,
        labels={
            "alertname": rule,
            "severity": severity,
            "account": "default",
            "sender": about.sender,
            "message_type": about.message_type,
        },
        annotations={} if state is AlertState.PENDING else {"summary": f"{about.name} is late"},
        active_since=START,
        fired_at=fired,
        resolved_at=START + timedelta(minutes=9) if ended else None,
        resolve_reason=ResolveReason.CONDITION if state is AlertState.RESOLVED else None,
        event_id="e1" if event else None,
        campaign=about,
    )


def notification(id_: str, *, receiver: str = "ops") -> Notification:
    told = NotifiedAlert(
        id="a1",
        fingerprint="f-a1",
        status="firing",
        labels={"alertname": "Late", "severity": "critical"},
        annotations={"summary": f"{EVIL} is late"},
        active_since=START,
        starts_at=START,
        campaign=campaign(1, name=EVIL),
    )
    return Notification(
        id=id_,
        receiver=receiver,
        group_key=f"{receiver}:{id_}",
        group_labels={"alertname": "Late"},
        reason=NotifyReason.FIRING,
        alerts=(told,),
        created_at=START,
    )


async def _fill(path: Path) -> None:
    campaigns = [
        campaign(1, name=EVIL, sender="E\x07vil"),
        campaign(2, status="done"),
        campaign(3, message_type="rcs", sender="Agent"),
    ]
    events = [
        CampaignEvent(
            id=f"e{at}",
            kind=kind,
            at=START.timestamp() + at,
            campaign=about,
            changes=(
                Change("status", "scheduled", "sending"),
                Change("real_start_at", None, START.timestamp()),
            ),
        )
        for at, (kind, about) in enumerate(
            [
                (EventKind.STATUS_CHANGED, campaigns[0]),
                (EventKind.EDITED, campaigns[1]),
                (EventKind.VANISHED, campaigns[2]),
            ]
        )
    ]
    alerts = [
        alert("a1", AlertState.FIRING, about=campaigns[0]),
        alert("a2", AlertState.PENDING, rule="Low", severity="warning", about=campaigns[2]),
        alert("a3", AlertState.RESOLVED),
        alert("a4", AlertState.FIRING, rule="Stopped", event=True),
    ]
    rows = [
        OutboxRow(
            notification=notification(id_, receiver=receiver),
            sequence=number,
            next_attempt_at=START,
        )
        for number, (id_, receiver) in enumerate(
            [("msg_aa1", "ops"), ("msg_aa2", "ops"), ("msg_b", "desk"), ("msg_c", "desk")]
        )
    ]
    async with SqliteStore(path) as store:
        settled = tracked(campaign(9, status="done"), settled=True)
        await store.commit_cycle(
            CycleCommit(
                account="default",
                campaigns=[*map(tracked, campaigns), settled],
                events=events,
                alerts=alerts,
            )
        )
        await store.commit_flush(FlushCommit(rows=rows))
        await store.settle(
            [
                DeliveryResult(id="msg_aa2", state=OutboxState.DEAD, at=START, error="410 gone"),
                DeliveryResult(id="msg_c", state=OutboxState.DELIVERED, at=START),
            ]
        )


@pytest.fixture
def filled(folder: Path) -> Path:
    """A store with three watched campaigns, a settled one, events, alerts of every state and an
    outbox."""
    path = folder / "bsg-monitor.db"
    asyncio.run(_fill(path))
    return path
