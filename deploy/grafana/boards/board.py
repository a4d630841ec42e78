"""What all dashboards have in common: data source, variables, annotations, links to each other,
and numbers for their panels."""

from collections.abc import Iterable, Mapping

from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
    Row,
)
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from boards.panels import PROMETHEUS, Panel
from boards.promql import OF_FEED, firing, once

TAG = "bsg-monitor"
ACCOUNT = ("account", "Account", "label_values(bsg_monitor_polls_total, account)")
MESSAGE_TYPE = (
    "message_type",
    "Message type",
    'label_values(bsg_monitor_polls_total{account=~"$account"}, message_type)',
)
SENDER = ("sender", "Sender", f"label_values(bsg_campaign_sent_messages{{{OF_FEED}}}, sender)")
# Shown as "53651994 · Spring sale", so that typing either finds it; its value is the id alone. Of
# all that had series in the time that is shown.
_INFO = f'last_over_time(bsg_campaign_info{{{OF_FEED},sender=~"$sender"}}[$__range])'
CAMPAIGN = (
    "campaign",
    "Campaign",
    f'query_result(label_join({_INFO}, "shown", " · ", "campaign_id", "campaign_name"))',
)
CAMPAIGN_REGEX = r'/campaign_id="(?<value>\d+)".*shown="(?<text>.*?)"[,}]/'
INSTANCE = ("instance", "Monitor", "label_values(bsg_monitor_build_info, instance)")


def board(uid: str, title: str, description: str, rows: Mapping[str, Iterable[Panel]]) -> Dashboard:
    """A dashboard of these panels by row, with everything but variables of its own and
    annotations."""
    made = (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .editable()
        .time("now-6h", "now")
        .timezone("browser")
        .refresh("1m")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .link(
            DashboardLink("BSG dashboards")
            .type(DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(True)
            .icon("external link")
            .include_vars(True)
            .keep_time(True)
        )
    )
    number = 0
    for heading, panels in rows.items():
        made.with_row(Row(heading).id(number := number + 1))
        for panel in panels:
            made.with_panel(panel.id(number := number + 1))
    return made


def many(variable: tuple[str, str, str]) -> QueryVariable:
    """A variable of any number of values, at first all of them."""
    return (
        _variable(variable)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(VariableOption(selected=True, text="All", value="$__all"))
    )


def one(
    variable: tuple[str, str, str], *, newest_first: bool = False, regex: str = ""
) -> QueryVariable:
    """A variable of one value; `newest_first` is for ids, which grow. `regex` takes value and
    text out of each answer."""
    chosen = _variable(variable).multi(False).include_all(False).regex(regex)
    return chosen.sort(VariableSort.NUMERICAL_DESC) if newest_first else chosen


def status_changes() -> list[AnnotationQuery]:
    """What you may want to know when a curve bends: at once what stops campaigns, and
    everything on demand."""
    text, tags = "{{account}}, {{message_type}}: {{from}} → {{to}}", "account,message_type,to"
    trouble = f'{OF_FEED},to=~"stopped|paused|spam"'
    return [
        _annotation("Stopped, paused, held", _changes(trouble), "orange", "{{to}}", text, tags),
        _annotation(
            "All status changes", _changes(OF_FEED), "blue", "{{from}} → {{to}}", text, tags
        ).enable(False),
    ]


def alerts() -> AnnotationQuery:
    """The time for which rules of the monitor fire, as bands."""
    return _annotation(
        "Alerts", f"{firing()} > 0", "red", "{{alertname}}", "Firing, {{severity}}", "severity"
    )


def alerts_about_the_monitor() -> AnnotationQuery:
    """The time for which deploy/prometheus/alerts.yml fires, as bands."""
    firing_about = once(
        'ALERTS{alertname=~"BsgMonitor.+",alertstate="firing"}', "alertname", "severity"
    )
    return _annotation(
        "Alerts about the monitor",
        firing_about,
        "purple",
        "{{alertname}}",
        "Firing, {{severity}}",
        "severity",
    )


def _changes(selector: str) -> str:
    grown = f"increase(bsg_status_transitions_total{{{selector}}}[$__rate_interval])"
    return f"{once(grown, 'account', 'message_type', 'from', 'to')} > 0"


def _variable(variable: tuple[str, str, str]) -> QueryVariable:
    name, label, query = variable
    return (
        QueryVariable(name)
        .label(label)
        .datasource(PROMETHEUS)
        .query(
            {"query": query, "refId": name, "qryType": 5}
        )  # 5: the query is written out, not put together in the editor
        .definition(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
    )


def _annotation(
    name: str, expression: str, color: str, title: str, text: str, tags: str
) -> AnnotationQuery:
    return (
        AnnotationQuery()
        .name(name)
        .datasource(PROMETHEUS)
        .enable(True)
        .icon_color(color)
        .target(Dataquery().datasource(PROMETHEUS).ref_id("Anno").expr(expression).range())
        .expr(expression)
        .step("60s")
        .title_format(title)
        .text_format(text)
        .tag_keys(tags)
    )
