"""Tests of rules from YAML: what is wrong in the file is told with line and column, like
everything in rules.yaml."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.domain.alerting.alert import AlertState
from monitor.domain.alerting.notification import NotifyReason
from monitor.domain.alerting.rule import Scope
from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES
from monitor.domain.safetext.possible_secrets import quoted
from monitor.errors import ConfigError, Place, Problem
from monitor.rulefile import RuleFile, load_rules
from monitor.ruletest.account_table import read_accounts
from monitor.ruletest.cases import (
    Case,
    CaseFile,
    Expectation,
    ExpectedAlert,
    ExpectedMessage,
    Timeline,
)
from monitor.ruletest.snapshots import read_timeline
from monitor.ruletest.table_rows import moment, offset
from monitor.settings import LoadedSettings
from monitor.yamlfile.document import Listing, Scalar, Table, YamlNode, described, parse_yaml
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.tables import TableReader, one_of, tables
from monitor.yamlfile.text_file import read_text
from monitor.yamlfile.values import choice, text

FILE_KEYS = ("rules", "interval", "start", "tests")
CASE_KEYS = ("name", "account", "interval", "start", "campaigns", "accounts", "expect")
ALERT_KEYS = (
    "alert",
    "campaign",
    "sender",
    "state",
    "labels",
    "severity",
    "summary",
    "description",
)
STATES = (AlertState.FIRING.value, AlertState.PENDING.value)
TOLD_STATES = (AlertState.FIRING.value, AlertState.RESOLVED.value, "event")
DEFAULT_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""

TESTS_HINT = 'a list; each test begins with "- name: …"'
EXPECT_HINT = 'a list; each entry begins with "- at: 20m"'
LISTED = 8
"""More rules than these are not listed in an error."""

DEFAULT_INTERVAL = timedelta(minutes=1)


def load_cases(path: Path, settings: LoadedSettings, *, rules: Path | None = None) -> CaseFile:
    """A file of tests and the rules it names, or `rules` in their place. ConfigError with
    everything that is wrong in either."""
    source = str(path)
    findings = Findings()
    document = parse_yaml(
        read_text(path, what="the test file", hint="`bsg-monitor test --help` shows one"),
        source=source,
        findings=findings,
    )
    findings.raise_if_wrong()
    if not isinstance(document, Table):
        found = "is empty" if document is None else f"is {described(document)}"
        hint = f"expected a mapping with {', '.join(FILE_KEYS)}"
        raise ConfigError([Problem(f"the test file {found}", Place(source, 1, 1), hint)])
    reader = TableReader(document, "a test file", findings)
    reader.check_keys(FILE_KEYS)
    named = reader.text("rules")
    tested = rules or path.parent / (named.text if named else "rules.yaml")
    if rules is None and named is not None and not tested.exists():
        findings.wrong(
            f'rules: there is no file "{quoted(named.text)}"',
            named.place,
            "it is looked for beside this one",
        )
        findings.raise_if_wrong()
    advice = (
        None
        if rules
        else f'name one in {path.name} ("rules: …", a path beside it), or with --rules'
    )
    file = load_rules(settings, tested, reaching=False, hint=advice)
    interval = reader.duration(
        "interval", DEFAULT_INTERVAL, shortest=timedelta(seconds=1), longest=timedelta(days=1)
    )
    start = reader.parsed("start", _start) or DEFAULT_START
    listed = reader.require("tests", TESTS_HINT)
    if isinstance(listed, Listing) and not listed.items:
        findings.wrong("tests: there are none", listed.place, TESTS_HINT)
    cases = [
        _CaseReader(table, file, findings, interval=interval, start=start).read()
        for table in tables(listed, "tests", findings)
    ]
    findings.raise_if_wrong()
    right = tuple(case for case in cases if case is not None)
    return CaseFile(path=source, rules=file, cases=right, warnings=findings.warnings)


class _CaseReader:
    """Reads one test."""

    def __init__(
        self,
        table: Table,
        rules: RuleFile,
        findings: Findings,
        *,
        interval: timedelta,
        start: datetime,
    ) -> None:
        self._reader = TableReader(table, "a test", findings)
        self._rules = rules
        self._findings = findings
        self._interval = interval
        self._start = start

    def read(self) -> Case | None:
        reader = self._reader
        reader.check_keys(CASE_KEYS)
        reader.require("name", "what is tested, in a few words")
        expected = reader.require("expect", EXPECT_HINT)
        if isinstance(expected, Listing) and not expected.items:
            self._findings.wrong("expect: nothing is expected", expected.place, EXPECT_HINT)
        name, account = reader.text("name"), reader.text("account")
        start = reader.parsed("start", _start) or self._start
        interval = reader.duration(
            "interval", self._interval, shortest=timedelta(seconds=1), longest=timedelta(days=1)
        )
        whose = account.text if account else "default"
        statuses = (*DOCUMENTED_STATUSES, *self._rules.extra_statuses)
        campaigns = [
            read_timeline(
                table,
                self._findings,
                account=whose,
                start=start.timestamp(),
                statuses=statuses,
                number=number,
            )
            for number, table in enumerate(
                tables(reader.table.value("campaigns"), "campaigns", self._findings), 1
            )
        ]
        self._check_ids(campaigns, reader.table.value("campaigns"))
        accounts = read_accounts(reader.table.value("accounts"), self._findings)
        expectations = [
            self._expectation(TableReader(table, "an expectation", self._findings))
            for table in tables(expected, "expect", self._findings)
        ]
        found = [each for each in expectations if each is not None]
        for earlier, later in itertools.pairwise(found):
            if later.at < earlier.at:
                self._findings.wrong(
                    "expect: it is earlier than the one before",
                    later.place,
                    "write them in the order of time",
                )
        if name is None:
            return None
        return Case(
            name=name.text,
            account=whose,
            start=start,
            interval=interval,
            campaigns=tuple(each for each in campaigns if each is not None),
            accounts=accounts,
            expectations=tuple(found),
            place=reader.table.place,
        )

    def _check_ids(self, campaigns: Sequence[Timeline | None], node: YamlNode | None) -> None:
        """Each campaign has its own."""
        places = (
            [item.place for item in node.items if isinstance(item, Table)]
            if isinstance(node, Listing)
            else []
        )
        seen: dict[int, Place] = {}
        for campaign, place in zip(campaigns, places, strict=True):
            if campaign is not None and campaign.id in seen:
                message = f"campaigns: there are two with the id {campaign.id}"
                self._findings.wrong(
                    message, place, f"the first is in line {seen[campaign.id].line}"
                )
            elif campaign is not None:
                seen[campaign.id] = place

    def _expectation(self, reader: TableReader) -> Expectation | None:
        reader.check_keys(("at", "alerts", "messages"))
        at = reader.require("at", "such as 20m, since the start")
        if not isinstance(at, Scalar):
            return None
        seconds = offset(at, self._findings)
        if seconds is None:
            return None
        alerts = (
            self._alerts(reader, "alerts", STATES, otherwise=STATES[0])
            if reader.has("alerts")
            else None
        )
        messages = None
        if reader.has("messages"):
            found = tables(reader.table.value("messages"), "messages", self._findings)
            messages = tuple(
                m
                for m in (
                    self._message(TableReader(each, "a message", self._findings)) for each in found
                )
                if m
            )
        if alerts is None and messages is None:
            hint = "add alerts or messages; an empty list is for none"
            self._findings.warn(
                "expect: it says neither which alerts nor which messages", reader.table.place, hint
            )
        return Expectation(at=seconds, alerts=alerts, messages=messages, place=reader.table.place)

    def _message(self, reader: TableReader) -> ExpectedMessage | None:
        reader.check_keys(("receiver", "reason", "alerts"))
        reader.require("receiver")
        receiver = reader.text("receiver")
        known = [each.name for each in self._rules.receivers]
        if receiver is not None and receiver.text not in known:
            message, hint = one_of(known, receiver.text)
            self._findings.wrong(f"receiver: {message}", receiver.place, hint)
        reason = reader.parsed("reason", choice(*(each.value for each in NotifyReason)))
        alerts = self._alerts(reader, "alerts", TOLD_STATES) if reader.has("alerts") else None
        if receiver is None:
            return None
        return ExpectedMessage(
            receiver=receiver.text, reason=reason, alerts=alerts, place=reader.table.place
        )

    def _alerts(
        self, reader: TableReader, key: str, states: Sequence[str], *, otherwise: str | None = None
    ) -> tuple[ExpectedAlert, ...]:
        """Each with one of these states, or `otherwise` where none is written."""
        node = reader.table.value(key)
        if node is not None and not isinstance(node, Listing):
            self._findings.wrong(
                f"{key}: expected a list, found {described(node)}", node.place, "[] for none"
            )
        items = node.items if isinstance(node, Listing) else ()
        found = [self._alert(item, states, otherwise) for item in items]
        return tuple(each for each in found if each is not None)

    def _alert(
        self, node: YamlNode, states: Sequence[str], otherwise: str | None
    ) -> ExpectedAlert | None:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            name, _, subject = node.text.partition(" ")
            if not self._known(name, node.place):
                return None
            return ExpectedAlert(alert=name, subject=subject.strip() or None, state=otherwise)
        if not isinstance(node, Table):
            hint = 'such as "Stalled 1", or {alert: Stalled, campaign: 1}'
            self._findings.wrong(f"expected an alert, found {described(node)}", node.place, hint)
            return None
        reader = TableReader(node, "an expected alert", self._findings)
        reader.check_keys(ALERT_KEYS)
        reader.require("alert")
        name_node, sender, severity = (
            reader.text("alert"),
            reader.text("sender"),
            reader.text("severity"),
        )
        campaign = node.value("campaign")
        labels = self._labels(node.value("labels"))
        if severity is not None:
            labels["severity"] = severity.text
        summary, description = reader.text("summary"), reader.text("description")
        state = reader.parsed("state", choice(*states))
        if name_node is None or not self._known(name_node.text, name_node.place):
            return None
        about = campaign.text if isinstance(campaign, Scalar) else sender.text if sender else None
        return ExpectedAlert(
            alert=name_node.text,
            subject=about,
            state=state or otherwise,
            labels=labels,
            summary=summary.text if summary else None,
            description=description.text if description else None,
        )

    def _known(self, name: str, place: Place) -> bool:
        scopes = {rule.name: rule.scope for rule in self._rules.rules}
        if scopes.get(name) is Scope.RECEIVER:
            self._findings.wrong(
                f"alert: {name} is of scope receiver: in a test no receiver fails", place
            )
            return False
        if name in scopes:
            return True
        names = list(scopes)
        message, hint = one_of(names, name)
        if len(names) > LISTED:
            message = f'there is no rule "{quoted(name)}"'
        self._findings.wrong(f"alert: {message}", place, hint)
        return False

    def _labels(self, node: YamlNode | None) -> dict[str, str]:
        if node is not None and not isinstance(node, Table):
            self._findings.wrong(f"labels: expected a mapping, found {described(node)}", node.place)
        entries = node.entries.values() if isinstance(node, Table) else ()
        return {entry.key: entry.value.text for entry in entries if isinstance(entry.value, Scalar)}


def _start(value: object) -> datetime:
    return moment(text(value))
