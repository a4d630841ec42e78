"""Reading a scenario file: YAML to plans, with file, line and column for everything that is
wrong, all of it at once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import msgspec
import yaml

from monitor.errors import ConfigError, Excerpt, Place, Problem
from monitor.simulator.offset import parse_offset
from monitor.simulator.plan import BalancePlan, CampaignPlan
from monitor.simulator.planning import (
    PLANNING_FIELDS,
    REQUIRED_FIELDS,
    UnfitField,
    make_plan,
    read_field,
)

MOST_CAMPAIGNS = 1_000_000
_T = TypeVar("_T")
_TOP = ("seed", "first_id", "balance", "defaults", "campaigns", "bulk")
_BALANCE = ("amount", "credit", "currency", "per_minute", "floor")
_BULK = ("campaigns", "days", "ahead_days", "live_share")
_REPEAT = ("every", "times")


class BulkOrder(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The `bulk:` part of a file: what `bulk_scenario` takes."""

    campaigns: int
    days: float = 30.0
    ahead_days: float = 0.0
    live_share: float = 0.02


class ScenarioFile(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a scenario file says. None where it says nothing."""

    seed: int | None = None
    first_id: int | None = None
    balance: BalancePlan = BalancePlan()
    campaigns: tuple[CampaignPlan, ...] = ()
    bulk: BulkOrder | None = None


def read_scenario(text: str, source: str) -> ScenarioFile:
    """The file's content. ConfigError with every problem found, in the order of the file."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(
            [
                _shown(
                    text,
                    Problem(f"not YAML: {error.problem or error.context}", _place(source, mark)),
                )
            ]
        ) from None
    except yaml.YAMLError as error:
        raise ConfigError([Problem(f"not YAML: {error}", Place(source))]) from None
    if root is None:
        raise ConfigError(
            [Problem("the file is empty", Place(source), hint=f"expected {', '.join(_TOP)}")]
        )
    reader = _Reader(source)
    found = reader.scenario(root)
    if reader.problems:
        raise ConfigError(
            [_shown(text, problem) for problem in sorted(reader.problems, key=_position)]
        )
    return found


class _Nested:
    """What stands where one value is expected; no reader takes it."""

    def __repr__(self) -> str:
        return "a list or keys and values"


