"""Unit tests of rules: a case that is right passes, one that is wrong says what differs, a file
that is wrong says where."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.ruletest import load_cases, run_case
from tests.rules import settings_for

RULES = """\
rules:
  - alert: Stalled
    when: stalled_for > "15m"
    severity: critical
    summary: "{{ campaign.name }} stands still for {{ stalled_for | duration }}"
  - alert: Stopped
    on: status_changed
    when: status == "stopped"
  - alert: Slow
    when: increase(sent, "10m") < 100 and status == "sending"
    for: 5m
  - {alert: Down, scope: account, when: not api_up, for: 2m}
  - {alert: Poor, scope: account, when: spendable < 50}
  - {alert: Weak, scope: sender, when: delivery_ratio_upper < 0.9}
  - {alert: Deaf, scope: receiver, when: waiting > 5}
  - {alert: Odd, when: 'reach < baseline(reach, "28d") - 0.2'}
receivers:
  - name: ops
    slack: {url: "${SLACK_URL}"}
  - name: pager
    console: {}
    send_resolved: false
route:
  receiver: ops
  routes: [{matchers: ['severity="critical"'], receiver: pager}]
"""
STALL = """\
tests:
  - name: stands still
    campaigns:
      - id: 7
        name: Spring sale
        sender: Shop
        snapshots:
          - [at,  status,    sent, delivered]
          - [0m,  scheduled, 0,    0]
          - [5m,  sending,   1000, 950]
          - [40m, .,         2000, 1900]
          - [50m, stopped,   .,    .]
    expect:
"""


async def differences(folder: Path, text: str, rules: str = RULES) -> list[str]:
    (folder / "rules.yaml").write_text(rules)
    file = folder / "rules_test.yaml"
    file.write_text(text)
    loaded = load_cases(file, settings_for(folder / "rules.yaml"))
    return [
        "\n".join(found.lines)
        for case in loaded.cases
        for found in await run_case(case, loaded.rules)
    ]


async def test_what_is_as_expected_differs_in_nothing(tmp_path: Path) -> None:
    expected = """\
      - {at: 20m, alerts: [Slow 7], messages: [{receiver: ops, reason: firing, alerts: [Slow 7]}]}
      - at: 21m
        alerts:
          - {alert: Stalled, campaign: 7, severity: critical, summary: "Spring sale stands still for 16 min"}
          - Slow 7
        messages: [{receiver: pager, alerts: [{alert: Stalled, labels: {sender: Shop}}]}]
      - at: 49m
        alerts: []
        messages: [{receiver: ops, reason: resolved, alerts: [{alert: Slow, state: resolved}]}]
      - {at: 51m, alerts: [], messages: [{receiver: ops, reason: event, alerts: [{alert: Stopped, state: event}]}]}
"""
    assert await differences(tmp_path, STALL + expected) == []


@pytest.mark.parametrize(
    ("expected", "lines"),
    [
        (
            "{at: 21m, alerts: [Slow 7]}",
            ["+ Stalled 7 firing summary 'Spring sale stands still for 16 min'"],
        ),
        ("{at: 10m, alerts: [Slow 7]}", ["- Slow 7 firing"]),
        ("{at: 15m, alerts: [{alert: Slow, state: pending}]}", []),
        (
            "{at: 21m, alerts: [Slow, {alert: Stalled, severity: warning}]}",
            [
                "- Stalled firing severity='warning'",
                "+ Stalled 7 firing severity='critical'",
            ],
        ),
        (
            (
                "{at: 21m, alerts: [{alert: Stalled, campaign: 9}, {alert: Slow, labels: {team: x}, "
                "description: why}]}"
            ),
            [
                "- Stalled 9 firing",
                "- Slow firing team='x' description 'why'",
                "+ Slow 7 firing without team without description",
                "+ Stalled 7 firing summary 'Spring sale stands still for 16 min'",
            ],
        ),
        (
            "{at: 21m, messages: [{receiver: ops, reason: firing}]}",
            [
                "+ to pager (firing), at 21m",
                "    Stalled 7 firing summary 'Spring sale stands still for 16 min'",
            ],
        ),
        (
            "{at: 21m, messages: [{receiver: ops}, {receiver: pager, alerts: [Stalled 8]}]}",
            [
                "  to pager (firing), at 21m",
                "    - Stalled 8",
                "    + Stalled 7 firing summary 'Spring sale stands still for 16 min'",
            ],
        ),
        (
            "{at: 5m, messages: [{receiver: ops, reason: firing, alerts: [Slow]}]}",
            ["- to ops (firing)", "    Slow"],
        ),
        ("{at: 5m, messages: [{receiver: ops}]}", ["- to ops"]),
        (
            "{at: 20m, messages: [{receiver: ops, reason: repeat}]}",
            [
                "- to ops (repeat)",
                "+ to ops (firing), at 20m",
            ],
        ),
    ],
)
async def test_what_differs_is_shown_line_by_line(
    tmp_path: Path, expected: str, lines: list[str]
) -> None:
    assert await differences(tmp_path, STALL + f"      - {expected}\n") == (
        ["\n".join(lines)] if lines else []
    )


async def test_an_alert_of_a_message_has_any_state_unless_one_is_written(tmp_path: Path) -> None:
    expected = """\
      - {at: 20m}
      - {at: 49m, messages: [{receiver: ops, alerts: [{alert: Slow, campaign: 7}]}]}
      - {at: 51m, messages: [{receiver: ops, reason: event, alerts: [Stopped 7]}]}
