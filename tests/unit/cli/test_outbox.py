"""`outbox`: what waits, what died, and what a person does about it."""

import asyncio
import json
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from msgspec import structs

from monitor.cli.tables.columns import outbox_columns
from monitor.cli.tables.record_table import print_records
from monitor.domain.alerting.notification import OutboxRow, OutboxState
from monitor.ports import FlushCommit, OutboxQuery
from monitor.records import outbox_record
from monitor.store import SqliteStore
from tests.clock import START
from tests.unit.cli.conftest import EVIL_SHOWN, Invoke, campaign, notification
from tests.unit.cli.test_printing import Terminal


def states(path: Path) -> dict[str, str]:
    async def read() -> dict[str, str]:
        async with SqliteStore(path, daemon=False, read_only=True) as store:
            return {
                row.notification.id: row.state.value for row in await store.outbox(OutboxQuery())
            }

    return asyncio.run(read())


def ids(invoke: Invoke, *options: str) -> list[str]:
    done = invoke("outbox", "list", *options, "--json")
    assert done.exit_code == 0
    return [row["id"] for row in json.loads(done.stdout)]


@pytest.mark.usefixtures("filled")
def test_the_outbox_is_listed_newest_first_and_filtered(invoke: Invoke) -> None:
    assert ids(invoke) == ["msg_c", "msg_b", "msg_aa2", "msg_aa1"]
    assert ids(invoke, "--receiver", "ops") == ["msg_aa2", "msg_aa1"]
    assert ids(invoke, "--state", "dead") == ["msg_aa2"]
    assert ids(invoke, "--older-than", "1h") == ids(invoke)
    assert ids(invoke, "--older-than", "292y") == []
    assert ids(invoke, "--limit", "1") == ["msg_c"]


def test_a_notification_that_an_alert_is_over_does_not_list_what_there_was_to_do(
    invoke: Invoke, filled: Path
) -> None:
    first = notification("msg_over")
    over = structs.replace(
        first.alerts[0],
        status="resolved",
        resolve_reason="condition",
        campaign=campaign(1),
        annotations={"summary": "campaign 1 is held. Contact your manager"},
    )
    row = OutboxRow(
        notification=structs.replace(first, alerts=(over,)), sequence=9, next_attempt_at=START
    )

    async def add() -> None:
        async with SqliteStore(filled) as store:
            await store.commit_flush(FlushCommit(rows=[row]))

    asyncio.run(add())
    listed = json.loads(invoke("outbox", "list", "--json").stdout)
    assert {each["summary"] for each in listed if each["id"] == "msg_over"} == {
        "campaign 1: Late is over, status is sending"
    }


@pytest.mark.usefixtures("filled")
def test_a_notification_is_shown_whole(invoke: Invoke) -> None:
    done = invoke("outbox", "show", "msg_aa2")
    assert done.exit_code == 0
    assert "410 gone" in done.stdout
    assert f"{EVIL_SHOWN} is late" in done.stdout
    record = json.loads(invoke("outbox", "show", "msg_aa2", "--json").stdout)
    assert (record["state"], record["last_error"], record["alerts"][0]["labels"]["alertname"]) == (
        "dead",
        "410 gone",
        "Late",
    )


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("given", "code", "complaint"),
    [("msg_x", 1, "no notification has"), ("msg_a", 2, "2 notifications have")],
)
def test_an_id_that_fits_none_fails_and_one_that_fits_several_is_wrong_use(
    invoke: Invoke, given: str, code: int, complaint: str
) -> None:
    for command in ("show", "retry", "drop"):
        done = invoke("outbox", command, given)
        assert done.exit_code == code
        assert complaint in done.stderr


def test_a_dead_notification_is_sent_again_by_the_beginning_of_its_id(
    invoke: Invoke, filled: Path
) -> None:
    done = invoke("outbox", "retry", "msg_aa2")
    assert (done.exit_code, done.stdout) == (0, "1 notification will be sent again\n")
    assert states(filled)["msg_aa2"] == "pending"


def test_a_waiting_notification_is_given_up(invoke: Invoke, filled: Path) -> None:
    done = invoke("outbox", "drop", "msg_b")
    assert (done.exit_code, done.stdout) == (0, "1 notification given up\n")
    assert states(filled) == {
        "msg_aa1": "pending",
        "msg_aa2": "dead",
        "msg_b": "dead",
        "msg_c": "delivered",
    }


