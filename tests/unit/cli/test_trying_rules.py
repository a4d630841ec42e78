"""`test` and `backtest`: rules tried on what might be, and on what was."""

import asyncio
import json
import textwrap
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.ports import CycleCommit
from monitor.store import SqliteStore
from tests.sources import campaign
from tests.unit.cli.conftest import Invoke
from tests.unit.domain.builders import HOUR

CASES = """\
tests:
  - name: starts late
    campaigns: [{id: 4, start_at: 0m}]
    expect:
      - {at: 10m, alerts: []}
      - {at: 11m, alerts: [{alert: Late, campaign: 4, summary: "Campaign 1 is late"}], messages: [{receiver: desk}]}
"""


def test_the_help_shows_a_file_of_tests_that_the_default_rules_pass(
    invoke: Invoke, folder: Path
) -> None:
    assert invoke("init", "--force").exit_code == 0
    shown = invoke("test", "--help").stdout.split("A file of tests:\n")[1]
    (folder / "shown.yaml").write_text(textwrap.dedent(shown))
    done = invoke("test", "shown.yaml")
    assert (done.exit_code, done.stdout) == (
        0,
        "ok      shown.yaml: a campaign that stands still\n1 test, all as expected\n",
    )


def test_tests_that_pass_and_fail_are_told_apart_by_the_exit_code(
    invoke: Invoke, folder: Path
) -> None:
    (folder / "good.yaml").write_text(CASES)
    (folder / "bad.yaml").write_text(
        CASES.replace("{at: 10m, alerts: []}", "{at: 10m, alerts: [Late]}")
    )
    done = invoke("test", "good.yaml")
    assert (done.exit_code, done.stdout.splitlines()) == (
        0,
        ["ok      good.yaml: starts late", "1 test, all as expected"],
    )
    done = invoke("test", "good.yaml", "bad.yaml")
    assert done.exit_code == 1
    assert "FAILED  bad.yaml: starts late" in done.stdout
    assert "        bad.yaml:5:9: at 10m, alerts" in done.stdout
    assert "          - Late firing" in done.stdout
    assert done.stdout.endswith("1 of 2 as expected\n")


def test_tests_as_json_for_programs(invoke: Invoke, folder: Path) -> None:
    (folder / "bad.yaml").write_text(CASES.replace("alerts: []", "alerts: [Late]"))
    (record,) = json.loads(invoke("test", "bad.yaml", "--json").stdout)
    (found, *_) = record["differences"]
    assert (record["passed"], found["at_seconds"], found["lines"]) == (
        False,
        600.0,
        ["- Late firing"],
    )


def test_a_test_file_that_is_wrong_or_missing_is_wrong_use(invoke: Invoke, folder: Path) -> None:
    (folder / "odd.yaml").write_text(CASES.replace("Late", "Lat"))
    done = invoke("test", "odd.yaml")
    assert done.exit_code == 2
    assert (
        'odd.yaml:6:36: error: alert: expected Late, found "Lat" (did you mean "Late"?)'
        in done.stderr
    )
    assert invoke("test", "nowhere.yaml").exit_code == 2


def test_where_the_rules_are_not_it_says_how_to_name_them(invoke: Invoke, folder: Path) -> None:
    (folder / "cases.yaml").write_text(CASES)
    (folder / "rules.yaml").unlink()
    missing = "error: rules.yaml: the rules file does not exist"
    said = 'name one in cases.yaml ("rules: …", a path beside it), or with --rules'
    assert invoke("test", "cases.yaml").stderr == f"{missing} ({said})\n"
    assert invoke("test", "cases.yaml", "--rules", "rules.yaml").stderr == f"{missing}\n"
    assert invoke("backtest", "--rules", "rules.yaml").stderr == f"{missing}\n"
    assert "BSG_RULES_FILE names another" in invoke("backtest").stderr


def test_every_wrong_file_is_told_of_at_once_and_what_they_share_once(
    invoke: Invoke, folder: Path
) -> None:
    (folder / "rules.yaml").write_text("rules: [{alert: A, when: sennt > 5}]\n")
    for name in ("a.yaml", "b.yaml"):
        (folder / name).write_text(CASES)
    done = invoke("test", "a.yaml", "b.yaml", "nowhere.yaml")
    assert done.exit_code == 2
    assert done.stderr.count('there is no field "sennt"') == 1
    assert "nowhere.yaml: the test file does not exist" in done.stderr