"""
    told_before = (
        "+ to pager (firing), at 21m\n    Stalled 7 firing summary 'Spring sale stands still for "
        "16 min'"
    )
    assert await differences(tmp_path, STALL + expected) == [told_before]


async def test_what_is_there_from_the_start_has_not_appeared_and_its_states_count(
    tmp_path: Path,
) -> None:
    rules = """\
rules:
  - {alert: New, on: appeared}
  - {alert: Held, when: status == "spam"}
receivers: [{name: ops, console: {}}]
route: {receiver: ops}
"""
    text = """\
tests:
  - name: appearances
    campaigns:
      - {id: 1, status: spam}
      - id: 2
        snapshots:
          - [at, status]
          - [2m, spam]
    expect:
      - {at: 0m, alerts: [Held 1], messages: [{receiver: ops, reason: firing, alerts: [Held 1]}]}
      - at: 10m
        alerts: [Held 1, Held 2]
        messages:
          - {receiver: ops, reason: event, alerts: [New 2]}
          - {receiver: ops, reason: new_alerts, alerts: [Held 2, Held 1]}
  - name: an outage at the start
    campaigns: [{id: 1, status: spam}]
    accounts:
      - [at, answers]
      - [0m, down]
      - [3m, up]
    expect:
      - {at: 2m, alerts: [], messages: []}
      - {at: 4m, alerts: [Held 1], messages: [{receiver: ops, reason: firing, alerts: [Held 1]}]}
"""
    assert await differences(tmp_path, text, rules) == []


async def test_an_account_that_does_not_answer_decides_nothing_of_campaigns(tmp_path: Path) -> None:
    text = """\
tests:
  - name: outage
    campaigns:
      - {id: 1, status: sending, sent: 5, delivered: 5, real_start_at: 0m}
    accounts:
      - [at, answers, balance, currency]
      - [0m, up, 100, EUR]
      - [5m, down, ., .]
      - [30m, up, 40, .]
    expect:
      - {at: 4m, alerts: []}
      - {at: 8m, alerts: [Down]}
      - {at: 29m, alerts: [Down]}
      - {at: 30m, alerts: [Stalled 1, Poor, Slow]}
"""
    assert await differences(tmp_path, text) == ["- Slow firing"], (
        "for: an alert fires at an evaluation on good data, not before"
    )


async def test_a_campaign_that_is_gone_ends_its_alerts_and_a_sender_is_judged_by_all(
    tmp_path: Path,
) -> None:
    text = """\
tests:
  - name: gone
    campaigns:
      - id: 1
        sender: Shop
        status: sending
        snapshots:
          - [at, status, sent, delivered]
          - [0m, sending, 100, 10]
          - [30m, gone, ., .]
          - [35m, ., ., .]
      - {id: 2, sender: Shop, status: sending, sent: 100, delivered: 20}
    expect:
      - {at: 14m, alerts: [{alert: Slow, campaign: 1, state: pending}, {alert: Slow, campaign: 2, state: pending}]}
      - {at: 16m, alerts: [Slow 1, Slow 2, Stalled 1, Stalled 2, {alert: Weak, sender: Shop}]}
      - {at: 30m, alerts: [Slow 2, Stalled 2, Weak Shop]}
      - {at: 60m, alerts: [Slow 2, Stalled 2, Weak Shop]}
