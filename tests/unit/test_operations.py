"""docs/operations.md and the page on settings are true."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.daemon.retention import DEAD_LETTERS, FULL_SAMPLES, HISTORY
from monitor.web.pages import runbooks_markdown

ROOT = Path(__file__).parents[2]
ALERT_FILES = sorted(
    path for path in (ROOT / "deploy").rglob("*.y*ml") if "- alert:" in path.read_text("utf-8")
)


def test_what_is_kept_is_what_is_pruned() -> None:
    settings = (ROOT / "docs" / "settings.md").read_text("utf-8")
    kept = settings.partition("## What is kept")[2].partition("\n## ")[0]
    assert (
        f"| {FULL_SAMPLES.days} days in full, then the last of each hour, {HISTORY.days} days in "
        "all |" in kept
    )
    assert kept.count(f"| {HISTORY.days} days |") == 3
    assert f"| {DEAD_LETTERS.days} days after they were given up |" in kept


@pytest.mark.parametrize("path", ALERT_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_alert_about_the_monitor_has_a_runbook_and_every_link_to_one_leads_there(
    path: Path,
) -> None:
    sections = set(re.findall(r"^### (\w+)$", runbooks_markdown(), re.MULTILINE))
    found = [
        rule
        for document in yaml.safe_load_all(path.read_text("utf-8"))
        for rule in alerts(document)
    ]
    assert found
    for rule in found:
        url = {**rule, **rule.get("annotations", {})}.get("runbook_url")
        if rule["alert"].startswith("BsgMonitor"):
            assert url is not None, rule["alert"]
        if url is not None:
            assert rule["alert"] in sections
            assert url.endswith(f"#{rule['alert'].lower()}")


def alerts(node: object) -> list[dict[str, Any]]:
    """Every rule that makes an alert, however deep it stands: in groups of Prometheus, in a
    resource, in a rules file."""
    if isinstance(node, dict):
        if "alert" in node:
            return [node]
        return [rule for value in node.values() for rule in alerts(value)]
    return [rule for value in node for rule in alerts(value)] if isinstance(node, list) else []
