"""The expressions that several dashboards ask.

What only says where a series was scraped is dropped by a `max`: of two monitors of one account,
everything counts once.
"""

from collections.abc import Iterable

OF_FEED = 'account=~"$account",message_type=~"$message_type"'
"""Selects what the variables account and message_type select, of metrics that have these labels."""

BY_TYPE = "account_message_type:bsg_campaign"
BY_SENDER = "account_message_type_sender:bsg_campaign"
"""How the recording rules of deploy/prometheus/recording.yml begin."""

CAMPAIGN = ("account", "message_type", "sender", "campaign_id")


def once(vector: str, *labels: str) -> str:
    """`vector` with nothing but these labels, however often each was scraped."""
    return f"max by ({', '.join(labels)}) ({vector})"


def firing(selector: str = "") -> str:
    """Rules of the monitor with the number of their firing alerts, those at rest included."""
    return once(f'bsg_alerts{{state="firing"{selector}}}', "alertname", "severity")


def or_none(vector: str) -> str:
    """A series that says "none" where `vector` is empty."""
    return f'({vector}) or on () label_replace(vector(0), "alertname", "none", "", "")'


def ratio(aggregation: str, selector: str, *labels: str) -> str:
    """Delivered per sent of what a recording rule sums up, taken together by these labels;
    absent where nothing was sent."""
    by = f"sum by ({', '.join(labels)})"
    return (
        f"{by} ({aggregation}_delivered_messages:sum{{{selector}}}) / ({by} "
        f"({aggregation}_sent_messages:sum{{{selector}}}) > 0)"
    )


def of_campaigns(what: str, selector: str) -> str:
    """A metric of each campaign: `sent_messages`, `delivered_messages`, `delivery_ratio`."""
    return once(f"bsg_campaign_{what}{{{selector}}}", *CAMPAIGN)


def pace(what: str, selector: str) -> str:
    """Messages a minute of each campaign. Over 5 minutes: the figures move with each poll, so a
    shorter time shows the polls."""
    return once(f"clamp_min(delta(bsg_campaign_{what}{{{selector}}}[5m]), 0)", *CAMPAIGN) + " / 5"


def growth(counter: str, selector: str) -> str:
    """By how much a counter grew from one step of a graph to the next; 0 where it was reset.

    Not increase(): that misses what happens between a step's last scrape and the next one's
    first, and makes fractions of the rest.
    """
    return f"clamp_min({counter}{{{selector}}} - {counter}{{{selector}}} offset $__interval, 0)"


def quantiles(histogram: str, selector: str, *which: float) -> Iterable[tuple[str, str]]:
    """These quantiles, each with its legend."""
    buckets = f"sum by (le) (rate({histogram}_bucket{{{selector}}}[$__rate_interval]))"
    return [(f"histogram_quantile({each}, {buckets})", f"{each:.4g} quantile") for each in which]