"""
    assert await differences(tmp_path, text) == []


async def test_of_much_that_was_not_expected_some_is_shown_and_the_rest_counted(
    tmp_path: Path,
) -> None:
    campaigns = ", ".join(
        f"{{id: {number}, status: sending, sent: 5, delivered: 5}}" for number in range(1, 15)
    )
    text = f"tests: [{{name: many, campaigns: [{campaigns}], expect: [{{at: 16m, alerts: []}}]}}]"
    (found,) = await differences(tmp_path, text)
    assert found.count("\n+ ") == 10
    assert found.endswith("\n+ … and 18 more")


async def test_a_time_without_a_zone_is_utc_wherever_the_test_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        text = """\
tests:
  - name: an hour ago
    campaigns: [{id: 1, created_at: "2026-03-02T08:00", status: scheduled}]
    expect: [{at: 1m, alerts: []}]
"""
        (tmp_path / "rules.yaml").write_text(RULES)
        (tmp_path / "t.yaml").write_text(text)
        (case,) = load_cases(tmp_path / "t.yaml", settings_for(tmp_path / "rules.yaml")).cases
        (_, snapshot), *_ = case.campaigns[0].snapshots
        assert snapshot is not None
        assert snapshot.created_at == datetime(2026, 3, 2, 8, tzinfo=UTC).timestamp()
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_what_is_known_in_detail_also_of_the_fallback_is_there_for_texts(
    tmp_path: Path,
) -> None:
    text = """\
tests:
  - name: why
    campaigns:
      - id: 1
        status: sending
        message_type: rcs
        sent: 100
        delivered: 40
        detail: {delivered: 40, not_rcs_user: 50, expired: 10, total_price: 4.5, fallback: {delivered: 1, failed: 1}}
    expect:
      - {at: 16m, alerts: [{alert: Told, summary: "not RCS-capable 50 %, expired 10 %; SMS fallback: failed 50 %"}]}
"""
    (tmp_path / "rules.yaml").write_text(
        'rules: [{alert: Told, when: stalled_for > "15m", summary: "{{ why }}"}]'
    )
    (tmp_path / "t.yaml").write_text(text)
    loaded = load_cases(tmp_path / "t.yaml", settings_for(tmp_path / "rules.yaml"))
    assert await run_case(loaded.cases[0], loaded.rules) == []


def test_what_works_and_is_hardly_meant_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "t.yaml").write_text("tests: [{name: a, expect: [{at: 5m}]}]")
    (warning,) = load_cases(tmp_path / "t.yaml", settings_for(tmp_path / "rules.yaml")).warnings
    assert "expect: it says neither which alerts nor which messages" in str(warning)


def test_no_secret_of_a_receiver_is_needed(tmp_path: Path) -> None:
    receivers = """\
receivers:
  - {name: ops, slack: {url_file: /nowhere/slack}}
  - {name: post, email: {to: ["${MAIL}"], from: "${FROM}", host: "${HOST}"}}
  - {name: hook, webhook: {url: "http://plain.example.org/", ca_file: /nowhere/ca.pem}}
route:
  receiver: "${TEAM:-ops}"
  routes: [{matchers: [severity="critical"], receiver: post}, {matchers: [severity="info"], receiver: hook}]
