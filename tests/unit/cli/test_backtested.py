"""What came of rules over history, on a terminal and as JSON."""

from collections.abc import Callable, Sequence
from contextlib import redirect_stdout

import pytest

from monitor.backtest import Report, RuleReport, cannot_be_tried, unrecorded
from monitor.cli.tables.backtest_report import print_comparison, print_report, report_record
from monitor.rulefile import RuleFile, parse_rules
from tests.clock import START
from tests.unit.cli.test_printing import Terminal

RULES = """\
rules:
  - {alert: SenderVeryLowDelivery, scope: sender, when: delivery_ratio < 0.8, severity: critical}
  - {alert: Late, when: start_delay > "10m"}
  - {alert: Poor, scope: account, when: spendable < 50}
  - {alert: Many, scope: account, when: campaigns > 50}
  - {alert: Refused, when: expired > 50, detail: true}
  - {alert: Stuck, when: stalled_for > "15m" and not (failed != null and failed >= 1) and progress < 1}
  - {alert: Backlog, scope: receiver, when: waiting > 5}
receivers: [{name: desk, console: {}}]
route: {receiver: desk}
"""
FILE = parse_rules(RULES, source="rules.yaml", lookup=lambda _: None)
DAY = 86_400.0


def report(*rules: RuleReport, blind_seconds: float = 0.0) -> Report:
    start = START.timestamp()
    return Report(
        since=start,
        until=start + 30 * DAY,
        samples=1234,
        campaigns=1,
        interval_seconds=60.0,
        thinned_until=None,
        blind_seconds=blind_seconds,
        rules=rules,
        messages={"desk": 3},
    )


def fired(
    name: str, *subjects: str, seconds: float = 90.0, timeline: Sequence[int] = (0,) * 60
) -> RuleReport:
    found = RuleReport(
        name, "warning", fired=len(subjects), firing_seconds=seconds, longest_seconds=seconds
    )
    found.subjects = {f"default {each}" for each in subjects}
    found.timeline = list(timeline)
    return found


Shown = Callable[..., list[str]]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """The lines that a function prints on a terminal so many columns wide."""

    def show(width: int, tell: Callable[..., None], *arguments: object) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "xterm-256color")
        with redirect_stdout(Terminal()) as stream:
            tell(*arguments)
        return [line.rstrip() for line in stream.text.splitlines()]

    return show


TIMELINE = [0] * 30 + [4] + [0] * 28 + [1]


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_the_table_is_as_wide_as_the_terminal_and_names_stay_whole(
    shown: Shown, width: int
) -> None:
    rules = [
        fired("SenderVeryLowDelivery", "sms:Shop", seconds=93_784.0, timeline=TIMELINE),
        fired("Late"),
    ]
    lines = shown(width, print_report, report(*rules), FILE)
    assert max(map(len, lines)) <= width
    (line,) = [line for line in lines if line.startswith(" SenderVeryLowDelivery ")]
    assert "█" in line
    assert line.endswith("▂")
    (head,) = [line for line in lines if "Rule" in line]
    assert head.endswith("04-01 09:00")
    assert "03-02 09:00" in head


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_a_rule_with_a_long_name_costs_the_end_of_its_name_and_nothing_else(
    shown: Shown, width: int
) -> None:
    long = "AllCampaignsOfThisSenderInThePastFortnightDeliverBadly"
    rules = [fired(long, "sms:Shop", seconds=93_784.0, timeline=TIMELINE)]
    for lines in (
        shown(width, print_report, report(*rules), FILE),
        shown(width, print_comparison, report(*rules), report(fired(long)), (FILE, FILE)),
    ):
        assert max(map(len, lines)) <= width
        (line,) = [line for line in lines if line.startswith(" AllCampaigns")]
        assert "  warning  " in line
        assert "1 d 2 h" in line
    assert "█" in "".join(shown(width, print_report, report(*rules), FILE))


