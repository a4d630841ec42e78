"""The dashboard of one campaign: how far it has come, how fast, and what arrives."""

from collections.abc import Iterable

from grafana_foundation_sdk.builders.dashboard import Dashboard

from boards.board import (
    ACCOUNT,
    CAMPAIGN,
    CAMPAIGN_REGEX,
    MESSAGE_TYPE,
    SENDER,
    alerts,
    board,
    many,
    one,
    status_changes,
)
from boards.panels import PER_MINUTE, Panel, graph, stat
from boards.promql import BY_SENDER, BY_TYPE, OF_FEED, of_campaigns, pace

OF_CAMPAIGN = f'{OF_FEED},sender=~"$sender",campaign_id="$campaign"'
SENT = of_campaigns("sent_messages", OF_CAMPAIGN)
DELIVERED = of_campaigns("delivered_messages", OF_CAMPAIGN)
RATIO = f"{of_campaigns('delivery_ratio', OF_CAMPAIGN)} or {SENT} * 0"


def dashboard() -> Dashboard:
    """One campaign."""
    rows = {"Campaign $campaign": _now(), "Progress": _progress(), "Delivery": _delivery()}
    made = board(
        "bsg-campaign",
        "BSG / Campaign",
        "One campaign: how far it has come, how fast, and what arrives.",
        rows,
    )
    for variable in (ACCOUNT, MESSAGE_TYPE, SENDER):
        made.with_variable(many(variable))
    made.with_variable(one(CAMPAIGN, newest_first=True, regex=CAMPAIGN_REGEX))
    for annotation in (alerts(), *status_changes()):
        made.annotation(annotation)
    return made


def _now() -> Iterable[Panel]:
    whose = "{{sender}} ({{account}}, {{message_type}})"
    yield stat(
        "Sender", "Who its messages come from, and of which account.", (SENT, whose), span=6
    ).text_mode("name")
    yield stat("Sent", "Messages handed over so far.", (SENT, ""), unit="locale")
    yield stat(
        "Delivered",
        "Messages delivered or read so far. The provider can report more than were sent.",
        (DELIVERED, ""),
        unit="locale",
    )
    yield stat(
        "Delivery",
        "Delivered per sent; 0 while nothing was sent. Looks low while reports are on their way. "
        "Without colours: what is typical depends on type and age.",
        (RATIO, ""),
        unit="percentunit",
        span=3,
    ).decimals(1)
    yield stat(
        "Not delivered",
        "Sent, and not reported as delivered: on its way, or failed.",
        (f"clamp_min({SENT} - {DELIVERED}, 0)", ""),
        unit="locale",
    )
    yield stat(
        "Pace",
        "Messages a minute, averaged over 5 minutes. 0 is right before its start, while it is "
        "paused, and at its end.",
        (pace("sent_messages", OF_CAMPAIGN), ""),
        unit=PER_MINUTE,
        span=3,
    ).decimals(0)


def _progress() -> Iterable[Panel]:
    yield graph(
        "Messages",
        "Handed over, and delivered or read. The gap is what is on its way or has failed.",
        (SENT, "sent"),
        (DELIVERED, "delivered"),
        unit="locale",
    )
    yield graph(
        "Pace",
        "Messages a minute, averaged over 5 minutes: handed over, and reported as delivered.",
        (pace("sent_messages", OF_CAMPAIGN), "sent"),
        (pace("delivered_messages", OF_CAMPAIGN), "delivered"),
        unit=PER_MINUTE,
    )


def _delivery() -> Iterable[Panel]:
    yield graph(
        "Delivered, compared with its sender",
        "Delivered per sent: of this campaign (0 while nothing was sent), of all watched campaigns "
        "of its sender, "
        "and of everything of the same type in the account.",
        (RATIO, "this campaign"),
        (f"{BY_SENDER}_delivery:ratio and on (account, message_type, sender) {SENT}", "its sender"),
        (f"{BY_TYPE}_delivery:ratio and on (account, message_type) {SENT}", "all of its type"),
        unit="percentunit",
        span=24,
    )
