"""What can be said of the dashboards without a Prometheus: made by the script, whole, legible,
and leading to each other."""

import re
import subprocess
import sys
from itertools import combinations
from typing import Any

import pytest
import yaml

from tests.deploy.dashboards import (
    FOLDER,
    VARIABLE,
    annotations,
    boards,
    offered,
    panels,
    queries,
    variables,
)
from tests.deploy.stack import DEPLOYED as PROMETHEUS

BOARDS = boards()
BUILT_IN = {"__interval", "__rate_interval", "__range", "__url_time_range", "__data"}
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def test_the_committed_dashboards_are_what_the_script_makes() -> None:
    done = subprocess.run(
        [sys.executable, FOLDER / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_there_is_a_dashboard_for_each_view_with_its_variables() -> None:
    assert {uid: tuple(variables(board)) for uid, board in BOARDS.items()} == {
        "bsg-overview": ("datasource", "account", "message_type"),
        "bsg-sender": ("datasource", "account", "message_type", "sender"),
        "bsg-campaign": ("datasource", "account", "message_type", "sender", "campaign"),
        "bsg-health": ("datasource", "instance", "account", "message_type"),
    }


def test_a_campaign_is_chosen_by_its_name_or_its_id() -> None:
    chosen = variables(BOARDS["bsg-campaign"])["campaign"]
    of_both = {
        "account": "default",
        "message_type": "sms",
        "sender": "Shop",
        "instance": "m:9780",
        "job": "bsg-monitor",
    }
    names = {"7": 'The "big" sale, {50 %} off', "12": "Reminder", "13": "Reminder"}
    found = [
        of_both | {"campaign_id": id_, "campaign_name": name, "shown": f"{id_} · {name}"}
        for id_, name in names.items()
    ]
    assert offered(chosen, found) == {
        '7 · The "big" sale, {50 %} off': "7",
        "12 · Reminder": "12",
        "13 · Reminder": "13",
    }


@pytest.mark.parametrize("uid", BOARDS)
def test_every_query_goes_to_the_prometheus_that_was_chosen(uid: str) -> None:
    board = BOARDS[uid]
    asked = [panel["datasource"] for panel in panels(board)]
    asked += [target["datasource"] for panel in panels(board) for target in panel["targets"]]
    asked += [each["datasource"] for each in board["annotations"]["list"]]
    asked += [each["datasource"] for each in variables(board).values() if each["type"] == "query"]
    assert all(each == DATASOURCE for each in asked)
    assert variables(board)["datasource"]["query"] == "prometheus"


@pytest.mark.parametrize("uid", BOARDS)
def test_every_variable_that_is_used_is_declared_and_the_other_way_round(uid: str) -> None:
    board = BOARDS[uid]
    texts = [each.expression for each in (*queries(board), *annotations(board))]
    texts += [each["definition"] for each in variables(board).values() if each["type"] == "query"]
    used = {first or second for text in texts for first, second in VARIABLE.findall(text)}
    assert used - BUILT_IN == variables(board).keys() - {"datasource"}


@pytest.mark.parametrize("uid", BOARDS)
def test_panels_fill_their_rows_and_do_not_overlap(uid: str) -> None:
    places = [panel["gridPos"] for panel in BOARDS[uid]["panels"]]
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)
    for height in {place["y"] for place in places}:
        assert sum(place["w"] for place in places if place["y"] == height) == 24


@pytest.mark.parametrize("uid", BOARDS)
def test_every_panel_says_what_it_shows_in_a_unit(uid: str) -> None:
    numbers = [panel["id"] for panel in BOARDS[uid]["panels"]]
    assert len(set(numbers)) == len(numbers)
    for panel in panels(BOARDS[uid]):
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert (
            panel["type"] in {"table", "state-timeline"} or panel["fieldConfig"]["defaults"]["unit"]
        )


def test_links_lead_to_dashboards_and_set_variables_that_these_have() -> None:
    links = set(
        re.findall(
            r'"(/d/[^"]+)"',
            "".join(path.read_text("utf-8") for path in (FOLDER / "dashboards").iterdir()),
        )
    )
    led_to = set()
    for link in links:
        uid, _, query = link.removeprefix("/d/").partition("?")
        assert set(re.findall(r"var-(\w+)=", query)) <= variables(BOARDS[uid]).keys()
        led_to.add(uid)
    assert led_to == {"bsg-sender", "bsg-campaign"}


def test_the_data_source_keeps_the_pace_of_prometheus() -> None:
    (source,) = _provisioned("datasources/prometheus.yaml")["datasources"]
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    assert (source["type"], source["jsonData"]["timeInterval"]) == (
        "prometheus",
        config["global"]["scrape_interval"],
    )


def test_the_dashboards_are_shown_from_the_folder_that_the_guide_copies_them_to() -> None:
    (provider,) = _provisioned("dashboards/bsg-monitor.yaml")["providers"]
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"
    assert "cp -r dashboards /var/lib/grafana/\n" in (FOLDER / "README.md").read_text("utf-8")


def _provisioned(name: str) -> Any:
    return yaml.safe_load((FOLDER / "provisioning" / name).read_text())