def test_a_narrow_terminal_gets_no_timeline_rather_than_half_a_table(shown: Shown) -> None:
    lines = shown(
        44,
        print_report,
        report(fired("SenderVeryLowDelivery", "sms:Shop", timeline=TIMELINE)),
        FILE,
    )
    assert " SenderVeryLowDelivery  warning       1" in lines
    assert not any("█" in line for line in lines)


def test_the_first_line_says_what_history_there_was(shown: Shown) -> None:
    first = shown(120, print_report, report(fired("Late")), FILE)[0]
    assert (
        first
        == "1,234 samples of 1 known campaign, 2026-03-02 09:00 to 2026-04-01 09:00 UTC, usually 1 min apart"
    )


def test_how_long_nothing_was_read_is_said_where_that_was_so(shown: Shown) -> None:
    lines = shown(140, print_report, report(fired("Late"), blind_seconds=36_000.0), FILE)
    assert (
        lines[1]
        == "for 10 h of that time a list of campaigns was not read: nothing of it is looked at there"
    )
    assert report_record(report(blind_seconds=36_000.0), FILE)["blind_seconds"] == 36_000.0


def test_what_history_does_not_have_is_known_of_each_rule() -> None:
    found = {rule.name: (unrecorded(rule), cannot_be_tried(rule)) for rule in FILE.rules}
    assert found == {
        "SenderVeryLowDelivery": ((), False),
        "Late": ((), False),
        "Poor": (("spendable",), True),
        "Many": ((), False),
        "Refused": (("expired",), True),
        "Stuck": (("failed",), False),
        "Backlog": (("waiting",), True),
    }


def test_rules_that_cannot_be_tried_are_named_and_have_no_figures(
    shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(100, print_report, report(fired("Late"), fired("Poor")), FILE)
    assert [line.split()[:3] for line in lines if line.startswith((" Late", " Poor"))] == [
        ["Late", "warning", "0"],
        ["Poor", "warning", "–"],
    ]
    assert capsys.readouterr().err.splitlines() == [
        "what they ask for is not recorded, so these are not tried: Poor, Refused, Backlog",
        "not recorded, and null here: failed (in Stuck)",
    ]


def test_programs_are_told_what_was_not_tried_and_what_each_rule_fired_on() -> None:
    late, poor = report_record(report(fired("Late", "9", "10"), fired("Poor")), FILE)["rules"]
    assert (late["tried"], late["unrecorded_fields"], late["subjects"]) == (True, [], 2)
    assert late["fired_on"] == [
        {"account": "default", "subject": "10"},
        {"account": "default", "subject": "9"},
    ]
    assert (poor["tried"], poor["unrecorded_fields"]) == (False, ["spendable"])


def _other() -> RuleFile:
    return parse_rules(
        RULES.replace("alert: Many", "alert: TooMany"), source="other.yaml", lookup=lambda _: None
    )


def test_a_comparison_shows_what_differs_and_counts_the_rest(shown: Shown) -> None:
    before = report(fired("Late", *"123456789"), fired("Stuck", "1"), fired("Many", "-"))
    after = report(fired("Late", "2", "30"), fired("Stuck", "1"), fired("TooMany", "-"))
    lines = shown(100, print_comparison, before, after, [FILE, _other()])
    rows = [
        line.split() for line in lines if line.startswith((" Late", " Stuck", " Many", " TooMany"))
    ]
    minute = ["1", "min", "30", "s"]
    assert rows == [
        ["Late", "warning", "9", "2", *minute, *minute, "8", "1"],
        ["Many", "warning", "1", "–", *minute, "–", "–", "–"],
        ["TooMany", "warning", "–", "1", "–", *minute, "–", "–"],
    ]
    assert "1 rule would do the same as now" in lines
    assert "Late no more on 1, 3, 4, 5, 6 and 3 more" in lines
    assert "Late newly on 30" in lines


def test_a_comparison_of_equals_says_so(shown: Shown) -> None:
    lines = shown(
        100, print_comparison, report(fired("Late", "1")), report(fired("Late", "1")), [FILE, FILE]
    )
    assert lines[1] == "1 rule would do the same as now"
