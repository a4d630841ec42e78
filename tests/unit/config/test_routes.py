"""Routes, time intervals and inhibit rules of the rules file: what is read, and what is refused
where."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.route import RouteTree
from monitor.rulefile import RuleFile
from tests.rules import rules_in
from tests.unit.config.conftest import rule_problems, rules

HEAD = """\
rules:
  - {alert: Stalled, when: sent > 5, labels: {team: messaging}}
  - {alert: ApiDown, scope: account, when: api_up == false}
receivers:
  - {name: ops, console: {}}
  - {name: desk, console: {}}
"""
TREE = """\
route:
  receiver: ops
  group_by: [alertname, account]
  group_wait: 10s
  repeat_interval: 6h
  routes:
    - matchers: ['severity="critical"', team=~"mess.*"]
      receiver: desk
      group_by: [...]
      mute_time_intervals: [nights]
      continue: true
      routes:
        - matchers: ['{alertname="Stalled", sender!="x"}']
          group_interval: 1m
time_intervals:
  - name: nights
    time_intervals:
      - times: [{start_time: 22:00, end_time: "24:00"}, {start_time: "00:00", end_time: "06:00"}]
        weekdays: [monday:friday, Sunday]
        days_of_month: ["1:5", -3:-1, 10]
        months: [1:3, december]
        years: [2026, "2028:2030"]
        location: Europe/Berlin
inhibit_rules:
  - source_matchers: [alertname="ApiDown"]
    target_matchers: ['campaign_id!=""']
    equal: [account]