def test_a_dead_one_is_put_aside_and_stays_re_sendable(invoke: Invoke, filled: Path) -> None:
    done = invoke("outbox", "drop", "msg_aa2")
    assert (done.exit_code, done.stdout) == (0, "1 notification given up\n")
    assert states(filled)["msg_aa2"] == "dead"
    assert "dropped by hand; it had failed: " in invoke("outbox", "show", "msg_aa2").stdout
    assert (
        invoke("outbox", "drop", "--state", "dead", "--yes").stdout == "0 notifications given up\n"
    )
    assert invoke("outbox", "retry", "msg_aa2").stdout == "1 notification will be sent again\n"


def test_many_are_changed_only_after_asking(invoke: Invoke, filled: Path) -> None:
    before = states(filled)
    done = invoke("outbox", "drop", "--receiver", "ops")
    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert states(filled) == before
    done = invoke("outbox", "drop", "--receiver", "ops", "--yes")
    assert (done.exit_code, done.stdout) == (0, "1 notification given up\n")
    assert states(filled)["msg_aa1"] == "dead"
    done = invoke("outbox", "retry", "--state", "dead", "--yes")
    assert done.stdout == "2 notifications will be sent again\n"


def test_a_delivered_one_cannot_be_sent_again_and_nothing_else_is(
    invoke: Invoke, filled: Path
) -> None:
    before = states(filled)
    done = invoke("outbox", "retry", "msg_aa2", "msg_c")
    assert done.exit_code == 2
    assert "msg_c is delivered" in done.stderr
    assert states(filled) == before


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    "arguments", [("retry",), ("drop",), ("retry", "msg_b", "--receiver", "ops")]
)
def test_either_ids_or_a_selection_must_be_named(
    invoke: Invoke, arguments: tuple[str, ...]
) -> None:
    done = invoke("outbox", *arguments)
    assert done.exit_code == 2
    assert "either ids or" in done.stderr


@pytest.mark.usefixtures("filled")
def test_nothing_selected_is_nothing_done(invoke: Invoke) -> None:
    done = invoke("outbox", "retry", "--receiver", "unknown")
    assert (done.exit_code, done.stdout) == (0, "0 notifications will be sent again\n")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("span", ["5", "-1h", "soon"])
def test_an_age_is_a_duration(invoke: Invoke, span: str) -> None:
    done = invoke("outbox", "list", "--older-than", span)
    assert done.exit_code == 2
    assert "--older-than" in done.stderr


def test_a_notification_that_will_be_sent_again_is_no_longer_said_to_be_dropped(
    invoke: Invoke, filled: Path
) -> None:
    assert invoke("outbox", "drop", "msg_b").exit_code == 0
    assert invoke("outbox", "retry", "msg_b").exit_code == 0
    assert states(filled)["msg_b"] == "pending"
    assert json.loads(invoke("outbox", "show", "msg_b", "--json").stdout)["last_error"] is None


@pytest.mark.usefixtures("filled")
def test_an_empty_list_is_none(invoke: Invoke) -> None:
    done = invoke("outbox", "list", "--older-than", "292y")
    assert (done.exit_code, done.stderr) == (0, "none\n")


def test_on_a_terminal_of_80_columns_ids_are_short_and_states_and_times_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    rows = [
        outbox_record(
            OutboxRow(
                notification=notification(f"msg_{digit * 32}", receiver="operations"),
                sequence=1,
                state=OutboxState.SUPERSEDED,
                next_attempt_at=START,
                last_error="the receiver answered 503 Service Unavailable",
            )
        )
        for digit in "ab"
    ]
    with redirect_stdout(Terminal()) as stream:
        print_records(rows, outbox_columns([row["id"] for row in rows]))
    lines = stream.text.splitlines()
    assert max(map(len, lines)) <= 80
    (first,) = (line for line in lines if "msg_aaaaaaaa" in line)
    assert "msg_aaaaaaaaa" not in first
    assert "superseded" in first
    assert "2026-03-02 09:00" in first


def test_ids_that_begin_alike_are_shown_whole() -> None:
    whole = "msg_" + "a" * 32
    shown = {
        column.key: column
        for column in outbox_columns([f"{whole}-1", f"{whole}-2", "msg_bbbbbbbbbb"])
    }["id"].show
    assert [shown(f"{whole}-1"), shown("msg_bbbbbbbbbb")] == [f"{whole}-1", "msg_bbbbbbbb"]
