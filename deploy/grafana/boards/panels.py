"""The kinds of panels that the dashboards are put together from, so that like things look alike.

A panel takes `span` of the 24 columns of a row. Queries are (expression, legend) pairs; a legend
takes labels in {{ }}.
"""

from collections.abc import Iterable, Mapping
from math import isinf
from typing import TypeVar

from grafana_foundation_sdk.builders import common as options
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.statetimeline import Panel as StateTimeline
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    DataSourceRef,
    GraphDrawStyle,
    GraphGradientMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="${datasource}")

Steps = Mapping[float, str]
"""Colours by the value from which on they hold; below the first one it is green."""
Query = tuple[str, str]
Panel = Stat | StateTimeline | Table | TimeSeries
Kind = TypeVar("Kind", Stat, StateTimeline, Table, TimeSeries)

BAD_FROM_ONE: Steps = {1: "red"}
ODD_FROM_ONE: Steps = {1: "orange"}
STALE: Steps = {180: "orange", 300: "red"}
"""Three and five polls at the default interval; from the latter on the monitor's own alert
counts."""
DELIVERY: Steps = {float("-inf"): "red", 0.80: "orange", 0.95: "green"}
"""What the default rules take for a page, for a warning and for typical with SMS. Other types
have no typical ratio."""
NEUTRAL: Steps = {float("-inf"): "blue"}

PER_MINUTE = "suffix: msg/min"
STATUS_COLORS = {
    "creation": "#8e8e8e",
    "moderation": "purple",
    "spam": "red",
    "scheduled": "light-blue",
    "sending": "blue",
    "paused": "orange",
    "stopped": "dark-red",
    "done": "green",
}