class _Reader:
    """One pass over a file's nodes. Problems are collected; what could not be read takes its
    default."""

    def __init__(self, source: str) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._constructor = yaml.SafeLoader("")

    def scenario(self, root: yaml.Node) -> ScenarioFile:
        parts = self._mapping(root, _TOP)
        balance = self._mapping(parts.get("balance"), _BALANCE)
        bulk = self._bulk(parts["bulk"]) if "bulk" in parts else None
        return ScenarioFile(
            seed=self._value(parts, "seed", _whole),
            first_id=self._value(parts, "first_id", _whole),
            balance=msgspec.convert(
                self._given(balance, dict.fromkeys(_BALANCE, _number) | {"currency": _text}),
                BalancePlan,
            ),
            campaigns=tuple(
                self._campaigns(
                    parts.get("campaigns"), self._mapping(parts.get("defaults"), _campaign_keys())
                )
            ),
            bulk=bulk,
        )

    def _bulk(self, node: yaml.Node) -> BulkOrder | None:
        parts = self._mapping(node, _BULK)
        given = self._given(
            parts,
            {"campaigns": _whole, "days": _number, "ahead_days": _number, "live_share": _share},
        )
        if "campaigns" in given:
            return msgspec.convert(given, BulkOrder)
        if "campaigns" not in parts:
            self._problem(node, "bulk: campaigns is missing")
        return None

    def _campaigns(
        self, node: yaml.Node | None, defaults: Mapping[str, yaml.Node]
    ) -> list[CampaignPlan]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self._problem(node, "campaigns: expected a list")
            return []
        return [plan for item in node.value for plan in self._campaign(item, defaults)]

    def _campaign(self, item: yaml.Node, defaults: Mapping[str, yaml.Node]) -> list[CampaignPlan]:
        before = len(self.problems)
        own = self._mapping(item, (*_campaign_keys(), "repeat"))
        every, times = self._repeat(own.pop("repeat", None))
        nodes = {**defaults, **own}
        fields = {name: self._scalar(node) for name, node in nodes.items()}
        for name, value in fields.items():
            try:
                read_field(name, value)
            except UnfitField as error:
                self._problem(nodes[name], str(error))
        missing = [name for name in REQUIRED_FIELDS if name not in fields]
        if missing and isinstance(item, yaml.MappingNode):
            self._problem(
                item,
                f"a campaign needs {', '.join(REQUIRED_FIELDS)}; missing: {', '.join(missing)}",
            )
        if len(self.problems) > before:
            return []
        try:
            plan = make_plan(fields)
        except UnfitField as error:
            self._problem(nodes.get(error.field, item), str(error))
            return []
        if times == 1:
            return [plan]
        if plan.id is not None:
            self._problem(nodes["id"], "id: a repeated campaign cannot have one")
        return [_numbered(plan, number, every) for number in range(times)]

    def _repeat(self, node: yaml.Node | None) -> tuple[float, int]:
        parts = self._mapping(node, _REPEAT)
        for name in _REPEAT:
            if node is not None and name not in parts:
                self._problem(node, f"repeat: {name} is missing")
        every, times = self._value(parts, "every", _span), self._value(parts, "times", _times)
        return (every or 0.0), (times or 1)

    # --- nodes ---

    def _mapping(self, node: yaml.Node | None, known: tuple[str, ...]) -> dict[str, yaml.Node]:
        """The values by key; unknown and repeated keys are problems."""
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self._problem(node, f"expected keys and values: {', '.join(known)}")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            if name not in known:
                self._problem(key, f"unknown key {name!r}", hint=f"known are {', '.join(known)}")
            elif name in found:
                self._problem(key, f"{name!r} is given twice")
            else:
                found[name] = value
        return found

    def _given(
        self, nodes: Mapping[str, yaml.Node], readers: Mapping[str, Callable[[object], object]]
    ) -> dict[str, object]:
        read = {name: self._value(nodes, name, reader) for name, reader in readers.items()}
        return {name: value for name, value in read.items() if value is not None}

    def _value(
        self, nodes: Mapping[str, yaml.Node], name: str, reader: Callable[[object], _T]
    ) -> _T | None:
        node = nodes.get(name)
        if node is None:
            return None
        value = self._scalar(node)
        try:
            return reader(value)
        except ValueError as error:
            self._problem(node, f"{name}: {error}")
            return None

    def _scalar(self, node: yaml.Node) -> object:
        if not isinstance(node, yaml.ScalarNode):
            return _Nested()
        try:
            return self._constructor.construct_object(node)
        except (yaml.YAMLError, ValueError):
            return (
                node.value
            )  # looks like a date or a number and is none: a text, which its reader will judge

    def _problem(self, node: yaml.Node, message: str, hint: str | None = None) -> None:
        self.problems.append(Problem(message, _place(self._source, node.start_mark), hint))


def _campaign_keys() -> tuple[str, ...]:
    return tuple(sorted(PLANNING_FIELDS))


def _numbered(plan: CampaignPlan, number: int, every: float) -> CampaignPlan:
    """The repetition's own name: `{n}` replaced, or the number put behind."""
    name = (
        plan.name.replace("{n}", str(number + 1))
        if "{n}" in plan.name
        else f"{plan.name} {number + 1}"
    )
    return msgspec.structs.replace(plan, name=name, created=plan.created + number * every)


def _shown(text: str, problem: Problem) -> Problem:
    """The problem with its line."""
    lines, place = text.splitlines(), problem.place
    if place is None or place.line is None or place.line > len(lines):
        return problem
    return replace(problem, excerpt=Excerpt.of(lines[place.line - 1], place))


def _place(source: str, mark: yaml.Mark | None) -> Place:
    return Place(source) if mark is None else Place(source, mark.line + 1, mark.column + 1)


def _position(problem: Problem) -> tuple[int, int]:
    place = problem.place
    return (0, 0) if place is None else (place.line or 0, place.column or 0)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"found {value!r}, expected a whole number of 0 or more")
    return value


def _times(value: object) -> int:
    if not 1 <= _whole(value) <= MOST_CAMPAIGNS:
        raise ValueError(f"found {value!r}, expected 1 to {MOST_CAMPAIGNS}")
    return _whole(value)


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        # one kind of error for all values
        raise ValueError(f"found {value!r}, expected a number")  # noqa: TRY004
    return float(value)


def _share(value: object) -> float:
    if not 0.0 <= _number(value) <= 1.0:
        raise ValueError(f"found {value!r}, expected a share from 0 to 1")
    return _number(value)


def _span(value: object) -> float:
    return parse_offset(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"found {value!r}, expected a text")
    return value
