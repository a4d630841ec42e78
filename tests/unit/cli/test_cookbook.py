"""The recipes of docs/rules.md: each is taken by `check` without a warning, and does what its
heading says."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.daemon.assembly import compile_ignore
from monitor.domain.routing.route import RouteTree
from monitor.rulefile import RuleFile
from monitor.settings import load_settings
from monitor.yamlfile.document import parse_yaml, plain
from monitor.yamlfile.findings import Findings
from tests.rules import rules_in
from tests.unit.cli.conftest import START, Invoke, campaign, tracked

ROOT = Path(__file__).parents[3]
_, _, _COOKBOOK = (ROOT / "docs" / "rules.md").read_text().partition("\n## Cookbook\n")
RECIPES = {
    title: re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    for title, text in re.findall(
        r"^### (.*?)\n(.*?)(?=^### |\Z)", _COOKBOOK.partition("\n## ")[0], re.DOTALL | re.MULTILINE
    )
}
SECRETS = {
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x",
    "PAGERDUTY_ROUTING_KEY": "0123456789abcdef0123456789abcdef",
}


def plain_yaml(text: str) -> Any:
    node = parse_yaml(text, source="f", findings=Findings())
    assert node is not None
    return plain(node)


def put(folder: Path, title: str) -> None:
    """The default rules and a `.env`, with what the recipe changes."""
    document = plain_yaml((ROOT / "rules.yaml").read_text())
    env = [f"{name}={value}" for name, value in SECRETS.items()]
    for language, text in RECIPES[title]:
        if language == "dotenv":
            env.append(text)
            continue
        changed = plain_yaml(text)
        rules = {rule["alert"]: rule for rule in document["rules"]}
        rules |= {rule["alert"]: rule for rule in changed.get("rules", ())}
        document |= changed | {"rules": list(rules.values())}
    (folder / "rules.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    (folder / ".env").write_text("\n".join(env))
    (folder / ".env").chmod(0o600)


def told(file: RuleFile, **labels: str) -> list[str]:
    assert file.route is not None
    return [each.route.receiver for each in RouteTree(file.route).destinations(labels)]


def loaded(folder: Path, title: str) -> RuleFile:
    put(folder, title)
    return rules_in(folder / "rules.yaml", **SECRETS)


def ignored(folder: Path, title: str, name: str, sender: str) -> bool:
    """Whether the monitor leaves such a campaign out."""
    put(folder, title)
    condition = load_settings(environ={"BSG_API_KEY": "k" * 20}, directory=folder).settings.ignore
    assert condition is not None
    row = tracked(campaign(1, name=name, sender=sender))
    return compile_ignore(condition)(row, START.timestamp())


def test_there_are_recipes_for_what_people_ask_first() -> None:
    assert list(RECIPES) == [
        "Mute one default rule",
        "Critical alerts to the pager, the rest to Slack",
        "Ignore test sends",
        "Only my brand",
        "A threshold for each sender",
        "Business hours",
    ]
    assert all(RECIPES.values())


@pytest.mark.parametrize("title", RECIPES)
def test_check_takes_every_recipe_without_a_warning(
    title: str, invoke: Invoke, folder: Path
) -> None:
    put(folder, title)
    done = invoke("check")
    assert done.exit_code == 0, done.output
    assert "warning" not in done.output


def test_a_muted_rule_goes_to_the_console_and_no_other_does(folder: Path) -> None:
    file = loaded(folder, "Mute one default rule")
    assert told(file, alertname="LongModeration", severity="warning") == ["console"]
    assert told(file, alertname="Stalled", severity="critical") == ["ops"]


def test_critical_alerts_go_to_the_pager_and_the_rest_to_slack(folder: Path) -> None:
    file = loaded(folder, "Critical alerts to the pager, the rest to Slack")
    assert told(file, severity="critical") == ["pager"]
    assert told(file, severity="warning") == ["slack"]


def test_test_sends_are_left_out_and_others_are_not(folder: Path) -> None:
    title = "Ignore test sends"
    assert ignored(folder, title, "Test of the sale", "Shop")
    assert not ignored(folder, title, "The latest offer", "Shop")


def test_campaigns_of_other_brands_are_left_out(folder: Path) -> None:
    assert ignored(folder, "Only my brand", "Sale", "Other")
    assert not ignored(folder, "Only my brand", "Sale", "MyShop RCS")


def test_alerts_about_other_brands_do_not_reach_the_brands_channel(folder: Path) -> None:
    file = loaded(folder, "Only my brand")
    assert told(file, sender="MyShop RCS") == ["my-brand"]
    assert told(file, sender="Other") == ["console"]


def test_warnings_wait_for_the_office_and_critical_alerts_do_not(folder: Path) -> None:
    file = loaded(folder, "Business hours")
    assert file.route is not None
    (warnings,) = file.route.routes
    assert [each.name for each in warnings.active_time_intervals] == ["office"]
    assert [
        RouteTree(file.route).destinations({"severity": severity})[0].route is warnings
        for severity in ("warning", "critical")
    ] == [True, False]