"""


def problems(text: str) -> list[str]:
    return rule_problems(HEAD + text)


def warnings(text: str) -> list[str]:
    return [str(each) for each in rules(HEAD + text).warnings]


def routed(routes: str, more: str = "") -> str:
    """A root with these routes; the first of them is in line 10."""
    return f"route:\n  receiver: ops\n  routes:\n{routes}{more}"


def test_a_tree_is_read_with_what_each_route_inherits() -> None:
    root = rules(HEAD + TREE).route
    assert root is not None
    (child,) = root.routes
    (leaf,) = child.routes
    assert (child.receiver, child.group_by, child.continue_) == ("desk", ("...",), True)
    assert (leaf.receiver, leaf.group_by, leaf.continue_) == ("desk", ("...",), False)
    assert (leaf.group_wait, leaf.group_interval, leaf.repeat_interval) == (
        timedelta(seconds=10),
        timedelta(minutes=1),
        timedelta(hours=6),
    )
    assert child.matchers == parse_matchers('severity="critical", team=~"mess.*"')
    assert leaf.matchers == parse_matchers('alertname="Stalled", sender!="x"')
    assert [interval.name for interval in child.mute_time_intervals] == ["nights"]
    assert leaf.mute_time_intervals == ()  # as in Alertmanager, mutes are not inherited


def test_time_intervals_are_read_in_alertmanagers_syntax() -> None:
    root = rules(HEAD + TREE).route
    assert root is not None
    (interval,) = root.routes[0].mute_time_intervals[0].intervals
    assert interval.times == ((22 * 60, 1440), (0, 6 * 60))
    assert interval.weekdays == ((1, 5), (0, 0))
    assert interval.days_of_month == ((1, 5), (-3, -1), (10, 10))
    assert interval.months == ((1, 3), (12, 12))
    assert interval.years == ((2026, 2026), (2028, 2030))
    assert interval.location == ZoneInfo("Europe/Berlin")


def test_inhibit_rules_are_read() -> None:
    (rule,) = rules(HEAD + TREE).inhibit_rules
    assert (rule.source, rule.target, rule.equal) == (
        parse_matchers('alertname="ApiDown"'),
        parse_matchers('campaign_id!=""'),
        ("account",),
    )


def test_a_file_without_any_of_it_works_as_before() -> None:
    file = rules(HEAD + "route: {receiver: ops}\n")
    assert file.route is not None
    assert (file.route.routes, file.inhibit_rules) == ((), ())


def test_a_reference_in_a_route_is_replaced() -> None:
    text = HEAD + one("matchers: ['team=\"${TEAM}\"'], receiver: desk")
    file: RuleFile = rules(text, {"TEAM": "messaging"})
    assert file.route is not None
    assert RouteTree(file.route).destinations({"team": "messaging"})[0].route.receiver == "desk"


OPS = "route: {receiver: ops}\n"


def one(route: str) -> str:
    """A root with one route, in line 10."""
    return routed(f"    - {{{route}}}\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (one("matchers: [severity], receiver: desk"), 'rules.yaml:10:27: matchers: expected = != =~ or !~ after "severity"'),
        (one("matchers: ['a=~\"(\"'], receiver: desk"), "rules.yaml:10:23: matchers: this is not a pattern: missing )"),
        (one("matchers: [severity=a], receiver: dask"), 'there is no receiver "dask" (did you mean "desk"?)'),
        (one("match: {severity: a}, receiver: desk"), 'a route has no "match" (write matchers: '),
        (one("receivers: desk"), 'a route has no "receivers" (did you mean "receiver"?)'),
        (one("receiver: desk, continue: maybe"), "continue: expected true or false"),
        (one("receiver: desk, group_wait: 5"), "group_wait: expected a duration, found the number 5"),
        ("route: {receiver: ops, matchers: [severity=a]}\n", 'a route has no "matchers" (every alert comes to the first route'),
        ("route: {receiver: ops, routes: desk}\n", "routes: expected a list"),
        ("route: {receiver: ops, mute_time_intervals: [nihgts]}\ntime_intervals: [{name: nights, time_intervals: []}]\n",
         'mute_time_intervals: there is no time interval "nihgts" (did you mean "nights"?)'),
        ("route: {receiver: ops, active_time_intervals: [days]}\n", 'there is no time interval "days" (define it under'),
        ("mute_time_intervals: []\n", 'the rules file has no "mute_time_intervals" (define it under time_intervals'),
        ("inhibit_rules: [{source_matchers: [a=b]}]\n", 'an inhibit rule needs "target_matchers"'),
        ("inhibit_rules: [{source_matchers: [a=b], target_matchers: []}]\n", "target_matchers: there are none"),
        ("inhibit_rules: [{source_match: {a: b}, target_matchers: [a=c]}]\n", 'has no "source_match" (write source_matchers'),
        ("inhibit_rules: [{source_matchers: [a=b], target_matchers: [a!!c]}]\n", "rules.yaml:7:61: target_matchers: expected ="),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_place(text: str, expected: str) -> None:
    found = problems(text if "route:" in text else text + OPS)
    assert any(expected in each for each in found), found


@pytest.mark.parametrize(
    ("first", "second", "unreachable"),
    [
        ("{receiver: desk}", "{matchers: [severity=a], receiver: ops}", "the route in line 10, which has no matchers, takes all"),
        ("{matchers: [severity=a], receiver: desk}", "{matchers: ['severity=\"a\"'], receiver: ops}", "in line 10 takes all"),
        ("{matchers: [severity=~a|b], receiver: desk}", "{matchers: [severity=b], receiver: ops}", "in line 10 takes all"),
        ("{matchers: [severity=a], receiver: desk}", "{matchers: [severity=a, team=x], receiver: ops}", "in line 10 takes all"),
        ("{matchers: [severity=a], receiver: desk, continue: true}", "{matchers: [severity=a], receiver: ops}", None),
        ("{matchers: [severity=a, team=x], receiver: desk}", "{matchers: [severity=a], receiver: ops}", None),
        # not looked into
        ("{matchers: [severity=~a|b], receiver: desk}", "{matchers: [severity=~b|a], receiver: ops}", None),
        ("{receiver: desk, continue: true}", "{matchers: [severity=a, severity=b], receiver: ops}", "never hold together"),
    ],
)  # fmt: skip
def test_a_route_that_nothing_reaches_is_refused(
    first: str, second: str, unreachable: str | None
) -> None:
    text = routed(f"    - {first}\n    - {second}\n")
    if unreachable is None:
        rules(HEAD + text)
    else:
        (problem,) = problems(text)
        assert problem.startswith("rules.yaml:11:")
        assert unreachable in problem


def test_a_route_is_held_against_the_routes_above_it_too() -> None:
    below = (
        "    - matchers: [severity=a]\n      routes:\n        - {matchers: [severity=b], receiver: "
        "desk}\n"
    )
    (problem,) = problems(routed(below))
    assert problem.startswith("rules.yaml:12:")
    assert "never hold together" in problem
    twice = (
        "        - {matchers: [severity=~a|c], receiver: desk}\n        - {matchers: [team=x], "
        "receiver: ops}\n"
    )
    (problem,) = problems(routed(f"    - matchers: [severity=a]\n      routes:\n{twice}"))
    assert problem.startswith("rules.yaml:13:")


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (
            "{times: [{start_time: '9:00', end_time: '10:00'}]}",
            'start_time: expected a time from 00:00 to 24:00, found "9:00"',
        ),
        (
            "{times: [{start_time: '22:00', end_time: '06:00'}]}",
            "times: it ends before it begins (over midnight it is two",
        ),
        ("{times: [{start_time: '22:00'}]}", 'a time of the day needs "end_time"'),
        ("{weekdays: [mondey]}", '"mondey" is not a day of the week (did you mean "monday"?)'),
        (
            "{weekdays: ['saturday:sunday']}",
            "weekdays: it ends before it begins (write two ranges)",
        ),
        ("{days_of_month: [0]}", "0 is not a day of a month"),
        ("{days_of_month: ['-5:3']}", "a range that begins at the month's end must end there too"),
        ("{days_of_month: ['20:-20']}", "days_of_month: it ends before it begins"),
        ("{months: [13]}", 'expected a month: its name, or 1 to 12, found "13"'),
        ("{years: [true]}", "years: expected a value or a range, found true"),
        ("{location: Berlin}", '"Berlin" is not a time zone'),
        ("{location: Local}", '"Local" depends on the machine'),
        ("{hours: [1]}", 'a time interval has no "hours"'),
    ],
)
def test_a_time_interval_that_does_not_parse_is_refused_with_its_place(
    interval: str, expected: str
) -> None:
    named = f"time_intervals:\n  - name: x\n    time_intervals:\n      - {interval}\n"
    text = f"route: {{receiver: ops, mute_time_intervals: [x]}}\n{named}"
    found = problems(text)
    assert any(expected in each and each.startswith("rules.yaml:11:") for each in found), found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (one("matchers: [sevrity=a], receiver: desk"), 'no alert has a label "sevrity" (did you mean "severity"?)'),
        (one("matchers: [alertname=Staled], receiver: desk"), 'no rule named "Staled" (did you mean "Stalled"?)'),
        (OPS + "time_intervals: [{name: x, time_intervals: [{months: [may]}]}]\n", 'time_intervals: no route names "x"'),
        (OPS + "inhibit_rules: [{source_matchers: [team=b], target_matchers: [team=b]}]\n", "nothing is ever hidden"),
        (OPS + "inhibit_rules: [{source_matchers: [team=b], target_matchers: [team=c], equal: [acount]}]\n",
         'equal: no alert has a label "acount"'),
    ],
)  # fmt: skip
def test_what_is_probably_not_meant_is_a_warning(text: str, expected: str) -> None:
    found = [each for each in rules(HEAD + text).warnings if expected in str(each)]
    assert [each.hint is not None for each in found] == [True], warnings(text)


TIMES = (
    "route: {{receiver: ops, {}, routes: [{{matchers: [severity=critical], receiver: desk, "
    "{}}}]}}\n"
)
REPEAT = (
    "repeat_interval: {} is less than the group_interval: repeats come every {} (write "
    "repeat_interval: {} or more"
)
WAIT = "group_wait: the first message of every group comes {} late"


@pytest.mark.parametrize(
    ("above", "below", "written", "expected"),
    [
        (
            "repeat_interval: 1m",
            "continue: true",
            "repeat_interval: 1m",
            REPEAT.format("1m", "5m", "5m"),
        ),
        (
            "group_interval: 1m, repeat_interval: 30s",
            "continue: true",
            "repeat_interval: 30s",
            REPEAT.format("30s", "1m", "1m"),
        ),
        (
            "group_interval: 6h",
            "continue: true",
            "group_interval: 6h",
            REPEAT.format("4h", "6h", "6h"),
        ),
        (
            "group_wait: 0s",
            "group_interval: 1d",
            "group_interval: 1d",
            REPEAT.format("4h", "1d", "1d"),
        ),
        (
            "group_interval: 10m",
            "repeat_interval: 6m",
            "repeat_interval: 6m",
            REPEAT.format("6m", "10m", "10m"),
        ),
        ("group_wait: 1h", "continue: true", "group_wait: 1h", WAIT.format("1h")),
        ("group_interval: 30m", "group_wait: 1h", "group_wait: 1h", WAIT.format("1h")),
    ],
)
def test_times_that_do_not_go_together_are_a_warning_where_they_are_written(
    above: str, below: str, written: str, expected: str
) -> None:
    text = TIMES.format(above, below)
    column = text.index(written) + written.index(" ") + 2
    [warning] = warnings(text)
    assert warning.startswith(f"rules.yaml:7:{column}: {expected}")


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("repeat_interval: 5m", "group_wait: 5m"),
        ("group_wait: 1h, group_interval: 1h", "group_wait: 30m"),
        ("group_wait: 30s, group_interval: 0s", "repeat_interval: 1s"),
        ("group_interval: 1d, repeat_interval: 1d", "group_interval: 1s"),
    ],
)
def test_times_that_go_together_are_no_warning(above: str, below: str) -> None:
    assert warnings(TIMES.format(above, below)) == []


def test_a_hint_lists_as_many_values_as_fit_and_counts_the_rest() -> None:
    many = "".join(f"  - {{alert: Rule{letter}, when: sent > 5}}\n" for letter in "ABCDEFGH")
    file = rules(
        HEAD.replace("receivers:", f"{many}receivers:")
        + one("matchers: [alertname=zzzzzzzz], receiver: desk")
    )
    assert (
        file.warnings[0].hint
        == "there are ApiDown, RuleA, RuleB, RuleC, RuleD, RuleE, RuleF, RuleG and 2 more"
    )


def test_a_receiver_that_only_a_child_names_is_used() -> None:
    assert warnings(one("matchers: [severity=critical], receiver: desk")) == []


@pytest.mark.parametrize(
    ("matcher", "doubt"),
    [
        ('severity="Critical"', 'no alert has the severity "Critical" (did you mean "critical"?)'),
        ('severity!="critcal"', 'no alert has the severity "critcal" (did you mean "critical"?)'),
        ('severity=~"critical|eror"', 'no alert has the severity "eror" (did you mean "error"?)'),
        (
            'severity=~"CRIT.*"',
            'no severity matches "CRIT.*" (there are critical, error, info, warning)',
        ),
        ('message_type="SMS"', 'no alert has the message type "SMS" (did you mean "sms"?)'),
        ('account="defualt"', 'no alert has the account "defualt" (did you mean "default"?)'),
        ('receiver="dsk"', 'no alert has the receiver "dsk" (did you mean "desk"?)'),
        ('team="mesaging"', 'no alert has the team "mesaging" (did you mean "messaging"?)'),
        ('team!~"m[0-9]+"', 'no team matches "m[0-9]+" (there are messaging)'),
        ('alertname="Staled"', 'there is no rule named "Staled" (did you mean "Stalled"?)'),
        ('alertname=~"big|huge"', 'there is no rule named "big" (there are ApiDown, Stalled)'),
        (
            'alertname=~"Stalled|ApiDwn"',
            'there is no rule named "ApiDwn" (did you mean "ApiDown"?)',
        ),
        ('sendr="FitClub"', 'no alert has a label "sendr" (did you mean "sender"?)'),
        ('scope="campaign"', 'no alert has a label "scope" (there are '),
    ],
)
def test_a_matcher_of_what_cannot_occur_is_a_warning_wherever_it_stands(
    tmp_path: Path, matcher: str, doubt: str
) -> None:
    file = tmp_path / "rules.yaml"
    places = {
        "matchers": one(f"matchers: ['{matcher}'], receiver: desk"),
        "source_matchers": f"{OPS}inhibit_rules: "
        f"[{{source_matchers: ['{matcher}'], target_matchers: [sender=a]}}]\n",
        "target_matchers": f"{OPS}inhibit_rules: "
        f"[{{source_matchers: [sender=a], target_matchers: ['{matcher}']}}]\n",
    }
    for key, text in places.items():
        file.write_text(HEAD.replace("ops, console: {}", "ops, console: {}, fallback: desk") + text)
        [warning] = rules_in(file, BSG_API_KEY="live_x").warnings
        assert f": {key}: {doubt}" in str(warning)


@pytest.mark.parametrize(
    "matcher",
    [
        'severity="info"', 'severity=~"crit.*|error"', 'severity=~"(?i)CRITICAL"', 'message_type!="sms"', 'account="default"',
        'account=~".+"', 'receiver=~"ops|desk"', 'team!=""', 'team=""', 'team!="messaging"', 'alertname=~"Api.*"',
        'sender=~"anything|at all"', 'campaign_id="17"',
    ],
)  # fmt: skip
def test_a_matcher_of_what_can_occur_is_no_warning(tmp_path: Path, matcher: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(HEAD + one(f"matchers: ['{matcher}'], receiver: desk"))
    assert rules_in(file, BSG_API_KEY="live_x").warnings == ()
