"""Loads a file of tests and the rules that it tests, or says everything that is wrong, each with
its place."""

import itertools
from collections.abc import Collection, Sequence
from pathlib import Path

from monitor.domain.alerting.rule import Scope
from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES
from monitor.domain.safetext.possible_secrets import quoted
from monitor.errors import ConfigError, Place, Problem
from monitor.rulefile import RuleFile, load_rules
from monitor.ruletest.cases import (
    GONE,
    AccountRow,
    CampaignFacts,
    CampaignTimeline,
    Case,
    CaseFile,
    CaseFileKeys,
    CaseKeys,
    Expectation,
    ExpectedAlert,
    SnapshotRow,
)
from monitor.settings import LoadedSettings
from monitor.yamlfile.document import Table, described, parse_yaml
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.models import read_partial
from monitor.yamlfile.suggestion import one_of
from monitor.yamlfile.text_file import read_text

LISTED = 8
"""More rules than these are not listed in an error."""


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
    file = read_partial(CaseFileKeys, document, findings) if isinstance(document, Table) else None
    if file is None:
        found = "is empty" if document is None else f"is {described(document)}"
        hint = f"expected a mapping with {', '.join(CaseFileKeys.by_key())}"
        raise ConfigError([Problem(f"the test file {found}", Place(source, 1, 1), hint)])
    tested = rules or path.parent / (file.rules or "rules.yaml")
    if rules is None and file.rules and not tested.exists():
        findings.wrong(
            f'rules: there is no file "{quoted(file.rules)}"',
            file.place("rules"),
            "it is looked for beside this one",
        )
        findings.raise_if_wrong()
    advice = f'name one in {path.name} ("rules: …", a path beside it), or with --rules'
    loaded = load_rules(settings, tested, reaching=False, hint=None if rules else advice)
    for case in file.tests or ():
        _CaseCheck(loaded, findings).check(case)
    findings.raise_if_wrong()
    return CaseFile(
        path=source,
        rules=loaded,
        cases=[_made(case, file) for case in file.tests],
        warnings=findings.warnings,
    )


def _made(case: CaseKeys, file: CaseFileKeys) -> Case:
    start = case.start or file.start
    return Case(
        name=case.name,
        account=case.account,
        start=start,
        interval=case.interval or file.interval,
        campaigns=[
            CampaignTimeline.of(each, number, case.account, start.timestamp())
            for number, each in enumerate(case.campaigns, 1)
        ],
        accounts=case.accounts,
        expectations=case.expect,
        place=case.place(),
    )


class _CaseCheck:
    """Checks what no key says alone: names, and the order of times."""

    def __init__(self, rules: RuleFile, findings: Findings) -> None:
        self._findings = findings
        self._scopes = {rule.name: rule.scope for rule in rules.rules}
        self._receivers = [receiver.name for receiver in rules.receivers]
        self._statuses = (*DOCUMENTED_STATUSES, *rules.extra_statuses)

    def check(self, case: CaseKeys) -> None:
        """Note what is wrong in a test."""
        wrong = self._findings.wrong
        seen: dict[int, Place] = {}
        for number, campaign in enumerate(case.campaigns or (), 1):
            first = seen.setdefault(campaign.id or number, campaign.place())
            if first is not campaign.place():
                message = f"campaigns: there are two with the id {campaign.id or number}"
                wrong(message, campaign.place(), f"the first is in line {first.line}")
            self._check_status(campaign, self._statuses)
            for row in campaign.snapshots or ():
                self._check_status(row, (*self._statuses, GONE))
            self._check_order("snapshots", campaign.snapshots or ())
        self._check_order("accounts", case.accounts or ())
        expected = [each for each in case.expect or () if each.sound]
        for earlier, later in itertools.pairwise(expected):
            if later.at < earlier.at:
                hint = "write them in the order of time"
                wrong("expect: it is earlier than the one before", later.place(), hint)
        for each in case.expect or ():
            self._check_expectation(each)

    def _check_status(self, facts: CampaignFacts, allowed: Collection[str]) -> None:
        if facts.status and facts.status not in allowed:
            message, hint = one_of(allowed, facts.status)
            self._findings.wrong(f"status: {message}", facts.place("status"), hint)

    def _check_order(self, what: str, rows: Sequence[SnapshotRow | AccountRow]) -> None:
        for above, row in itertools.pairwise(row for row in rows if row.sound):
            if row.at <= above.at:
                self._findings.wrong(f"{what}: it is not later than the row above", row.place("at"))

    def _check_expectation(self, expectation: Expectation) -> None:
        if not expectation.given("alerts") and not expectation.given("messages"):
            self._findings.warn(
                "expect: it says neither which alerts nor which messages",
                expectation.place(),
                "add alerts or messages; an empty list is for none",
            )
        for message in expectation.messages or ():
            if message.receiver and message.receiver not in self._receivers:
                words, hint = one_of(self._receivers, message.receiver)
                self._findings.wrong(f"receiver: {words}", message.place("receiver"), hint)
            for told in message.alerts or ():
                self._check_rule(told)
        for alert in expectation.alerts or ():
            self._check_rule(alert)

    def _check_rule(self, expected: ExpectedAlert) -> None:
        name = expected.alert
        if self._scopes.get(name) is Scope.RECEIVER:
            message = f"alert: {name} is of scope receiver: in a test no receiver fails"
            self._findings.wrong(message, expected.place("alert"))
        elif name and name not in self._scopes:
            message, hint = one_of(self._scopes, name)
            if len(self._scopes) > LISTED:
                message = f'there is no rule "{quoted(name)}"'
            self._findings.wrong(f"alert: {message}", expected.place("alert"), hint)
