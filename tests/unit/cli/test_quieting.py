"""`silence`, `ack` and `route`: what they write and show, and how they refuse."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from monitor.domain.routing.silence import Silence
from monitor.store import SqliteStore
from tests.unit.cli.conftest import EVIL_SHOWN, RULES, Invoke


def stored(path: Path) -> list[Silence]:
    async def read() -> list[Silence]:
        async with SqliteStore(path, daemon=False, read_only=True) as store:
            return list(await store.silences())

    return asyncio.run(read())


def listed(invoke: Invoke, *arguments: str) -> list[dict[str, Any]]:
    done = invoke(*arguments, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert isinstance(rows, list)
    return rows


# --- silence --------------------------------------------------------------------------------------


def test_a_silence_is_added_with_who_and_why_and_says_what_it_silences(
    invoke: Invoke, filled: Path
) -> None:
    done = invoke(
        *(
            "silence",
            "add",
            "alertname=Late",
            "sender=~E.*l",
            "--for",
            "2h",
            "--author",
            "anna",
            "-m",
            "known",
        )
    )
    assert done.exit_code == 0, done.stderr
    (made,) = stored(filled)
    assert (made.author, made.comment, made.until_resolved) == ("anna", "known", False)
    assert made.ends_at is not None
    assert (made.ends_at - made.starts_at).total_seconds() == 7200
    assert f'{made.id}: {{alertname="Late",sender=~"E.*l"}} silenced until' in done.stdout
    assert f"silences now: Late: {EVIL_SHOWN}" in done.stdout


def test_a_silence_until_resolved_needs_no_end(invoke: Invoke, filled: Path) -> None:
    done = invoke("silence", "add", "sender=Unknown Ltd", "--until-resolved")
    assert done.exit_code == 0
    assert "until resolved" in done.stdout
    assert "nothing of it fires now" in done.stdout
    assert [(made.until_resolved, made.ends_at) for made in stored(filled)] == [(True, None)]


def test_a_silence_may_begin_later_and_ends_so_long_after(invoke: Invoke, filled: Path) -> None:
    done = invoke(
        "silence", "add", "alertname=Late", "--start", "2099-01-01T00:00Z", "--for", "1h", "--json"
    )
    record = json.loads(done.stdout)
    assert (record["state"], record["starts_at"], record["ends_at"]) == (
        "pending",
        "2099-01-01T00:00:00Z",
        "2099-01-01T01:00:00Z",
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("alertname=Late",), "say how long"),
        (("alertname=Late", "--for", "2h", "--until", "2099-01-01"), "say one"),
        (("alertname=Late", "--for", "2"), "2"),
        (("alertname=Late", "--until", "tomorrow"), "expected a time such as"),
        (("alertname=Late", "--until", "9999-12-31T23:00-05:00"), "expected a time such as"),
        (("alertname=Late", "--until", "2001-01-01"), "it would end before it begins"),
        (("alertname", "--for", "2h"), "expected = != =~ or !~"),
        (("alertname=~(", "--for", "2h"), "this is not a pattern"),
        (("alertname!=Late", "--for", "2h"), "nearly everything"),
        (("alertname=Late", "--for", "2h", "--author", " "), "expected a name"),
    ],
)
def test_a_wrong_silence_is_refused(
    invoke: Invoke, filled: Path, arguments: tuple[str, ...], expected: str
) -> None:
    done = invoke("silence", "add", *arguments)
    assert done.exit_code == 2
    assert expected in " ".join(done.stderr.replace("│", " ").split())
    assert stored(filled) == []


def test_silences_are_listed_with_what_they_silence_now_until_they_have_ended(
    invoke: Invoke, filled: Path
) -> None:
    for matcher in ("alertname=Late", "alertname=Low"):
        invoke("silence", "add", matcher, "--for", "1h")
    rows = listed(invoke, "silence", "list")
    assert [(row["matchers"], row["alerts"]) for row in rows] == [
        ('{alertname="Low"}', []),
        ('{alertname="Late"}', ["a1"]),
    ]
    done = invoke("silence", "expire", rows[1]["id"][:6], "--author", "bob")
    assert (done.exit_code, done.stdout) == (0, "1 silence ended\n")
    assert [row["id"] for row in listed(invoke, "silence", "list")] == [rows[0]["id"]]
    everything = {row["id"]: row for row in listed(invoke, "silence", "list", "--all")}
    assert (everything[rows[1]["id"]]["state"], everything[rows[1]["id"]]["ended_by"]) == (
        "expired",
        "bob",
    )


def test_no_silence_is_said_beside_the_data(invoke: Invoke, filled: Path) -> None:
    assert "there is no silence" in invoke("silence", "list").stderr
    done = invoke("silence", "expire", "abc")
    assert done.exit_code == 1
    assert "no silence that has not ended has the id 'abc'" in done.stderr


# --- ack ------------------------------------------------------------------------------------------


def test_an_alert_is_acknowledged_and_that_is_shown(invoke: Invoke, filled: Path) -> None:
    done = invoke("ack", "a1", "--author", "anna", "--comment", "on it")
    assert done.exit_code == 0, done.stderr
    assert "1 alert acknowledged by anna" in done.stdout
    row = next(row for row in listed(invoke, "alerts") if row["id"] == "a1")
    assert (row["acknowledged_by"], row["acknowledged_comment"]) == ("anna", "on it")
    assert row["acknowledged_at"] is not None
    assert "1 alert no longer acknowledged" in invoke("ack", "a1", "--undo").stdout
    assert listed(invoke, "alerts")[0]["acknowledged_by"] is None


def test_alerts_are_acknowledged_by_their_labels(invoke: Invoke, filled: Path) -> None:
    assert (
        "1 alert acknowledged"
        in invoke("ack", "--matcher", "alertname=Late", "--matcher", "severity=critical").stdout
    )
    done = invoke("ack", "--matcher", "alertname=Low")  # it is pending only
    assert (done.exit_code, done.stderr) == (1, "error: no firing alert matches\n")


def test_an_id_that_fits_no_firing_alert_fails_like_a_matcher_that_fits_none(
    invoke: Invoke, filled: Path
) -> None:
    done = invoke("ack", "a3", "a1", "zz")  # a3 has ended
    assert (done.exit_code, done.stdout) == (1, "")
    assert (
        done.stderr
        == "error: no firing alert has the id 'a3'\nerror: no firing alert has the id 'zz'\n"
    )
    assert listed(invoke, "alerts")[0]["acknowledged_by"] is None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "name either alerts by their ids"),
        (("a1", "--matcher", "a=b"), "name either alerts by their ids"),
        (("--matcher", "a"), "expected = != =~ or !~"),
    ],
)
def test_a_wrong_acknowledgement_is_refused(
    invoke: Invoke, filled: Path, arguments: tuple[str, ...], expected: str
) -> None:
    done = invoke("ack", *arguments)
    assert done.exit_code == 2
    assert expected in " ".join(done.stderr.replace("│", " ").split())


def test_a_silenced_alert_says_by_what(invoke: Invoke, filled: Path) -> None:
    invoke("silence", "add", "alertname=Late", "--for", "1h")
    (made,) = stored(filled)
    assert {row["id"]: row["silenced_by"] for row in listed(invoke, "alerts")} == {
        "a1": [made.id],
        "a2": [],
    }


# --- route ----------------------------------------------------------------------------------------

TREE = """\
  routes:
    - matchers: [severity=critical]
      receiver: pager
      continue: true
      mute_time_intervals: [always]
    - matchers: [severity=critical, sender=~"Shop.*"]
      group_by: [...]
