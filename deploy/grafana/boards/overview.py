"""The dashboard that is opened first: is anything wrong, where, since when."""

from collections.abc import Iterable

from grafana_foundation_sdk.builders.dashboard import Dashboard

from boards.board import ACCOUNT, MESSAGE_TYPE, alerts, board, many, status_changes
from boards.panels import (
    BAD_FROM_ONE,
    DELIVERY,
    NEUTRAL,
    ODD_FROM_ONE,
    PER_MINUTE,
    STALE,
    STATUS_COLORS,
    Panel,
    colored,
    counted,
    delivery_stat,
    graph,
    linked,
    messages_cells,
    ratio_cells,
    severity_cells,
    stacked,
    stat,
    table,
    timeline,
)
from boards.promql import BY_SENDER, BY_TYPE, OF_FEED, firing, growth, once, or_none, pace, ratio

OF_A_SENDER = (
    "/d/bsg-sender?${__url_time_range}&var-datasource=${datasource}&var-account=${__data.fields.Account}"
    "&var-message_type=${__data.fields.Type}&var-sender=${__data.fields.Sender:percentencode}"
)


def dashboard() -> Dashboard:
    """The overview."""
    rows = {
        "Now": _now(),
        "Alerts": _alerts(),
        "Campaigns": _campaigns(),
        "Delivery": _delivery(),
        "Money": _money(),
    }
    made = board(
        "bsg-overview",
        "BSG / Overview",
        "All campaigns of all accounts: what is wrong, where, and since when.",
        rows,
    )
    for variable in (ACCOUNT, MESSAGE_TYPE):
        made.with_variable(many(variable))
    for annotation in (alerts(), *status_changes()):
        made.annotation(annotation)
    return made


def _now() -> Iterable[Panel]:
    critical, other = (firing(f',severity{operator}"critical"') for operator in ("=", "!="))
    yield stat(
        "Critical alerts",
        "Firing alerts of rules with severity critical, in all accounts.",
        (f"sum({critical}) or vector(0)", ""),
        steps=BAD_FROM_ONE,
    )
    yield stat(
        "Other alerts",
        "Firing alerts of all other severities, in all accounts.",
        (f"sum({other}) or vector(0)", ""),
        steps=ODD_FROM_ONE,
    )
    read = once(
        f"bsg_monitor_last_success_timestamp_seconds{{{OF_FEED}}}", "account", "message_type"
    )
    yield stat(
        "Age of the data",
        "Time since the last complete reading of the feed that waits longest. "
        "When this is red nothing else on this page is current, and alerts neither fire nor "
        "resolve.",
        (f"max(time() - {read})", ""),
        unit="s",
        steps=STALE,
    ).no_value("never read")
    dead = once('bsg_monitor_outbox{state="dead"}', "receiver")
    yield stat(
        "Could not be told",
        "Notifications that a receiver refused, or did not take for 72 hours. `bsg-monitor outbox "
        "list --state dead` shows them.",
        (f"sum({dead}) or vector(0)", ""),
        steps=BAD_FROM_ONE,
    )
    yield delivery_stat(
        "All watched campaigns", (ratio(BY_TYPE, OF_FEED, "message_type"), "{{message_type}}")
    )
    live = once(
        f'bsg_campaigns{{{OF_FEED},status!~"done|stopped"}}', "account", "message_type", "status"
    )
    yield stat(
        "Live campaigns",
        "Watched campaigns that are neither done nor stopped.",
        (f"sum({live}) or vector(0)", ""),
    )


def _alerts() -> Iterable[Panel]:
    yield table(
        "Firing now",
        "Rules that fire, and for how many campaigns, senders, accounts or receivers. The "
        "monitor's own page says which.",
        {"Alerts": or_none(f"{firing()} > 0")},
        {"alertname": "Rule", "severity": "Severity"},
        sort="Severity",
        descending=False,
        span=10,
    ).override_by_name("Severity", severity_cells())
    yield timeline(
        "Firing alerts over time",
        "Rules that fired in this time, with the number of their alerts. Rules at rest are left "
        "out.",
        (or_none(f"sum by (alertname) ({firing()}) > 0"), "{{alertname}}"),
        steps=BAD_FROM_ONE,
        span=14,
    )


def _campaigns() -> Iterable[Panel]:
    campaigns = once(f"bsg_campaigns{{{OF_FEED}}}", "account", "message_type", "status")
    yield colored(
        stacked(
            "Campaigns by status",
            "Watched campaigns: live ones, and those that ended less than 72 hours ago. "
            "Spam is what the provider calls a campaign that waits for its moderators.",
            (f"sum by (status) ({campaigns})", "{{status}}"),
        ),
        STATUS_COLORS,
    )
    changes = once(
        growth("bsg_status_transitions_total", OF_FEED), "account", "message_type", "from", "to"
    )
    yield counted(
        "Status changes",
        "Observed changes of status, in each minute or longer step of the graph.",
        (f"sum by (from, to) ({changes}) > 0", "{{from}} → {{to}}"),
    ).no_value("no changes")


def _delivery() -> Iterable[Panel]:
    yield graph(
        "Delivered, by message type",
        "Delivered per sent, of all watched campaigns. Reports of recent messages are still on "
        "their way, so it drops a little "
        "when much is sent. Lines: what the default rules expect of SMS.",
        (f"{BY_TYPE}_delivery:ratio{{{OF_FEED}}}", "{{account}} {{message_type}}"),
        unit="percentunit",
        steps=DELIVERY,
    )
    yield graph(
        "Messages sent",
        "Messages a minute, averaged over 5 minutes.",
        (f"sum by (message_type) ({pace('sent_messages', OF_FEED)})", "{{message_type}}"),
        unit=PER_MINUTE,
    )
    yield _senders()


def _senders() -> Panel:
    ratios = f"{BY_SENDER}_delivery:ratio{{{OF_FEED},message_type%s}}"
    return (
        table(
            "Senders",
            "Every sender's watched campaigns taken together. Only SMS has a typical ratio, and "
            "colours. "
            "A sender's name leads to its own dashboard.",
            {
                "Delivered (SMS)": ratios % '="sms"',
                "Delivered (other)": ratios % '!="sms"',
                "Sent": f"{BY_SENDER}_sent_messages:sum{{{OF_FEED}}}",
                "Messages delivered": f"{BY_SENDER}_delivered_messages:sum{{{OF_FEED}}}",
            },
            {"sender": "Sender", "account": "Account", "message_type": "Type"},
            sort="Delivered (SMS)",
            descending=False,
        )
        .override_by_name("Delivered (SMS)", ratio_cells(DELIVERY))
        .override_by_name("Delivered (other)", ratio_cells(NEUTRAL))
        .override_by_name("Sender", linked("Open this sender", OF_A_SENDER))
        .override_by_regexp("Sent|Messages delivered", messages_cells())
    )


def _money() -> Iterable[Panel]:
    balance = once('bsg_account_balance{account=~"$account"}', "account", "currency")
    yield graph(
        "Balance",
        "What is left on each account, without credit.",
        (balance, "{{account}} {{currency}}"),
        floor=False,
        span=24,
    ).decimals(2)
