"""Every expression of the dashboards finds data in a real Prometheus that scrapes a real
monitor."""

import re
from collections.abc import Iterable, Mapping
from math import isnan
from typing import Any

import pytest

from tests.deploy.dashboards import (
    LABEL_VALUES,
    QUERY_RESULT,
    Asked,
    annotations,
    boards,
    filled_in,
    offered,
    queries,
    variables,
)
from tests.deploy.stack import JOB, Stack

pytestmark = pytest.mark.slow

BOARDS = boards()
QUERIES = [asked for board in BOARDS.values() for asked in queries(board)]
ANNOTATIONS = [asked for board in BOARDS.values() for asked in annotations(board)]
SELECTOR = re.compile(r"\b(?:up|ALERTS|(?:bsg|process)_\w+|account\w*:[\w:]+)(?:\{[^}]*\})?")
HISTORY_SECONDS = 300
Series = Mapping[str, Any]


@pytest.fixture(scope="module")
def values(stack: Stack) -> dict[str, str]:
    """What Grafana would put in place of variables: all of the many; of single ones, the busiest
    campaign and its sender."""
    stack.wait(
        f'count_over_time(up{{job="{JOB}"}}[{HISTORY_SECONDS}s]) > 5'
    )  # what rates are taken of
    (busiest,) = stack.query(f'topk(1, bsg_campaign_sent_messages{{job="{JOB}"}})')
    return {
        "instance": ".*",
        "account": ".*",
        "message_type": ".*",
        "sender": busiest["metric"]["sender"],
        "campaign": busiest["metric"]["campaign_id"],
        # Four scrapes, as Grafana takes it; a step in which the history that was made has room.
        "__rate_interval": "4s",
        "__interval": "1s",
        "__range": f"{HISTORY_SECONDS}s",
    }


@pytest.mark.parametrize("asked", QUERIES, ids=lambda asked: asked.where)
def test_every_query_of_a_panel_finds_data_with_the_labels_of_its_legend(
    stack: Stack, values: Mapping[str, str], asked: Asked
) -> None:
    expression = filled_in(asked.expression, values)
    found = stack.query(expression) if asked.instant else _over_time(stack, expression)
    assert _numbers(found), expression
    assert all(asked.labels <= series["metric"].keys() for series in found), (
        asked.labels,
        found[0]["metric"],
    )


@pytest.mark.parametrize("uid", BOARDS)
def test_every_selector_finds_data_even_where_its_absence_would_show_0(
    stack: Stack, values: Mapping[str, str], uid: str
) -> None:
    expressions = {
        filled_in(each.expression, values)
        for each in (*queries(BOARDS[uid]), *annotations(BOARDS[uid]))
    }
    selectors = {
        selector for expression in expressions for selector in SELECTOR.findall(expression)
    }
    assert {selector for selector in selectors if not _over_time(stack, selector)} == set()


@pytest.mark.parametrize(
    "asked",
    [each for board in BOARDS.values() for each in annotations(board)],
    ids=lambda asked: asked.where,
)
def test_every_annotation_marks_something_and_can_say_what(
    stack: Stack, values: Mapping[str, str], asked: Asked
) -> None:
    found = _over_time(stack, filled_in(asked.expression, values))
    assert min(_numbers(found)) >= 1  # Grafana passes over less
    assert all(asked.labels <= series["metric"].keys() for series in found)


@pytest.mark.parametrize("uid", BOARDS)
def test_every_variable_offers_something_to_choose(
    stack: Stack, values: Mapping[str, str], uid: str
) -> None:
    chosen = [each for each in variables(BOARDS[uid]).values() if each["type"] == "query"]
    assert chosen
    for variable in chosen:
        if parsed := QUERY_RESULT.fullmatch(variable["definition"]):
            found = stack.query(filled_in(parsed["query"], values))
            assert (
                values["campaign"] in offered(variable, [each["metric"] for each in found]).values()
            )
            continue
        parsed = LABEL_VALUES.fullmatch(variable["definition"])
        assert parsed is not None
        known = stack.api(
            f"label/{parsed['label']}/values", **{"match[]": filled_in(parsed["selector"], values)}
        )
        assert known, variable["definition"]


def test_a_monitor_that_is_scraped_twice_counts_once(
    stack: Stack, values: Mapping[str, str]
) -> None:
    for asked in queries(BOARDS["bsg-overview"]):
        found = _over_time(stack, filled_in(asked.expression, values))
        assert all(not {"instance", "job"} & series["metric"].keys() for series in found), (
            asked.where
        )
    live = next(each for each in queries(BOARDS["bsg-overview"]) if "Live campaigns" in each.where)
    twice = filled_in(live.expression, values)
    once = twice.replace("bsg_campaigns{", f'bsg_campaigns{{job="{JOB}",')
    assert once != twice
    # At any second: between the two scrapes of a change, it can count for both sides.
    assert _numbers(_over_time(stack, f"({once}) == ({twice}) > 0"))


def _over_time(stack: Stack, expression: str) -> list[Series]:
    """Each series that it gave at any second of the history."""
    end = float(stack.api("query", query="time()")["result"][1])
    times = {"start": str(end - HISTORY_SECONDS), "end": str(end), "step": "1"}
    found: list[Series] = stack.api("query_range", query=expression, **times)["result"]
    return found


def _numbers(found: Iterable[Series]) -> list[float]:
    """The values of all series, without those that are not a number."""
    pairs = [pair for series in found for pair in (series.get("values") or [series["value"]])]
    return [number for number in (float(value) for _, value in pairs) if not isnan(number)]
