"""Unit tests of rules: a case that is right passes, one that is wrong says what differs, a file that is wrong says where."""

from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.ruletest import load_cases, run_case

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


async def differences(folder: Path, text: str) -> list[str]:
    (folder / "rules.yaml").write_text(RULES)
    file = folder / "rules_test.yaml"
    file.write_text(text)
    loaded = load_cases(file, lookup=lambda _: None)
    return ["\n".join(found.lines) for case in loaded.cases for found in await run_case(case, loaded.rules)]


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
        ("{at: 21m, alerts: [Slow 7]}", ["+ Stalled 7 firing summary 'Spring sale stands still for 16 min'"]),
        ("{at: 10m, alerts: [Slow 7]}", ["- Slow 7 firing"]),
        ("{at: 15m, alerts: [{alert: Slow, state: pending}]}", []),
        (
            "{at: 21m, alerts: [Slow, {alert: Stalled, severity: warning}]}",
            [
                "- Stalled firing severity='warning'",
                "+ Stalled 7 firing summary 'Spring sale stands still for 16 min'",
                "  its label severity is 'critical'",
            ],
        ),
        (
            "{at: 21m, messages: [{receiver: ops, reason: firing}]}",
            ["+ to pager (firing): Stalled 7 firing summary 'Spring sale stands still for 16 min'"],
        ),
        ("{at: 5m, messages: [{receiver: ops}]}", ["- to ops"]),
        (
            "{at: 20m, messages: [{receiver: ops, reason: repeat}]}",
            [
                "- to ops (repeat)",
                "+ to ops (firing): Slow 7 firing summary 'Spring sale: sending, 950 of 1000 delivered'",
                "  its reason is firing",
            ],
        ),
    ],
)
async def test_what_differs_is_shown_line_by_line(tmp_path: Path, expected: str, lines: list[str]) -> None:
    assert await differences(tmp_path, STALL + f"      - {expected}\n") == (["\n".join(lines)] if lines else [])


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
    assert await differences(tmp_path, text) == ["- Slow firing"], "for: an alert fires at an evaluation on good data, not before"


async def test_a_campaign_that_is_gone_ends_its_alerts_and_a_sender_is_judged_by_all(tmp_path: Path) -> None:
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
      - {id: 2, sender: Shop, status: sending, sent: 100, delivered: 20}
    expect:
      - {at: 14m, alerts: [{alert: Slow, campaign: 1, state: pending}, {alert: Slow, campaign: 2, state: pending}]}
      - {at: 16m, alerts: [Slow 1, Slow 2, Stalled 1, Stalled 2, {alert: Weak, sender: Shop}]}
      - {at: 30m, alerts: [Slow 2, Stalled 2, Weak Shop]}
"""
    assert await differences(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tests: [{name: a, expect: [{at: 5m, alerts: [Stalld]}]}]", "1:46: alert: expected Stalled, Stopped"),
        ("tests: [{name: a, expect: [{at: soon, alerts: []}]}]", '1:33: "soon" is not a duration'),
        ("tests: [{name: a, expect: [{at: 5m, alerts: []}, {at: 4m, alerts: []}]}]", "expect: it is earlier than the one before"),
        ("tests: [{name: a, expect: [{at: 5m, messages: [{receiver: op}]}]}]", 'receiver: expected ops or pager, found "op"'),
        ("tests: [{expect: []}]", 'a test needs "name"'),
        ("tests: [{name: a, expect: [], campaigns: [{status: snding}]}]", "status: expected creation"),
        ("tests: [{name: a, expect: [], campaigns: [{snapshots: [[at, sentt], [0m, 5]]}]}]", "snapshots: no such column"),
        ("tests: [{name: a, expect: [], campaigns: [{snapshots: [[at, sent], [0m]]}]}]", "snapshots: the row has 1 cells"),
        (
            "tests: [{name: a, expect: [], campaigns: [{snapshots: [[at, sent], [5m, 1], [5m, 2]]}]}]",
            "it is not later than the row above",
        ),
        ("tests: [{name: a, expect: [], campaigns: [{sent: many}]}]", "sent: expected a number"),
        ("tests: [{name: a, expect: [], campaigns: [{created_at: yesterday}]}]", "created_at: expected a time"),
        ("tests: [{name: a, expect: [], accounts: [[at, answers], [0m, maybe]]}]", "answers: expected up, partial or down"),
        ("test: []", 'a test file has no "test" (did you mean "tests"?)'),
        ("- a", "the test file is a list"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    file = tmp_path / "t.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_cases(file, lookup=lambda _: None)
    assert any(problem in str(each) for each in caught.value.problems), [str(each) for each in caught.value.problems]
