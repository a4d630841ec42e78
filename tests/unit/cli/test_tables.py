"""Every table at the widths that terminals have, with names as long as people make them."""

import asyncio
import io
import json
import shutil
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len
from typer.main import get_command

from monitor.cli import app
from monitor.cli.tables.columns import ALERT_COLUMNS
from monitor.cli.tables.record_table import Column, table_lines
from monitor.domain.alerting.alert import Acknowledgement, AlertState
from monitor.domain.alerting.notification import OutboxRow, OutboxState
from monitor.domain.campaign.event import CampaignEvent, Change, EventKind
from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.silence import Silence
from monitor.ports import CycleCommit, DeliveryResult, FlushCommit
from monitor.store import SqliteStore
from tests.clock import START
from tests.unit.cli.conftest import Invoke, alert, campaign, notification, tracked
from tests.unit.cli.test_printing import Terminal

WIDTHS = (80, 100, 120, 200)
NAMES = (
    (
        "🌸 Frühjahrs-Schlussverkauf „Alles muss raus“: bis zu 70 % auf Jacken, Schuhe & Zubehör "
        "(Welle 3, Österreich)"
    ),
    "月次ご利用明細のお知らせ（2026年11月分・全支店のお客様向け・再送・第二回・関東甲信越地方および東北地方）",
    (
        "Возвращение: клиенты, которые не покупали более 18 месяцев — старая база, Санкт-Петербург и "
        "область"
    ),
    "👩‍⚕️ Terminerinnerung 👨‍👩‍👧‍👦 Familienpraxis Dr. Großmüller-Lüdenscheidt",
    "x" * 300,
    "Sale",
)
SENDERS = ("Österreichische Bundesbahnen Personenverkehr", "株式会社さくら銀行カード事業部", "Shop")
RULES = ("SenderVeryLowDelivery", "Late", "AllCampaignsOfThisSenderInThePastFortnightDeliverBadly")
SEVERITIES = ("critical", "warning", "business-critical")
STATUSES = ("sending", "moderation", "scheduled", "done", "paused", "stopped")
RECEIVER = "operations-and-campaign-managers-of-all-countries"
AUTHOR = "Großmüller-Lüdenscheidt, Annegret (Campaign Operations DACH)"


async def fill_with_long_names(path: Path) -> None:
    campaigns = [
        campaign(
            53_650_300 + number,
            name=name,
            sender=SENDERS[number % 3],
            status=status,
            message_type="sms" if number else "rcs",
        )
        for number, (name, status) in enumerate(zip(NAMES, STATUSES, strict=True))
    ]
    states = [
        AlertState.FIRING,
        AlertState.PENDING,
        AlertState.FIRING,
        AlertState.RESOLVED,
        AlertState.FIRING,
        AlertState.FIRING,
    ]
    alerts = [
        msgspec.structs.replace(
            alert(
                f"{number}f63de1abe22a-1a22dbca40d",
                state,
                rule=RULES[number % 3],
                severity=SEVERITIES[number % 3],
                about=each,
            ),
            annotations={
                "summary": ""
                if number == 1
                else f"{each.name} is sending, but nothing has gone out for 23 min"
            },
        )
        for number, (each, state) in enumerate(zip(campaigns, states, strict=True))
    ]
    alerts.append(
        alert(
            "9a",
            AlertState.FIRING,
            rule=RULES[2],
            severity="critical",
            about=campaigns[0],
            event=True,
        )
    )
    events = [
        CampaignEvent(
            id=f"e{number}",
            kind=EventKind.STATUS_CHANGED,
            at=START.timestamp() + number,
            campaign=each,
            changes=(
                Change("status", "moderation", each.status),
                Change("name", "An older name of it", each.name),
            ),
        )
        for number, each in enumerate(campaigns)
    ]
    told = notification("msg_x").alerts[0]
    rows = [
        OutboxRow(
            notification=msgspec.structs.replace(
                notification(f"msg_{number}{'0123456789abcdef' * 2}", receiver=RECEIVER),
                alerts=tuple(
                    msgspec.structs.replace(
                        told,
                        id=f"{number}-{other.id}",
                        labels={
                            "alertname": RULES[other.id % 3],
                            "severity": SEVERITIES[other.id % 3],
                        },
                        annotations={"summary": f"{other.name} is late"},
                        campaign=other,
                    )
                    for other in campaigns[number:]
                ),
            ),
            sequence=number,
            next_attempt_at=START,
        )
        for number in range(len(campaigns))
    ]
    silences = [
        Silence(
            id=f"{number}ea3ea21b7741",
            matchers=parse_matchers(f'{{alertname="{rule}",sender=~"{"|".join(SENDERS)}"}}'),
            starts_at=START,
            ends_at=START + timedelta(days=100_000),
            author=AUTHOR,
            comment="Österreich-Welle: mit BSG besprochen, kommt nach dem Ticket 4711 am Freitag",
            created_at=START,
        )
        for number, rule in enumerate(RULES)
    ]
    async with SqliteStore(path) as store:
        await store.commit_cycle(
            CycleCommit(
                account="default",
                campaigns=list(map(tracked, campaigns)),
                events=events,
                alerts=alerts,
            )
        )
        await store.commit_flush(FlushCommit(rows=rows))
        error = (
            "could not connect: Cannot connect to host hooks.example.org:443 ssl:default [Connect "
            "call failed ('192.0.2.7', 443)]"
        )
        await store.settle(
            [
                DeliveryResult(
                    id=rows[0].notification.id, state=OutboxState.DEAD, at=START, error=error
                )
            ]
        )
        for silence in silences:
            await store.add_silence(silence)
        await store.acknowledge([Acknowledgement(alert_id=alerts[0].id, author=AUTHOR, at=START)])


