"""The runbooks: one for each default rule and each alert about the monitor, the same on the page
as in the docs."""

import re
from pathlib import Path

import pytest

from monitor.web.pages import runbooks_html, runbooks_markdown
from tests.rules import rules_in
from tests.unit.config.conftest import rule_problems, rules

ROOT = Path(__file__).parents[2]
SECTIONS = set(re.findall(r"^### (\w+)$", runbooks_markdown(), re.MULTILINE))


def test_every_default_rule_has_a_runbook_and_links_to_it() -> None:
    for rule in rules_in(ROOT / "rules.yaml", BSG_EXTERNAL_URL="https://m.example.org/bsg/").rules:
        assert rule.name in SECTIONS
        assert rule.runbook_url == f"https://m.example.org/bsg/runbooks#{rule.name.lower()}"


def test_every_alert_about_the_monitor_has_one() -> None:
    alerts = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text()
    assert set(re.findall(r"alert: (\w+)", alerts)) <= SECTIONS


def test_the_page_has_an_anchor_for_each_and_no_link_that_leads_nowhere() -> None:
    html = str(runbooks_html())
    anchors = set(re.findall(r'<h3 id="(\w+)">', html))
    assert anchors == {name.lower() for name in SECTIONS}
    assert set(re.findall(r'href="#(\w+)"', html)) <= anchors


def test_the_docs_say_the_same() -> None:
    assert runbooks_markdown() in (ROOT / "docs" / "operations.md").read_text()


def test_without_an_address_of_its_own_a_page_of_the_monitor_is_no_link() -> None:
    text = "rules: [{alert: A, when: sent > 1, runbook_url: /runbooks#a}]\n"
    assert rules(text).rules[0].runbook_url is None


@pytest.mark.parametrize(
    "link", ["runbooks#a", "//evil.example.org/x", "/a b", "ftp://a.example.org"]
)
def test_what_is_neither_a_url_nor_a_path_is_refused(link: str) -> None:
    (found,) = rule_problems(f"rules: [{{alert: A, when: sent > 1, runbook_url: '{link}'}}]\n")
    assert "runbook_url: " in found
