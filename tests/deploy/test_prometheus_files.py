"""Prometheus' configuration and rules, checked by its own tools without running it."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.stack import DEPLOYED
from tests.real import require

ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DEPLOYED / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]


def told(*command: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        command, cwd=DEPLOYED, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "subject", [("config", "prometheus.yml"), ("rules", "alerts.yml"), ("rules", "recording.yml")]
)
def test_promtool_accepts_configuration_and_rules(subject: tuple[str, str]) -> None:
    code, words = told(require("promtool"), "check", *subject)
    assert (code, "FAILED" in words) == (0, False), words


def test_amtool_accepts_the_example_for_alertmanager() -> None:
    code, words = told(require("amtool"), "check-config", "alertmanager.yml")
    assert code == 0, words


@pytest.mark.parametrize(
    ("alert", "receiver"), [("BsgMonitorDown", "platform"), ("LowDelivery", "messaging")]
)
def test_the_example_tells_each_kind_of_alert_to_those_whom_it_concerns(
    alert: str, receiver: str
) -> None:
    test = (
        "config",
        "routes",
        "test",
        "--config.file=alertmanager.yml",
        f"--verify.receivers={receiver}",
    )
    code, words = told(require("amtool"), *test, f"alertname={alert}", "severity=critical")
    assert code == 0, words


def test_the_rules_pass_their_own_tests() -> None:
    code, words = told(
        require("promtool"), "test", "rules", "alerts_test.yml", "recording_test.yml"
    )
    assert code == 0, words


def test_every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    fires, rests = set(), set()
    for case in yaml.safe_load((DEPLOYED / "alerts_test.yml").read_text())["tests"]:
        for expected in case["alert_rule_test"]:
            (fires if expected["exp_alerts"] else rests).add(expected["alertname"])
    assert fires == rests == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"BsgMonitor[A-Z]\w+", rule["alert"])
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{rule['alert'].lower()}"