RULES_FILE = f"""\
rules:
  - {{alert: {RULES[0]}, when: sent > 2000, severity: {SEVERITIES[0]}}}
  - {{alert: {RULES[1]}, when: sent > 2000, severity: {SEVERITIES[1]}}}
  - {{alert: {RULES[2]}, when: sent > 2000, severity: {SEVERITIES[2]}}}
receivers:
  - name: {RECEIVER}
    console: {{}}
route:
  receiver: {RECEIVER}
  routes:
    - matchers: ['severity=~"critical|business-critical|catastrophic|emergency|page-oncall-at-once"', 'alertname!="Nothing"']
      receiver: {RECEIVER}
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("known") / "bsg-monitor.db"
    asyncio.run(fill_with_long_names(path))
    return path


@pytest.fixture
def long_names(folder: Path, known: Path) -> None:
    (folder / "rules.yaml").write_text(RULES_FILE)
    shutil.copy(known, folder)


Show = Callable[..., list[str]]


@pytest.fixture
def shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Show:
    """The lines that a command prints on a terminal so many columns wide."""

    def show(width: int, *arguments: str) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "xterm-256color")
        with redirect_stdout(Terminal()) as stream, redirect_stderr(io.StringIO()):
            get_command(app).main(list(arguments), prog_name="bsg-monitor", standalone_mode=False)
        return [line.rstrip() for line in stream.text.splitlines()]

    return show


def records_below(lines: list[str]) -> list[list[str]]:
    """The lines of each record of the last table: a second line is indented, or folded."""
    (*_, rule) = (number for number, line in enumerate(lines) if line.startswith(" ──"))
    below = [line for line in lines[rule + 1 :] if line]
    found: list[list[str]] = []
    for line in below:
        if line.startswith("  ") and found and not line.strip().isdecimal():
            found[-1].append(line)
        else:
            found.append([line])
    return found


TABLES = (
    "alerts",
    "alerts --state resolved --state firing --state event",
    "campaigns --all",
    "events",
    "outbox list",
    "silence list --all",
    "fields",
    "config",
    "route severity=critical alertname=Late sender=Shop",
)


@pytest.mark.usefixtures("long_names")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("command", TABLES)
def test_every_table_fits_its_terminal_and_takes_at_most_two_lines_a_record(
    shown: Show, invoke: Invoke, command: str, width: int
) -> None:
    lines = shown(width, *command.split())
    assert max(map(cell_len, lines)) <= width
    expected = len(json.loads(invoke(*command.split(), "--json").stdout))
    records = records_below(lines)
    assert len(records) == expected
    assert max(map(len, records)) <= 2


@pytest.mark.usefixtures("long_names")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("command", [TABLES[0], TABLES[1]])
def test_the_severity_is_never_left_out_nor_cut(
    shown: Show, invoke: Invoke, command: str, width: int
) -> None:
    severities = [
        record["severity"] for record in json.loads(invoke(*command.split(), "--json").stdout)
    ]
    assert [
        record[0].split()[0] for record in records_below(shown(width, *command.split()))
    ] == severities


@pytest.mark.usefixtures("long_names")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "command",
    [
        "outbox show msg_0",
        "explain Late 53650301",
        "explain AllCampaignsOfThisSenderInThePastFortnightDeliverBadly 53650302",
    ],
)
def test_what_is_told_of_one_thing_fits_its_terminal(shown: Show, command: str, width: int) -> None:
    assert max(map(cell_len, shown(width, *command.split()))) <= width


@pytest.mark.usefixtures("long_names")
@pytest.mark.parametrize("width", WIDTHS)
def test_each_alert_says_which_what_and_since_when(shown: Show, width: int) -> None:
    for first, *rest in records_below(shown(width, "alerts")):
        state, text = first.split()[1], "".join((first, *rest))
        assert "2026-03-02 09:00" in first
        if state == "firing":
            assert "for 23 min" in text  # a summary that is too long loses its middle, not its end
        else:
            assert (state, NAMES[1][:20] in text) == ("pending", True)  # which has no summary yet


@pytest.mark.usefixtures("long_names")
@pytest.mark.parametrize("width", WIDTHS)
def test_the_list_of_notifications_says_which_alert_each_tells_of(
    shown: Show, invoke: Invoke, width: int
) -> None:
    records = json.loads(invoke("outbox", "list", "--json").stdout)
    lines = [first for first, *_ in records_below(shown(width, "outbox", "list"))]
    for record, line in zip(records, lines, strict=True):
        assert record["alertnames"][0][:15] in line
        assert record["about"] in NAMES
        assert record["summary"] == f"{record['about']} is late"


@pytest.mark.usefixtures("long_names")
def test_the_most_severe_alerts_come_first(shown: Show) -> None:
    firing = [
        first.split()
        for first, *_ in records_below(shown(120, "alerts"))
        if first.split()[1] == "firing"
    ]
    assert [words[0] for words in firing] == [
        "critical",
        "warning",
        "business-critical",
        "business-critical",
    ]


def test_texts_are_folded_rather_than_put_below_where_two_lines_hold_them() -> None:
    summary = "Sale is sending, but nothing has gone out for 23 minutes, and that is a while"
    record = {
        **dict.fromkeys((column.key for column in ALERT_COLUMNS), ""),
        "severity": "critical",
        "alertname": "Stalled",
        "summary": summary,
        "active_since": START,
        "state": "firing",
    }
    lines = ["".join(text for text, _ in line) for line in table_lines([record], ALERT_COLUMNS, 90)]
    first, second = lines[3:5]
    place = first.index("Sale is")
    assert second[:place].strip() == ""
    assert f"{first[place:].strip()} {second[place:].strip()}" == summary


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_terminal_too_narrow_for_anything_cuts_names_but_no_figure(width: int) -> None:
    columns = (
        Column("Rule", "rule", name=True),
        Column("Fired", "fired", right=True),
        Column("On", "on", right=True, spare=1),
    )
    lines = [
        "".join(text for text, _ in line)
        for line in table_lines([{"rule": RULES[2], "fired": 1234, "on": 5}], columns, width)
    ]
    assert max(map(cell_len, lines)) <= width
    assert "1,234" in lines[3]
    assert ("…" in lines[3]) == (width < 80)
