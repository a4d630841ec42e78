"""rules.yaml: what it becomes, and everything that is refused, with its place."""

import pickle
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.alerting.rule import Scope
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.figures import Settle
from monitor.errors import ConfigError, Place, Problem
from monitor.rulefile import parse_rules, rules_template
from tests.rules import rules_in
from tests.unit.config.conftest import rule_problems, rules
from tests.unit.domain.builders import a_campaign, tracked

RULE = "rules:\n  - alert: A\n    when: sent > 5\n"
TELLING = "receivers: [{name: ops, console: {}}]\nroute: {receiver: ops}\n"
HOOK = "webhook: {url: 'https://a.example.org'}"


def test_a_rule_has_everything_that_was_written() -> None:
    file = rules("""\
rules:
  - alert: LowDelivery
    scope: campaign
    when: >
      sent >= 100
      and delivery_ratio < 0.80
    for: 10m
    keep_firing_for: 1h30m
    severity: critical
    labels: {team: messaging, "tier": "1"}
    summary: "{{ campaign.name }}: {{ delivery_ratio | percent }}"
    description: "{{ sent }}"
    runbook_url: https://example.org/runbook?a=b#low
  - alert: Down
    scope: account
    when: api_up == false
""")
    low, down = file.rules
    assert (low.name, low.scope, low.severity) == ("LowDelivery", Scope.CAMPAIGN, "critical")
    assert (low.hold, low.keep_firing) == (timedelta(minutes=10), timedelta(minutes=90))
    assert low.labels == {"team": "messaging", "tier": "1"}
    assert low.runbook_url == "https://example.org/runbook?a=b#low"
    assert low.when is not None
    assert low.when.fields == {"sent", "delivery_ratio"}
    assert low.place == Place("rules.yaml", 2, 5)
    assert not low.is_event_rule
    assert (down.scope, down.severity, down.hold, down.labels) == (
        Scope.ACCOUNT,
        "warning",
        timedelta(0),
        {},
    )
    assert down.summary.text
    assert down.description is None


def test_an_event_rule_may_name_one_event_or_several_and_needs_no_condition() -> None:
    file = rules("rules:\n  - {alert: A, on: vanished}\n  - {alert: B, on: [appeared, edited]}\n")
    assert file.rules[0].on == {EventKind.VANISHED}
    assert file.rules[1].on == {EventKind.APPEARED, EventKind.EDITED}
    assert file.rules[0].when is None


def test_statuses_invented_since_can_be_made_known() -> None:
    text = "rules:\n  - {alert: A, when: 'status == \"frozen\"'}\n"
    assert "frozen" in rule_problems(text)[0]
    assert rules(text + "extra_statuses: [frozen]\n").extra_statuses == ("frozen",)


def test_the_route_has_the_documented_defaults() -> None:
    route = rules(RULE + TELLING).route
    assert route is not None
    assert (route.receiver, route.group_by) == ("ops", ("alertname", "account", "message_type"))
    assert (route.group_wait, route.group_interval) == (timedelta(0), timedelta(minutes=5))
    assert route.repeat_interval == timedelta(hours=4)


def test_the_route_can_say_otherwise() -> None:
    text = (
        "receivers: [{name: ops, console: {}}]\nroute: {receiver: ops, group_by: [], group_wait: "
        "30s, repeat_interval: 1d}\n"
    )
    route = rules(RULE + text).route
    assert route is not None
    assert (route.group_by, route.group_wait, route.repeat_interval) == (
        (),
        timedelta(seconds=30),
        timedelta(days=1),
    )