def stat(
    title: str,
    description: str,
    query: Query,
    unit: str = "short",
    steps: Steps = NEUTRAL,
    span: int = 4,
    named: bool = False,
) -> Stat:
    """One figure as it is now, on the colour that it has earned; `named` shows each series'
    legend beside its value."""
    return (
        _common(Stat(), title, description, span, 4)
        .unit(unit)
        .thresholds(thresholds(steps))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .color_mode(
            BigValueColorMode.BACKGROUND if steps is not NEUTRAL else BigValueColorMode.VALUE
        )
        .graph_mode(BigValueGraphMode.NONE)
        .text_mode(BigValueTextMode.VALUE_AND_NAME if named else BigValueTextMode.VALUE)
        .reduce_options(options.ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(_query("A", query).instant())
    )


def delivery_stat(whose: str, query: Query, *, span: int = 4) -> Stat:
    """Delivered per sent by message type, coloured for SMS only."""
    return (
        stat(
            "Delivered",
            f"Delivered per sent. {whose}. SMS is orange below 95 % and red below 80 %; other "
            "types have no typical ratio.",
            query,
            unit="percentunit",
            span=span,
            named=True,
        )
        .decimals(1)
        .override_by_name("sms", [DynamicConfigValue("thresholds", thresholds(DELIVERY).build())])
    )


def graph(
    title: str,
    description: str,
    *queries: Query,
    unit: str = "short",
    steps: Steps | None = None,
    span: int = 12,
    floor: bool = True,
) -> TimeSeries:
    """Lines over time, with the last and the highest value of each in the legend; `steps` are
    drawn as lines across."""
    panel = (
        _common(TimeSeries(), title, description, span, 8)
        .unit(unit)
        .line_width(2)
        .fill_opacity(8)
        .gradient_mode(GraphGradientMode.OPACITY)
        .show_points(VisibilityMode.NEVER)
        .color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .tooltip(
            options.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
        )
        .legend(
            options.VizLegendOptions()
            .display_mode(LegendDisplayMode.TABLE)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(["lastNotNull", "max"])
        )
    )
    if floor:
        panel.min(0)
    if steps is not None:
        panel.thresholds(thresholds(steps)).thresholds_style(
            options.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
        )
    for ref, query in zip("ABCDEF", queries, strict=False):
        panel.with_target(_query(ref, query).range())
    return panel


def stacked(
    title: str, description: str, *queries: Query, unit: str = "short", span: int = 12
) -> TimeSeries:
    """Areas on top of each other: the parts of a whole."""
    return (
        graph(title, description, *queries, unit=unit, span=span)
        .line_width(1)
        .fill_opacity(45)
        .gradient_mode(GraphGradientMode.NONE)
        .stacking(options.StackingConfig().mode(StackingMode.NORMAL))
    )


def counted(title: str, description: str, *queries: Query, span: int = 12) -> TimeSeries:
    """Bars of what happened in each minute or longer, whole numbers, their total in the legend."""
    return (
        stacked(title, description, *queries, span=span)
        .decimals(0)
        .interval("1m")
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(80)
        .legend(
            options.VizLegendOptions()
            .display_mode(LegendDisplayMode.TABLE)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(["sum"])
        )
    )


def timeline(
    title: str, description: str, query: Query, *, steps: Steps, span: int = 12
) -> StateTimeline:
    """One bar for each series, coloured by its value as time goes by."""
    return (
        _common(StateTimeline(), title, description, span, 8)
        .thresholds(thresholds(steps))
        .color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .merge_values(True)
        .show_value(VisibilityMode.AUTO)
        .row_height(0.8)
        .fill_opacity(75)
        .line_width(0)
        .legend(
            options.VizLegendOptions().show_legend(False).display_mode(LegendDisplayMode.HIDDEN)
        )
        .with_target(_query("A", query).range())
    )


def table(
    title: str,
    description: str,
    columns: Mapping[str, str],
    labels: Mapping[str, str],
    *,
    sort: str,
    descending: bool,
    hidden: Iterable[str] = (),
    span: int = 24,
) -> Table:
    """What holds now, a row for each set of labels. `columns` are expressions by heading,
    `labels` headings by label; the labels of `hidden` are not shown."""
    refs = dict(zip("ABCDEF", columns, strict=False))
    names = (
        {f"Value #{ref}": heading for ref, heading in refs.items()}
        if len(refs) > 1
        else {"Value": next(iter(columns))}
    )
    order = [*labels, *names]
    panel = (
        _common(Table(), title, description, span, 9)
        .sort_by([options.TableSortByFieldState().display_name(sort).desc(descending)])
        .filterable(True)
        .with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(
            DataTransformerConfig(
                id_val="organize",
                options={
                    "excludeByName": dict.fromkeys(("Time", *hidden), True),
                    "indexByName": {name: at for at, name in enumerate(order)},
                    "renameByName": dict(labels) | names,
                },
            )
        )
    )
    for ref, heading in refs.items():
        panel.with_target(
            _query(ref, (columns[heading], "")).instant().format(PromQueryFormat.TABLE)
        )
    return panel


def ratio_cells(steps: Steps) -> list[DynamicConfigValue]:
    """A column of ratios: percent, its text coloured."""
    return [
        DynamicConfigValue("unit", "percentunit"),
        DynamicConfigValue("decimals", 1),
        DynamicConfigValue("thresholds", thresholds(steps).build()),
        DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]


def messages_cells() -> list[DynamicConfigValue]:
    """Columns of numbers of messages: every digit, in groups of three."""
    return [DynamicConfigValue("unit", "locale")]


def severity_cells() -> list[DynamicConfigValue]:
    """A column of severities, the grave ones coloured."""
    colors = {"critical": "red", "warning": "orange", "info": "blue"}
    mapped = {
        name: {"color": color, "index": at} for at, (name, color) in enumerate(colors.items())
    }
    return [
        DynamicConfigValue("mappings", [{"type": "value", "options": mapped}]),
        DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]


def linked(title: str, url: str) -> list[DynamicConfigValue]:
    """A column whose cells lead to `url`."""
    return [DynamicConfigValue("links", [{"title": title, "url": url, "targetBlank": False}])]


def colored(panel: TimeSeries, colors: Mapping[str, str]) -> TimeSeries:
    """Series of these names always have these colours."""
    for name, color in colors.items():
        panel.override_by_name(
            name, [DynamicConfigValue("color", {"mode": "fixed", "fixedColor": color})]
        )
    return panel


def thresholds(steps: Steps) -> ThresholdsConfig:
    """Grafana's form of `steps`."""
    if float("-inf") not in steps:
        steps = {float("-inf"): "green", **steps}
    ordered = [
        Threshold(value=None if isinf(at) else at, color=color) for at, color in steps.items()
    ]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(ordered)


def _common(panel: Kind, title: str, description: str, span: int, height: int) -> Kind:
    return (
        panel.title(title).description(description).datasource(PROMETHEUS).span(span).height(height)
    )


def _query(ref: str, query: Query) -> Dataquery:
    expression, legend = query
    return Dataquery().datasource(PROMETHEUS).ref_id(ref).expr(expression).legend_format(legend)