@pytest.fixture
def recorded(folder: Path) -> None:
    """A campaign that was planned for an hour ago and started half an hour late."""
    now = SystemClock().now().timestamp()
    late = campaign(1, created_at=now - 2 * HOUR, start_at=now - HOUR, real_start_at=now - HOUR / 2)
    row = TrackedCampaign(
        campaign=late, first_seen=now - 2 * HOUR, status_since=now - HOUR / 2, progress_since=now
    )

    async def fill() -> None:
        async with SqliteStore(folder / "bsg-monitor.db") as store:
            shown = (
                (now - 2 * HOUR, "scheduled", 0),
                (now - HOUR / 2, "sending", 10),
                (now - 60, "sending", 1000),
            )
            for at, status, sent in shown:
                samples = {1: Sample(at, status, sent, sent)}
                await store.commit_cycle(
                    CycleCommit(account="default", campaigns=[row], samples=samples)
                )

    asyncio.run(fill())


@pytest.mark.usefixtures("recorded")
def test_history_is_played_through_the_rules_in_force(invoke: Invoke) -> None:
    report = json.loads(invoke("backtest", "--since", "3h", "--json").stdout)
    (rule,) = report["rules"]
    assert (rule["rule"], rule["fired"], rule["subjects"], report["messages"]) == (
        "Late",
        1,
        1,
        {"desk": 2},
    )
    assert 900 <= rule["firing_seconds"] <= 1200
    done = invoke("backtest", "--since", "3h")
    assert done.stderr.startswith("3 samples of 1 known campaign, ")
    keys, late, empty, *receivers = done.stdout.splitlines()
    assert keys.split("\t")[:5] == ["rule", "severity", "fired", "subjects", "firing_seconds"]
    assert late.split("\t")[:4] == ["Late", "critical", "1", "1"]
    assert (empty, receivers) == ("", ["receiver\tmessages", "desk\t2"])


@pytest.mark.usefixtures("recorded")
def test_what_fired_in_history_is_not_logged_as_of_now(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BSG_LOG_LEVEL", "debug")
    assert "alert_fired" not in invoke("backtest", "--since", "3h").output


@pytest.mark.usefixtures("recorded")
def test_two_rules_files_are_shown_side_by_side(invoke: Invoke, folder: Path) -> None:
    tamer = (
        (folder / "rules.yaml")
        .read_text()
        .replace('"10m"', '"10h"')
        .replace("console: {}", 'slack: {url: "${NO}"}')
    )
    (folder / "tamer.yaml").write_text(tamer)
    done = invoke("backtest", "--since", "3h", "--against", "tamer.yaml")
    assert done.exit_code == 0
    line = next(line for line in done.stdout.splitlines() if line.startswith("Late"))
    assert line.split("\t")[:4] == ["Late", "critical", "1", "0"]
    both = json.loads(
        invoke("backtest", "--since", "3h", "--against", "tamer.yaml", "--json").stdout
    )
    assert [both[which]["rules"][0]["fired"] for which in ("rules", "against")] == [1, 0]


@pytest.mark.usefixtures("recorded")
def test_what_is_wrong_in_either_file_is_told_at_once(invoke: Invoke, folder: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (folder / name).write_text(
            (folder / "rules.yaml").read_text().replace("start_delay", "delay")
        )
    done = invoke("backtest", "--rules", "a.yaml", "--against", "b.yaml")
    assert done.exit_code == 2
    assert "a.yaml:3:37: error:" in done.stderr
    assert "b.yaml:3:37: error:" in done.stderr


@pytest.mark.usefixtures("filled")
def test_without_history_there_is_nothing_to_play(invoke: Invoke) -> None:
    done = invoke("backtest")
    assert (done.exit_code, done.stderr) == (
        1,
        "error: there is no history yet: a monitor records it while it runs\n",
    )


@pytest.mark.usefixtures("recorded")
def test_where_history_ended_before_that_time_it_says_when(invoke: Invoke) -> None:
    done = invoke("backtest", "--since", "1s")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: there is no history of that time: the latest is of 20")
    assert done.stderr.endswith(" UTC; a longer --since reaches it\n")