def test_without_receivers_a_warning_says_that_no_one_is_told() -> None:
    file = rules(RULE)
    assert (file.route, file.receivers) == (None, ())
    assert "no alert will be sent" in str(file.warnings[0])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{when: sent > 5}", 'rules.yaml:2:5: a rule needs "alert"'),
        ("{alert: A}", 'rules.yaml:2:5: a rule needs "when"'),
        (
            "{alert: 5, when: sent > 5}",
            "rules.yaml:2:13: alert: expected a text, found the number 5 (put it in quotes)",
        ),
        ("{alert: my alert, when: sent > 5}", 'alert: "my alert" cannot be a rule\'s name'),
        (
            "{alert: A, wen: sent > 5, when: sent > 5}",
            'rules.yaml:2:16: a rule has no "wen" (did you mean "when"?)',
        ),
        (
            "{alert: A, when: sent > 5, over: 24h}",
            'rules.yaml:2:32: only a rule of scope sender has "over"',
        ),
        (
            "{alert: A, scope: sender, when: sent > 5, over: 1s}",
            "rules.yaml:2:53: over: 1s is out of bounds",
        ),
        ("{alert: A, when: true}", "rules.yaml:2:22: when: expected a text, found true"),
        ("{alert: A, when: '  '}", "rules.yaml:2:22: when is empty"),
        (
            "{alert: A, when: snet > 5}",
            'rules.yaml:2:22: when: there is no field "snet" (did you mean "sent"?)',
        ),
        ("{alert: A, when: 'sent > 5 and x'}", 'rules.yaml:2:36: when: there is no field "x"'),
        (
            "{alert: A, when: sent > 5, for: 10}",
            "rules.yaml:2:37: for: expected a duration, found the number 10 (write 10s",
        ),
        ("{alert: A, when: sent > 5, for: 10 min}", "write it without spaces"),
        (
            "{alert: A, when: sent > 5, keep_firing_for: 100d}",
            "keep_firing_for: 100d is out of bounds",
        ),
        (
            "{alert: A, scope: campain, when: sent > 5}",
            (
                'scope: expected campaign, sender, account or receiver, found "campain" (did you mean '
                '"campaign"?)'
            ),
        ),
        ("{alert: A, scope: senders, when: sent > 5}", "scope: expected"),
        ("{alert: A, on: status_chnged}", '(did you mean "status_changed"?)'),
        ("{alert: A, on: []}", "on: names no event; there are appeared"),
        (
            "{alert: A, expr: sent > 5, when: sent > 5}",
            'rules.yaml:2:16: a rule has no "expr" (write it as "when")',
        ),
        (
            "{alert: A, when: sent > 5, annotations: {}}",
            'no "annotations" (summary, description and runbook_url are keys',
        ),
        ("{alert: A, on: vanished, for: 5m}", 'rules.yaml:2:30: a rule with "on" has no "for"'),
        (
            "{alert: A, on: vanished, keep_firing_for: 5m}",
            'a rule with "on" has no "keep_firing_for"',
        ),
        (
            "{alert: A, on: vanished, when: old_status == 'done'}",
            "old_status is known on status_changed only",
        ),
        ("{alert: A, when: old_status == 'done'}", "old_status"),
        ("{alert: A, scope: account, on: vanished}", "events happen to campaigns"),
        (
            "{alert: A, on: vanished, detail: true}",
            'rules.yaml:2:30: a rule with "on" has no "detail"',
        ),
        (
            "{alert: A, scope: sender, when: sent > 5, detail: true}",
            'a rule of scope sender has no "detail"',
        ),
        (
            "{alert: A, when: sent > 5, detail: maybe}",
            "rules.yaml:2:40: detail: expected true or false",
        ),
        (
            "{alert: A, when: sent > 5, severity: Very bad}",
            "severity: expected a word such as critical",
        ),
        ("{alert: A, when: sent > 5, labels: [a]}", "labels: expected a mapping"),
        (
            "{alert: A, when: sent > 5, labels: {sender: x}}",
            "labels: the monitor sets sender itself",
        ),
        ("{alert: A, when: sent > 5, labels: {severity: x}}", 'use the key "severity"'),
        ("{alert: A, when: sent > 5, labels: {a-b: x}}", '"a-b" cannot be the name of a label'),
        ("{alert: A, when: sent > 5, labels: {__a: x}}", '"__a" cannot be the name of a label'),
        ("{alert: A, when: sent > 5, labels: {a: 5}}", "a: expected a text, found the number 5"),
        ("{alert: A, when: sent > 5, labels: {a: '{{ name }}'}}", "a label cannot be a template"),
        ("{alert: A, when: sent > 5, summary: '{{ nmae }}'}", "rules.yaml:2:45: summary:"),
        ("{alert: A, when: sent > 5, description: '{{ name'}", "rules.yaml:2:46: description:"),
        ("{alert: A, when: sent > 5, runbook_url: here}", "runbook_url:"),
        ("text", 'rules: expected a mapping, found "text"'),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(rule: str, expected: str) -> None:
    found = rule_problems(f"rules:\n  - {rule}\n")
    assert len(found) == 1, found
    assert expected in found[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "rules.yaml:1:1: the rules file is empty"),
        ("# nothing\n", "rules.yaml:1:1: the rules file is empty"),
        ("- alert: A\n", "rules.yaml:1:1: the rules file is a list"),
        ("extra_statuses: []\n", 'the rules file needs "rules"'),
        ("rules: {alert: A}\n", "rules.yaml:1:8: rules: expected a list, found a mapping"),
        (
            RULE + "rule: []\n",
            'rules.yaml:4:1: the rules file has no "rule" (did you mean "rules"?)',
        ),
        (
            RULE + "mute_time_intervals: []\n",
            (
                'rules.yaml:4:1: the rules file has no "mute_time_intervals" (define it under '
                "time_intervals"
            ),
        ),
        (
            RULE + "extra_statuses: [Bad Status]\n",
            'rules.yaml:4:18: extra_statuses: "Bad Status" cannot be a status',
        ),
        (RULE + "extra_statuses: [a, a]\n", "twice"),
        (
            RULE + "  - {alert: A, when: sent > 6}\n",
            'rules.yaml:4:13: a rule named "A" is there already (the first is in line 2)',
        ),
        (RULE + "receivers: [{name: ops, console: {}}]\n", 'no "route"'),
        (
            RULE + "route: {receiver: ops}\n",
            'receiver: there is no receiver "ops" (there are none)',
        ),
        (RULE + TELLING.replace("receiver: ops", "receiver: opps"), '(did you mean "ops"?)'),
        (
            RULE + TELLING.replace("{receiver: ops}", "{group_by: [account]}"),
            'a route needs "receiver"',
        ),
        (RULE + TELLING.replace("{receiver: ops}", "ops"), "route: expected a mapping"),
        (
            RULE + TELLING.replace("{receiver: ops}", "{receiver: ops, match: {}}"),
            'a route has no "match" (every alert comes',
        ),
        (
            RULE + TELLING.replace("{receiver: ops}", "{receiver: ops, matchers: []}"),
            'a route has no "matchers" (every',
        ),
        (
            RULE + TELLING.replace("{receiver: ops}", "{receiver: ops, group_wait: 5}"),
            "group_wait: expected a duration",
        ),
        (
            RULE + TELLING.replace("{receiver: ops}", "{receiver: ops, repeat_interval: 0s}"),
            "repeat_interval: 0s is out of bounds",
        ),
        (
            RULE + TELLING.replace("{receiver: ops}", "{receiver: ops, group_by: [..., account]}"),
            '"..." means every label',
        ),
        (
            RULE
            + TELLING.replace("{receiver: ops}", "{receiver: ops, group_by: [account, account]}"),
            "twice",
        ),
        (
            RULE + TELLING.replace("{receiver: ops}", "{receiver: ops, group_by: [5]}"),
            "group_by: expected a text, found the number 5",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(text: str, expected: str) -> None:
    found = rule_problems(text)
    assert len(found) == 1, found
    assert expected in found[0]


@pytest.mark.parametrize(
    ("rule", "detail", "warnings"),
    [
        ("{alert: A, when: sent > 5 and expired > 5, detail: true}", True, []),
        ("{alert: A, when: sent > 5 and progress < 0.5}", False, []),
        (
            "{alert: A, when: sent > 5, detail: true}",
            True,
            ["rules.yaml:2:32: detail: the condition names nothing that the"],
        ),
        (
            "{alert: A, when: expired > 5, detail: yes}",
            True,
            ["detail: every watched campaign will be read in detail"],
        ),
        (
            "{alert: A, when: sent > 5 and expired > 5, detail: false}",
            False,
            ["when: expired is null until the campaign is"],
        ),
        ("{alert: A, when: sent > 5 or expired > 5}", False, ["(add detail: true)"]),
        ("{alert: A, on: vanished, when: expired > 5}", False, ["(name it in the texts only"]),
    ],
)
def test_a_rule_may_have_campaigns_read_in_detail(
    rule: str, detail: bool, warnings: list[str]
) -> None:
    file = rules(f"rules:\n  - {rule}\n")
    assert [each.detail for each in file.rules] == [detail]
    found = [str(warning) for warning in file.warnings if "receivers" not in str(warning)]
    assert len(found) == len(warnings), found
    assert all(expected in shown for expected, shown in zip(warnings, found, strict=True))


def test_everything_wrong_is_told_at_once_from_top_to_bottom() -> None:
    found = rule_problems("""\
rules:
  - alert: A
    when: |
      snet > 5
      and name > 3
    severty: high
    summary: |
      fine
      {{ nmae }}
  - alert: A
    when: sent >
receivers:
  - name: ops
    slack: {url: "${UNSET}"}
route:
  receiver: opps
  group_wait: soon
""")
    assert [problem.split(": ")[0] for problem in found] == [
        "rules.yaml:4:7",
        "rules.yaml:5:11",
        "rules.yaml:6:5",
        "rules.yaml:9:10",
        "rules.yaml:10:12",
        "rules.yaml:11:17",
        "rules.yaml:14:19",
        "rules.yaml:16:13",
        "rules.yaml:17:15",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rules: []\n" + TELLING, "there are none, nothing can fire"),
        (RULE + TELLING + "extra_statuses: [done]\n", '"done" is known anyway'),
        (RULE.replace("sent > 5", "not (delivery_ratio > 0.5)") + TELLING, "rules.yaml:3:"),
        (RULE + "    severity: critcal\n" + TELLING, 'did you mean "critical"?'),
        (
            RULE + TELLING.replace("{receiver: ops}", "{receiver: ops, group_by: [acount]}"),
            'did you mean "account"?',
        ),
        (
            RULE + TELLING + "quiet_hours: [{zone: Europe/Berlin}]\n",
            "without days and times is always",
        ),
        (
            RULE + TELLING.replace("[{", f"[{{name: spare, {HOOK}}}, {{"),
            'nothing is routed to the receiver "spare"',
        ),
        (
            RULE.replace("sent > 5", "status != null") + TELLING,
            "status is never null: this is always true",
        ),
        (RULE.replace("sent > 5", "1 < 2") + TELLING, "this compares constants"),
        (RULE, "there are no receivers"),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(text: str, expected: str) -> None:
    [warning] = rules(text).warnings
    assert expected in str(warning)
    assert warning.hint, "it says what to do"


def test_a_console_that_nothing_is_routed_to_is_no_warning() -> None:
    assert rules(RULE + TELLING.replace("[{", "[{name: spare, console: {}}, {")).warnings == ()


def test_a_missing_rules_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"the rules file does not exist .*bsg-monitor init"):
        rules_in(tmp_path / "rules.yaml")


def test_a_folder_a_large_file_and_foreign_bytes_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    with pytest.raises(ConfigError, match="is a directory"):
        rules_in(tmp_path)
    file.write_text("# " + "x" * 600_000)
    with pytest.raises(ConfigError, match="is larger than 512 KiB"):
        rules_in(file)
    file.write_bytes(b"rules: []\n# caf\xe9\n")
    with pytest.raises(ConfigError, match=r"rules.yaml:2:6: the rules file is not UTF-8"):
        rules_in(file)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + RULE.encode())
    assert len(rules_in(file).rules) == 1


