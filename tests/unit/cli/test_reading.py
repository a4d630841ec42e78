"""`campaigns`, `alerts`, `events`: what is listed, in which order, and that other people's text
does no harm."""

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.domain.alerting.alert import AlertState
from monitor.ports import CycleCommit
from monitor.store import SqliteStore
from tests.unit.cli.conftest import EVIL, EVIL_SHOWN, Invoke, alert, campaign

pytestmark = pytest.mark.usefixtures("filled")


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def listed(invoke: Invoke, *arguments: str) -> list[dict[str, Any]]:
    done = invoke(*arguments, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert isinstance(rows, list)
    return rows


def test_campaigns_are_listed_newest_first_without_the_settled(invoke: Invoke) -> None:
    assert [row["id"] for row in listed(invoke, "campaigns")] == [3, 2, 1]
    assert [row["id"] for row in listed(invoke, "campaigns", "--all")] == [9, 3, 2, 1]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--status", "done"), [2]),
        (("--status", "done", "--status", "sending"), [3, 2, 1]),
        (("--type", "rcs"), [3]),
        (("--sender", "Agent"), [3]),
        (("--account", "default", "--limit", "2"), [3, 2]),
        (("--account", "other"), []),
        (("--limit", "0"), [3, 2, 1]),
    ],
)
def test_campaigns_are_filtered(
    invoke: Invoke, options: tuple[str, ...], expected: list[int]
) -> None:
    found = invoke("campaigns", *options, "--json")
    assert [row["id"] for row in json.loads(found.stdout)] == expected


def test_a_campaigns_record_has_its_figures_and_times(invoke: Invoke) -> None:
    row = listed(invoke, "campaigns", "--type", "rcs")[0]
    assert (row["sent"], row["delivered"], row["delivery_ratio"], row["settled"]) == (
        1000,
        840,
        0.84,
        False,
    )
    assert row["created_at"] == "2026-03-02T09:00:03Z"
    assert row["finished_at"] is None


def test_in_a_pipe_a_name_is_one_field_on_one_line_without_control_characters(
    invoke: Invoke,
) -> None:
    done = invoke("campaigns")
    rows = table(done.stdout)
    assert [row["id"] for row in rows] == ["3", "2", "1"]
    assert rows[2]["name"] == EVIL_SHOWN
    assert rows[2]["sender"] == "Evil"
    assert not any(character in done.stdout for character in "\x1b\u202e\x07")


def test_json_keeps_the_name_as_it_is_and_is_safe_on_a_terminal(invoke: Invoke) -> None:
    done = invoke("campaigns", "--json")
    assert done.stdout.isascii()
    assert "\x1b" not in done.stdout
    assert json.loads(done.stdout)[2]["name"] == EVIL


def test_what_a_limit_leaves_out_is_said_beside_the_data(invoke: Invoke) -> None:
    done = invoke("campaigns", "--limit", "1")
    assert len(table(done.stdout)) == 1
    assert done.stderr == "2 more; --limit 0 shows all\n"


def test_alerts_shows_what_fires_and_what_is_pending(invoke: Invoke) -> None:
    assert [(row["id"], row["state"]) for row in listed(invoke, "alerts")] == [
        ("a1", "firing"),
        ("a2", "pending"),
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--state", "resolved"), ["a3"]),
        (("--state", "event"), ["a4"]),
        (("--state", "firing", "--state", "resolved"), ["a1", "a3"]),
        (("--severity", "warning"), ["a2"]),
        (("--alert", "Low"), ["a2"]),
        (("--type", "rcs"), ["a2"]),
        (("--sender", "Agent"), ["a2"]),
        (("--account", "other"), []),
        (("--limit", "1"), ["a1"]),
    ],
)
def test_alerts_are_filtered(invoke: Invoke, options: tuple[str, ...], expected: list[str]) -> None:
    found = invoke("alerts", *options, "--json")
    assert [row["id"] for row in json.loads(found.stdout)] == expected


def test_an_ended_alert_says_when_and_why(invoke: Invoke) -> None:
    (row,) = table(invoke("alerts", "--state", "resolved").stdout)
    assert (row["resolved_at"], row["resolve_reason"]) == ("2026-03-02T09:09:00Z", "condition")


def test_an_ended_alert_is_told_as_over_and_asks_for_nothing(invoke: Invoke, filled: Path) -> None:
    asked = {
        "summary": "campaign 5 is held. Contact your manager",
        "description": "Call the provider",
        "runbook_url": "https://runbooks.example.org/late",
    }
    fires = alert("a5", AlertState.FIRING, about=campaign(5))
    ended = alert("a6", AlertState.RESOLVED, about=campaign(5))
    event = alert("a7", AlertState.FIRING, about=campaign(5), event=True)

    async def add() -> None:
        alerts = [replace(each, annotations=asked) for each in (fires, ended, event)]
        async with SqliteStore(filled) as store:
            await store.commit_cycle(CycleCommit(account="default", alerts=alerts))

    asyncio.run(add())
    every = ("--state", "firing", "--state", "resolved", "--state", "event")
    told = {row["id"]: row for row in listed(invoke, "alerts", *every)}
    assert told["a5"]["summary"] == told["a7"]["summary"] == asked["summary"]
    assert told["a5"]["annotations"] == told["a7"]["annotations"] == asked
    over = "campaign 5: Late is over, status is sending"
    assert (told["a6"]["summary"], told["a6"]["annotations"]) == (over, {"summary": over})
    done = invoke("alerts", "--state", "resolved")
    assert over in done.stdout
    assert "manager" not in done.stdout


