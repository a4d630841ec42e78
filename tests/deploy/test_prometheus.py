"""A real Prometheus scrapes a real monitor: every promised metric arrives, and every rule finds
what it asks for."""

import re
import subprocess
from typing import Any

import pytest

from tests.deploy.stack import JOB, TEXT_JOB, Stack
from tests.real import require
from tests.unit.test_metrics import CONTRACT

pytestmark = pytest.mark.slow

SELECTOR = re.compile(r"\b(?:up|(?:bsg|process)_\w+|account\w*:[\w:]+)(?:\{[^}]*\})?")
"""What an expression asks for, without ranges and functions."""
OF_A_HISTOGRAM = re.compile(r"_(?:bucket|sum)$")
OF_THE_TARGET = {"__name__", "job", "le"}


@pytest.mark.parametrize("job", [JOB, TEXT_JOB])
def test_every_promised_metric_arrives_with_its_labels_in_both_formats(
    stack: Stack, job: str
) -> None:
    found: dict[str, set[frozenset[str]]] = {}
    for labels in stack.series(f'{{__name__=~"bsg_.+",job="{job}"}}'):
        if not OF_A_HISTOGRAM.search(labels["__name__"]):
            found.setdefault(labels["__name__"], set()).add(
                frozenset(labels.keys() - OF_THE_TARGET)
            )
    promised = CONTRACT.keys() - {"bsg_monitor_token_expiry_timestamp_seconds"}  # of a token only
    assert found == {name: {frozenset(CONTRACT[name])} for name in promised}


def test_both_formats_are_scraped_whole(stack: Stack) -> None:
    targets = {target["labels"]["job"]: target for target in stack.api("targets")["activeTargets"]}
    assert {job: (target["health"], target["lastError"]) for job, target in targets.items()} == {
        JOB: ("up", ""),
        TEXT_JOB: ("up", ""),
    }
    assert stack.page("/metrics", "application/openmetrics-text").endswith(b"# EOF\n")
    # What begins between one job's scrape and the other's is seen by one of them a second later.
    stack.until(lambda: _shown(stack, JOB) == _shown(stack, TEXT_JOB) != set())


def test_prometheus_knows_type_and_meaning_of_every_metric(stack: Stack) -> None:
    known = stack.api("metadata")
    families = {re.sub("_(?:total|count)$", "", name) for name in CONTRACT}
    described = {
        re.sub("_total$", "", name): {entry["type"] for entry in entries}
        for name, entries in known.items()
        if name.startswith("bsg_") and all(entry["help"] for entry in entries)
    }
    assert described.keys() == families
    assert set.union(*described.values()) == {"gauge", "counter", "histogram"}


def test_promtool_has_nothing_to_say_about_a_running_monitor(stack: Stack) -> None:
    command = (require("promtool"), "check", "metrics")
    done = subprocess.run(
        command, input=stack.page("/metrics"), capture_output=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_every_rule_is_evaluated_without_an_error(stack: Stack) -> None:
    rules = _rules(stack)
    assert {
        rule["name"]: rule.get("lastError", "") for rule in rules if rule["health"] != "ok"
    } == {}
    assert {rule["type"] for rule in rules} == {"alerting", "recording"}


def test_every_rule_finds_the_series_that_it_asks_for(stack: Stack) -> None:
    asked = {
        (rule["name"], selector)
        for rule in _rules(stack)
        for selector in SELECTOR.findall(rule["query"])
    }
    assert {name for name, _ in asked} == {rule["name"] for rule in _rules(stack)}
    missing = {name for name, selector in asked if not stack.query(selector)}
    assert missing == {  # a key that is taken has neither refusals nor an end
        "BsgMonitorCredentialsRefused",
        "BsgMonitorTokenExpiring",
        "BsgMonitorTokenExpiringSoon",
    }


def test_every_recording_rule_records(stack: Stack) -> None:
    names = [rule["name"] for rule in _rules(stack) if rule["type"] == "recording"]
    assert {name for name in names if not stack.query(name)} == set()
    for ratio in stack.query("account_message_type:bsg_campaign_delivery:ratio"):
        assert 0 < float(ratio["value"][1]) <= 1


def test_of_a_monitor_that_is_well_only_the_receivers_are_told(stack: Stack) -> None:
    firing = {found["metric"]["alertname"] for found in stack.query('ALERTS{alertstate="firing"}')}
    assert "BsgMonitorDeadLetters" in firing
    assert firing <= {
        "BsgMonitorDeadLetters",
        "BsgMonitorRowsRejected",
        "BsgMonitorDataUnreadable",
        "BsgMonitorReceiverFailing",
    }


def _rules(stack: Stack) -> list[dict[str, Any]]:
    return [rule for group in stack.api("rules")["groups"] for rule in group["rules"]]


def _shown(stack: Stack, job: str) -> set[frozenset[tuple[str, str]]]:
    """The monitor's series of one job at this moment, without what says where they were scraped."""
    found = [sample["metric"] for sample in stack.query(f'{{__name__=~"bsg_.+",job="{job}"}}')]
    return {
        frozenset(
            (name, value) for name, value in labels.items() if name not in {"job", "instance"}
        )
        for labels in found
    }