def test_the_default_file_is_right_without_any_change(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(rules_template(), encoding="utf-8")
    loaded = rules_in(file)
    assert loaded.warnings == ()
    assert [receiver.integration for receiver in loaded.receivers] == ["console"]
    assert loaded.path == file
    names = {rule.name for rule in loaded.rules}
    assert {
        "LongModeration",
        "HeldAsSpam",
        "LateStart",
        "Stalled",
        "PausedTooLong",
        "Stopped",
    } <= names
    assert {"VeryLowDelivery", "LowDelivery", "LowReach", "ApiDown", "LowBalance"} <= names


def test_rules_can_be_sent_to_another_process() -> None:
    vip = "  - {alert: Vip, when: 'matches(name, \"vip\") and delivered < 3'}"
    written = rules(rules_template().replace("rules:\n", f"rules:\n{vip}\n", 1))
    sent = pickle.loads(pickle.dumps(written.rules))
    assert sent == written.rules
    rows = [
        tracked(a_campaign(name=name, status="spam", delivered=2)) for name in ("A vip", "Another")
    ]
    hits = RuleSet(sent).batch(rows, rows[0].status_since + 3600.0)
    assert [(sent[rule].name, row.campaign.name) for rule, row in hits] == [
        ("Vip", "A vip"),
        ("HeldAsSpam", "A vip"),
        ("HeldAsSpam", "Another"),
    ]
    assert [rule.summary.fields for rule in sent] == [rule.summary.fields for rule in written.rules]


def test_every_rule_of_the_default_file_stands_below_a_comment() -> None:
    lines = rules_template().splitlines()
    first = [number for number, line in enumerate(lines) if line.startswith("  - alert:")]
    assert len(first) == 25
    assert all(lines[number - 1].startswith("  # ") for number in first)


def test_the_receivers_and_quiet_hours_that_the_default_file_suggests_are_right() -> None:
    text = rules_template()
    for line in text.splitlines():
        if line.startswith(("#  ", "#quiet_hours:")):
            text = text.replace(line, line[1:])
    environ = {
        "SLACK_WEBHOOK_URL": "https://hooks.slack.example.org/1",
        "WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }
    file = rules(text, environ)
    assert [receiver.integration for receiver in file.receivers] == ["console", "slack", "webhook"]
    assert len(file.quiet_hours) == 3


FRAGMENTS = [
    *(
        "rules:",
        "  - alert: A",
        "    when: sent > 5",
        "    on: vanished",
        "    for: 5m",
        "    summary: '{{'",
        "    labels: {a: b}",
    ),
    *(
        "receivers:",
        "  - name: a",
        "    console: {}",
        "    slack: {url: 5}",
        "route:",
        "  receiver: a",
    ),
    *("- x", "{", "&a", "*a", "|", "\t"),
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12))
def test_whatever_is_written_is_read_or_refused_in_words(lines: list[str]) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        parse_rules("\n".join(lines), source="rules.yaml", lookup=lambda _: None)
    except ConfigError as error:
        problems = error.problems
    assert all(problem.place is not None for problem in problems)


def test_settle_is_the_files_unless_a_rule_has_its_own() -> None:
    file = rules("""\
settle: {default: 20m, rcs: 1h}
rules:
  - {alert: A, when: settled_ratio < 0.8}
  - {alert: B, when: settled_ratio < 0.8, settle: 5m}
  - {alert: C, when: settled_ratio < 0.8, settle: {rcs: 2h}}
""")
    assert [rule.settle for rule in file.rules] == [
        Settle(1200.0, (("rcs", 3600.0),)),
        Settle(300.0),
        Settle(1200.0, (("rcs", 7200.0),)),
    ]
    assert [rule.when.settle if rule.when else None for rule in file.rules] == [
        rule.settle for rule in file.rules
    ]
    assert rules(RULE).rules[0].settle == Settle(900.0)


QUIET = """\
quiet_hours:
  - {days: [saturday, sunday], zone: Europe/Berlin}
  - {days: ["monday:friday"], times: ["20:00-08:00"], zone: Europe/Berlin}
"""


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-03-02T09:00+01:00", False),  # a Monday
        (
            "2026-03-02T07:59+01:00",
            False,
        ),  # the night to Monday is Sunday's, and Sunday ends at midnight
        ("2026-03-02T20:00+01:00", True),
        ("2026-03-03T07:59+01:00", True),
        ("2026-03-03T08:00+01:00", False),
        ("2026-03-07T07:59+01:00", True),
        ("2026-03-07T12:00+01:00", True),
        ("2026-03-08T23:59+01:00", True),
        ("2026-03-03T19:30+00:00", True),
    ],
)
def test_quiet_hours_may_go_over_midnight_and_have_a_zone(moment: str, quiet: bool) -> None:
    ruleset = RuleSet(rules(RULE).rules, quiet_hours=rules(RULE + QUIET).quiet_hours)
    assert ruleset.surroundings(datetime.fromisoformat(moment)).in_quiet_hours is quiet


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("settle: soon", 'rules.yaml:4:9: settle: "soon" is not a duration'),
        ("settle: 100h", "rules.yaml:4:9: settle: "),
        ("settle: {fax: 1h}", "rules.yaml:4:10: settle has no"),
        ("quiet_hours: {days: [monday]}", "rules.yaml:4:14: quiet_hours: expected a list"),
        (
            "quiet_hours: [{days: [funday]}]",
            'rules.yaml:4:23: days: "funday" is not a day of the week (did you mean "sunday"?',
        ),
        (
            "quiet_hours: [{times: [8-20]}]",
            "rules.yaml:4:24: times: expected a time from 00:00 to 24:00",
        ),
        ("quiet_hours: [{times: ['08:00']}]", "rules.yaml:4:24: times: expected a range"),
        ("quiet_hours: [{zone: Mars/Olympus}]", "rules.yaml:4:22: zone: "),
        (
            "quiet_hours: [{weekdays: [monday]}]",
            'rules.yaml:4:16: a calendar of quiet_hours has no "weekdays" (write days)',
        ),
    ],
)
def test_a_wrong_settle_or_calendar_is_refused_with_its_place(text: str, problem: str) -> None:
    (found,) = rule_problems(RULE + text)
    assert str(found).startswith(problem), found


def test_what_is_wrong_in_one_key_hides_nothing_that_is_wrong_in_another_and_each_is_said_once() -> (
    None
):
    text = """\
rules:
  - alert: A
    when: nosuch > 5
    severity: Critical!
    labels: {account: x, team: 5, "a-b": y}
    for: 5
receivers:
  - {name: ops, console: {}, fallback: nosuch, fallback_after: 5}
route:
  receiver: opps
  group_wait: soon
  routes:
    - {matchers: [severity], receiver: dask, group_by: [a, a]}
inhibit_rules:
  - {source_matchers: [], target_matchers: [5], equl: [x]}
"""
    with pytest.raises(ConfigError) as refused:
        parse_rules(text, source="r", lookup=lambda _: None)
    places = [
        (found.place.line, found.place.column) for found in refused.value.problems if found.place
    ]
    assert places == [
        *((3, 11), (4, 15), (5, 14), (5, 32), (5, 35), (6, 10)),
        *((8, 64), (10, 13), (11, 15), (13, 27), (13, 40), (13, 60)),
        *((15, 23), (15, 45), (15, 49)),
    ]
