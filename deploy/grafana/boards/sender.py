"""The dashboard of one sender: how its campaigns are delivered, compared with all others of the
same type."""

from collections.abc import Iterable

from grafana_foundation_sdk.builders.dashboard import Dashboard

from boards.board import ACCOUNT, MESSAGE_TYPE, SENDER, alerts, board, many, one, status_changes
from boards.panels import (
    NEUTRAL,
    PER_MINUTE,
    Panel,
    delivery_stat,
    graph,
    linked,
    messages_cells,
    ratio_cells,
    stat,
    table,
)
from boards.promql import BY_SENDER, BY_TYPE, OF_FEED, of_campaigns, pace, ratio

OF_SENDER = f'{OF_FEED},sender="$sender"'
A_CAMPAIGN = (
    "/d/bsg-campaign?${__url_time_range}&var-datasource=${datasource}&var-account=${__data.fields.Account}"
    "&var-message_type=${__data.fields.Type}&var-sender=${sender:percentencode}&var-campaign=${__data.fields.Campaign}"
)


def dashboard() -> Dashboard:
    """One sender."""
    rows = {"$sender": _now(), "Delivery": _delivery(), "Campaigns": _campaigns()}
    made = board(
        "bsg-sender",
        "BSG / Sender",
        "One sender: how its campaigns are delivered, compared with the others.",
        rows,
    )
    for variable in (ACCOUNT, MESSAGE_TYPE):
        made.with_variable(many(variable))
    made.with_variable(one(SENDER))
    for annotation in (alerts(), *status_changes()):
        made.annotation(annotation)
    return made


def _now() -> Iterable[Panel]:
    yield delivery_stat(
        "Its watched campaigns",
        (ratio(BY_SENDER, OF_SENDER, "message_type"), "{{message_type}}"),
        span=6,
    )
    yield stat(
        "Messages sent",
        "By its watched campaigns, from each one's beginning.",
        (f"sum({BY_SENDER}_sent_messages:sum{{{OF_SENDER}}})", ""),
        unit="locale",
        span=6,
    )
    yield stat(
        "Messages delivered",
        "Delivered or read, of the same campaigns. The provider can report more than were sent.",
        (f"sum({BY_SENDER}_delivered_messages:sum{{{OF_SENDER}}})", ""),
        unit="locale",
        span=6,
    )
    yield stat(
        "Campaigns",
        "Watched campaigns with series of their own: live ones, and those that ended less than 72 "
        "hours ago.",
        (f"count({of_campaigns('sent_messages', OF_SENDER)}) or vector(0)", ""),
        span=6,
    )


def _delivery() -> Iterable[Panel]:
    own, everybodys = (
        f"{BY_SENDER}_delivery:ratio{{{OF_SENDER}}}",
        f"{BY_TYPE}_delivery:ratio{{{OF_FEED}}}",
    )
    yield graph(
        "Delivered, compared with all senders",
        "This sender's ratio, and that of everything of the same type in the same account. "
        "Where both fall, the sender is not the cause.",
        (own, "{{account}} {{message_type}}: {{sender}}"),
        (f"{everybodys} and on (account, message_type) {own}", "{{account}} {{message_type}}: all"),
        unit="percentunit",
    )
    yield graph(
        "Messages sent",
        "Messages a minute, averaged over 5 minutes.",
        (f"sum by (message_type) ({pace('sent_messages', OF_SENDER)})", "{{message_type}}"),
        unit=PER_MINUTE,
    )


def _campaigns() -> Iterable[Panel]:
    yield (
        table(
            "Its campaigns",
            "Newest first. A campaign's id leads to its own dashboard; what the campaign is "
            "called, the monitor's messages say.",
            {
                "Delivered": of_campaigns("delivery_ratio", OF_SENDER),
                "Sent": of_campaigns("sent_messages", OF_SENDER),
                "Messages delivered": of_campaigns("delivered_messages", OF_SENDER),
            },
            {"campaign_id": "Campaign", "account": "Account", "message_type": "Type"},
            hidden=("sender",),
            sort="Campaign",
            descending=True,
        )
        .override_by_name("Delivered", ratio_cells(NEUTRAL))
        .override_by_name("Campaign", linked("Open this campaign", A_CAMPAIGN))
        .override_by_regexp("Sent|Messages delivered", messages_cells())
    )
    yield graph(
        "Delivered, by campaign",
        "Delivered per sent of each campaign; absent while nothing was sent.",
        (of_campaigns("delivery_ratio", OF_SENDER), "{{campaign_id}}"),
        unit="percentunit",
        span=24,
    )