def test_events_are_listed_newest_first_with_their_changes(invoke: Invoke) -> None:
    rows = listed(invoke, "events")
    assert [row["kind"] for row in rows] == ["vanished", "edited", "status_changed"]
    assert rows[2]["changes"][1] == {
        "field": "real_start_at",
        "old": None,
        "new": "2026-03-02T09:00:00Z",
    }
    assert rows[2]["old_status"] == "scheduled"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--campaign", "2"), ["edited"]),
        (("--kind", "vanished", "--kind", "edited"), ["vanished", "edited"]),
        (("--type", "rcs"), ["vanished"]),
        (("--sender", "Agent"), ["vanished"]),
        (("--account", "other"), []),
        (("--limit", "2"), ["vanished", "edited"]),
        (("--kind", "status_changed", "--limit", "1"), ["status_changed"]),
    ],
)
def test_events_are_filtered(invoke: Invoke, options: tuple[str, ...], expected: list[str]) -> None:
    found = invoke("events", *options, "--json")
    assert [row["kind"] for row in json.loads(found.stdout)] == expected


@pytest.mark.parametrize(
    "arguments", [("alerts", "--state", "firng"), ("events", "--kind", "progresed")]
)
def test_a_value_that_cannot_be_is_wrong_use(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert "is none of" in done.stderr


def test_an_empty_list_is_an_empty_list(invoke: Invoke) -> None:
    done = invoke("campaigns", "--status", "paused", "--json")
    assert (done.exit_code, done.stdout) == (0, "[]\n")
    done = invoke("campaigns", "--status", "paused")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == "none\n"


def test_reading_needs_no_credentials(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BSG_API_KEY")
    assert invoke("campaigns").exit_code == 0


def test_reading_changes_nothing(invoke: Invoke, filled: Path) -> None:
    before = filled.read_bytes()
    for command in (
        ["campaigns"],
        ["alerts", "--state", "resolved"],
        ["events"],
        ["outbox", "list"],
    ):
        assert invoke(*command).exit_code == 0
    assert filled.read_bytes() == before


def test_events_that_are_not_stored_are_said_not_to_be(invoke: Invoke) -> None:
    done = invoke("events", "--kind", "progressed")
    assert done.exit_code == 2
    assert "progressed events are not stored" in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("campaigns", "--status", "foo"), "--status foo: unknown in settings and database"),
        (
            ("campaigns", "--status", "sendng"),
            '--status sendng: unknown in settings and database (did you mean "sending"?)',
        ),
        (("campaigns", "--type", "foo"), "--type foo: unknown in settings and database"),
        (("campaigns", "--account", "shpo"), "--account shpo: unknown in settings and database"),
        (
            ("campaigns", "--sender", "Agnet"),
            '--sender Agnet: unknown in settings and database (did you mean "Agent"?)',
        ),
        (
            ("alerts", "--alert", "nosuch"),
            "--alert nosuch: unknown in settings, rules and database",
        ),
        (
            ("alerts", "--alert", "late"),
            '--alert late: unknown in settings, rules and database (did you mean "Late"?)',
        ),
        (
            ("alerts", "--severity", "criticl"),
            (
                "--severity criticl: unknown in settings, rules and database (did you mean "
                '"critical"?)'
            ),
        ),
        (("alerts", "--account", "shpo"), "--account shpo: unknown in settings and database"),
        (("events", "--sender", "Unknown"), "--sender Unknown: unknown in settings and database"),
        (
            ("outbox", "list", "--receiver", "opps"),
            '--receiver opps: unknown in settings, rules and database (did you mean "ops"?)',
        ),
        (
            ("outbox", "retry", "--receiver", "opps", "--yes"),
            '--receiver opps: unknown in settings, rules and database (did you mean "ops"?)',
        ),
    ],
)
def test_a_filter_that_nothing_can_meet_is_no_all_clear(
    invoke: Invoke, arguments: tuple[str, ...], said: str
) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 0
    assert done.stderr.removeprefix("none\n") == f"warning: {said}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("campaigns", "--status", "paused"),
        ("campaigns", "--type", "viber"),
        ("campaigns", "--sender", "Agent", "--type", "sms"),
        ("alerts", "--alert", "Late", "--state", "pending"),
        ("alerts", "--alert", "Stopped"),  # none is active, one is history
        ("alerts", "--severity", "error"),
        ("alerts", "--sender", "Shop", "--state", "pending"),
        ("events", "--account", "default", "--type", "viber"),
        ("outbox", "list", "--receiver", "ops", "--state", "superseded"),
    ],
)
def test_a_filter_that_only_nothing_meets_now_is_none(
    invoke: Invoke, arguments: tuple[str, ...]
) -> None:
    done = invoke(*arguments)
    assert (done.exit_code, done.stderr) == (0, "none\n")


def test_a_filter_is_doubted_without_rules_too(invoke: Invoke, folder: Path) -> None:
    (folder / "rules.yaml").write_text("rules: [")
    done = invoke("alerts", "--alert", "nosuch")
    assert done.exit_code == 0
    assert done.stderr.endswith(
        "unknown in settings and database, and the rules file cannot be read\n"
    )