time_intervals:
  - {name: always, time_intervals: [{times: [{start_time: "00:00", end_time: "24:00"}]}]}
inhibit_rules:
  - {source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [account]}
"""


@pytest.fixture
def tree(folder: Path) -> Path:
    (folder / "rules.yaml").write_text(
        RULES.replace("receivers:\n", "receivers:\n  - {name: pager, console: {}}\n") + TREE
    )
    return folder


def test_route_shows_whom_labels_reach_and_by_which_way(invoke: Invoke, tree: Path) -> None:
    rows = listed(invoke, "route", "severity=critical", "sender=Shop 1")
    assert [(row["receiver"], row["path"]) for row in rows] == [
        ("pager", 'route/{severity="critical"}'),
        ("desk", 'route/{sender=~"Shop.*",severity="critical"}'),
    ]
    assert rows[0]["muted"] == "mute time interval always"
    assert (rows[1]["muted"], rows[1]["group_labels"]) == (
        None,
        {"sender": "Shop 1", "severity": "critical"},
    )
    assert [row["path"] for row in listed(invoke, "route", "severity=info")] == ["route"]


def test_route_says_what_hides_such_an_alert(invoke: Invoke, tree: Path) -> None:
    done = invoke("route", "severity=warning")
    assert done.stdout.splitlines()[1].startswith("desk\troute")
    assert (
        'not told while an alert {severity="critical"} with the same account fires' in done.stderr
    )


@pytest.mark.parametrize("label", ["severity", "=x", "severity=~x", "severity!=x"])
def test_route_wants_labels_not_matchers(invoke: Invoke, tree: Path, label: str) -> None:
    done = invoke("route", label)
    assert done.exit_code == 2
    assert "expected a label such as" in done.stderr


def test_route_without_receivers_says_that_no_one_is_told(invoke: Invoke, folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES.partition("receivers:")[0])
    done = invoke("route", "a=b")
    assert done.exit_code == 1
    assert "no one is told" in done.stderr


# --- what nothing has -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "doubt"),
    [
        (
            "alertname=Laet",
            'alertname="Laet": there is no rule named "Laet" (did you mean "Late"?)',
        ),
        ("sendr=FitClub", 'sendr="FitClub": no alert has a label "sendr" (did you mean "sender"?)'),
        (
            "severity=critcal",
            'severity="critcal": no alert has the severity "critcal" (did you mean "critical"?)',
        ),
        (
            "account=defualt",
            'account="defualt": no alert has the account "defualt" (did you mean "default"?)',
        ),
        (
            "message_type=SMS",
            'message_type="SMS": no alert has the message type "SMS" (did you mean "sms"?)',
        ),
    ],
)
def test_a_value_that_no_alert_has_is_a_warning(
    invoke: Invoke, filled: Path, given: str, doubt: str
) -> None:
    silenced = invoke("silence", "add", given, "--for", "1h")
    assert (silenced.exit_code, silenced.stderr) == (0, f"warning: {doubt}\n")
    assert len(stored(filled)) == 1
    assert (
        invoke("ack", "--matcher", given).stderr
        == f"warning: {doubt}\nerror: no firing alert matches\n"
    )
    routed = invoke("route", given)
    assert (routed.exit_code, routed.stderr) == (0, f"warning: {doubt}\n")


def test_what_an_alert_has_that_the_rules_no_longer_know_is_no_warning(
    invoke: Invoke, filled: Path, folder: Path
) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("Late", "Later"))
    assert invoke("silence", "add", "alertname=Late", "--for", "1h").stderr == ""
    assert "there is no rule" in invoke("silence", "add", "alertname=Lat", "--for", "1h").stderr


def test_a_silence_needs_no_rules_file(invoke: Invoke, filled: Path, folder: Path) -> None:
    (folder / "rules.yaml").unlink()
    done = invoke("silence", "add", "alertname=Laet", "--for", "1h")
    assert (done.exit_code, done.stderr) == (0, "")
