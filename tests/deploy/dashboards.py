"""The committed dashboards, as Grafana would read them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parents[2] / "deploy/grafana"
LABEL_VALUES = re.compile(r"label_values\((?P<selector>.+), (?P<label>\w+)\)")
QUERY_RESULT = re.compile(r"query_result\((?P<query>.+)\)")
VARIABLE = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")

Board = Mapping[str, Any]


class Asked(NamedTuple):
    """One query of a dashboard."""

    where: str
    expression: str
    instant: bool
    labels: frozenset[str]
    """What its legend takes from the answer."""


def boards() -> dict[str, Board]:
    """By uid."""
    found = [
        json.loads(path.read_text("utf-8"))
        for path in sorted((FOLDER / "dashboards").glob("*.json"))
    ]
    return {board["uid"]: board for board in found}


def panels(board: Board) -> list[dict[str, Any]]:
    """All but the rows."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries(board: Board) -> Iterator[Asked]:
    """What all panels ask."""
    for panel in panels(board):
        for target in panel["targets"]:
            labels = frozenset(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            yield Asked(
                f"{board['title']}: {panel['title']} {target['refId']}",
                target["expr"],
                target["instant"],
                labels,
            )


def annotations(board: Board) -> Iterator[Asked]:
    """What is asked for marks in the graphs."""
    for each in board["annotations"]["list"]:
        labels = re.findall(r"{{(\w+)}}", each["titleFormat"] + each["textFormat"]) + each[
            "tagKeys"
        ].split(",")
        yield Asked(
            f"{board['title']}: {each['name']}",
            each["target"]["expr"],
            instant=False,
            labels=frozenset(labels),
        )


def variables(board: Board) -> dict[str, dict[str, Any]]:
    """By name, in the order in which they are shown."""
    return {each["name"]: each for each in board["templating"]["list"]}


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """With values for its variables; KeyError names one that has none."""
    return VARIABLE.sub(lambda found: values[found[1] or found[2]], text)


def offered(variable: Mapping[str, Any], found: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What a variable that asks for whole series offers, by its text: Grafana writes each as
    `name{label="value",…} value time` and takes both out of that by the variable's expression."""
    expression = re.compile(variable["regex"].strip("/").replace("(?<", "(?P<"))
    options: dict[str, str] = {}
    for labels in found:
        others = ",".join(
            f'{name}="{value}"' for name, value in sorted(labels.items()) if name != "__name__"
        )
        if taken := expression.search(f"{labels.get('__name__', '')}{{{others}}} 1 1772442000000"):
            options[taken["text"]] = taken["value"]
    return options