"""
    (tmp_path / "rules.yaml").write_text(RULES[: RULES.index("receivers:")] + receivers)
    (tmp_path / "t.yaml").write_text("tests: [{name: a, expect: [{at: 5m, messages: []}]}]")
    loaded = load_cases(tmp_path / "t.yaml", settings_for(tmp_path / "rules.yaml"))
    assert [(each.name, each.integration) for each in loaded.rules.receivers] == [
        ("ops", "slack"),
        ("post", "email"),
        ("hook", "webhook"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "tests: [{name: a, expect: [{at: 5m, alerts: [Stalld]}]}]",
            "1:46: alert: expected Stalled, Stopped",
        ),
        (
            "tests: [{name: a, expect: [{at: 5m, alerts: [Deaf]}]}]",
            "1:46: alert: Deaf is of scope receiver: in a test no receiver",
        ),
        (
            "tests: [{name: a, expect: [{at: soon, alerts: []}]}]",
            '1:33: at: "soon" is not a duration',
        ),
        (
            "tests: [{name: a, expect: [{at: 5m, alerts: []}, {at: 4m, alerts: []}]}]",
            "expect: it is earlier than the one before",
        ),
        (
            "tests: [{name: a, expect: [{at: 5m, messages: [{receiver: op}]}]}]",
            'receiver: expected ops or pager, found "op"',
        ),
        ("tests: [{expect: []}]", 'a test needs "name"'),
        ("tests: [{name: a, expect: [{at: [5m], alerts: []}]}]", "1:33: at: expected one value"),
        (
            "tests: [{name: a, expect: [], campaigns: [{status: snding}]}]",
            "status: expected creation",
        ),
        (
            "tests: [{name: a, expect: [], campaigns: [{snapshots: [[at, sentt], [0m, 5]]}]}]",
            "snapshots: no such column",
        ),
        (
            "tests: [{name: a, expect: [], campaigns: [{snapshots: [[at, sent], [0m]]}]}]",
            "snapshots: the row has 1 cells",
        ),
        (
            (
                "tests: [{name: a, expect: [], campaigns: [{snapshots: [[at, sent], [5m, 1], [5m, "
                "2]]}]}]"
            ),
            "it is not later than the row above",
        ),
        (
            "tests: [{name: a, expect: [], campaigns: [{sent: many}]}]",
            "sent: expected a whole number, 0 or more",
        ),
        (
            "tests: [{name: a, expect: [], campaigns: [{sent: -1}]}]",
            "sent: expected a whole number, 0 or more",
        ),
        (
            "tests: [{name: a, expect: [], campaigns: [{id: 0}]}]",
            "id: expected a whole number from 1",
        ),
        (
            "tests: [{name: a, expect: [], campaigns: [{id: 7}, {id: 7}]}]",
            "campaigns: there are two with the id 7",
        ),
        (
            "tests: [{name: a, expect: [], campaigns: [{snapshots: [[at, at], [0m, 5m]]}]}]",
            'the column "at" is there twice',
        ),
        (
            "tests: [{name: a, expect: [], campaigns: [{snapshots: [[sent], [5]]}]}]",
            'there is no column "at"',
        ),
        (
            "tests: [{name: a, expect: [], campaigns: [{detail: {expird: 5}}]}]",
            'no "expird" (did you mean "expired"?)',
        ),
        (
            "tests: [{name: a, expect: [], campaigns: [{detail: {expired: x}}]}]",
            "1:62: expired: expected a whole number",
        ),
        ("tests: [{name: a, expect: []}]", "1:27: expect: nothing is expected"),
        (
            "tests: [{name: a, expect: [{at: 9999d, alerts: []}]}]",
            "9999d is too far from the start: 366 days are the most",
        ),
        ("tests: []", "1:8: tests: there are none"),
        ("{start: 0001-01-01, tests: []}", "start: a time is between 2000 and 2100"),
        (
            "{rules: other.yaml, tests: []}",
            '1:9: rules: there is no file "other.yaml" (it is looked for beside this one)',
        ),
        (
            "tests: [{name: a, expect: [], campaigns: [{created_at: yesterday}]}]",
            "created_at: expected a time",
        ),
        (
            "tests: [{name: a, expect: [], accounts: [[at, answers], [0m, maybe]]}]",
            "answers: expected up, partial, down or refused",
        ),
        (
            "tests: [{name: a, expect: [], accounts: [[at, balance], [0m, x]]}]",
            '1:62: balance: expected a number, found "x"',
        ),
        (
            "tests: [{name: a, expect: [], accounts: [[at, balance], [5m, 1], [5m, 2]]}]",
            "accounts: it is not later than",
        ),
        ("test: []", 'a test file has no "test" (did you mean "tests"?)'),
        ("- a", "the test file is a list"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    file = tmp_path / "t.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_cases(file, settings_for(tmp_path / "rules.yaml"))
    assert any(problem in str(each) for each in caught.value.problems), [
        str(each) for each in caught.value.problems
    ]


USUAL = """\
start: 2026-03-02T10:00Z
tests:
  - name: less than usual
    campaigns:
      - {id: 1, status: done, created_at: 2026-02-09T09:00Z, finished_at: 2026-02-09T09:30Z, sent: 100, delivered: 95}
      - {id: 2, status: done, created_at: 2026-02-16T09:10Z, finished_at: 2026-02-16T09:30Z, sent: 100, delivered: 92}
      - {id: 3, status: done, created_at: 2026-02-23T09:50Z, finished_at: 2026-02-23T09:59Z, sent: 100, delivered: 94}
      - {id: 9, status: done, created_at: 2026-03-02T09:30Z, sent: 50, delivered: 36}
    expect:
      - {at: 1m, alerts: [{alert: Odd, campaign: 9}]}
"""


def test_a_receiver_where_the_rules_have_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("rules: [{alert: A, on: appeared}]")
    file = tmp_path / "rules_test.yaml"
    file.write_text(STALL + "      - {at: 1m, messages: [{receiver: ops}]}\n")
    with pytest.raises(ConfigError, match='receiver: expected nothing, found "ops"'):
        load_cases(file, settings_for(tmp_path / "rules.yaml"))


async def test_what_is_usual_is_worked_out_from_the_campaigns_of_the_test(tmp_path: Path) -> None:
    assert await differences(tmp_path, USUAL) == []
