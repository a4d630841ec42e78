"""The fields of a sender, read from the `SenderView` `_v`."""

from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES, MessageType
from monitor.domain.fields.field import Field, FieldType, made, quiet, read

_N, _X, _T = FieldType.NUMBER, FieldType.TEXT, FieldType.TIME


def _sum(name: str, description: str) -> Field:
    return read(name, _N, f"_v.sums.{name}", description, "messages")


def _share(name: str, part: str, whole: str) -> Field:
    words = f"`{part} / {whole}`; null when `{whole}` is 0"
    return made(name, _N, f"({part} / {whole})", words, "ratio", guards=(whole,))


def _ratio(name: str, description: str) -> Field:
    """A ratio without the campaigns whose counters cannot be read."""
    return read(name, _N, f"_v.{name}", description, "ratio", nullable=True)


SENDER_FIELDS = (
    read("sender", _X, "_v.sender", "SMS sender or RCS agent"),
    read("account", _X, "_v.account", "its account, as named in the settings"),
    Field(
        name="message_type",
        type=_X,
        read="_v.message_type",
        description="the channel",
        values=tuple(map(str, MessageType)),
    ),
    read("now", _T, "_v.now.timestamp()", "the time of the evaluation"),
    quiet(),
    read(
        "campaigns",
        _N,
        "_v.sums.campaigns",
        "its campaigns that started (or, if not started, were created) within `over`",
        "campaigns",
    ),
    *(
        read(
            f"campaigns_{status}",
            _N,
            f"_v.sums.statuses[{status!r}]",
            f"how many of these are `{status}` now",
            "campaigns",
        )
        for status in DOCUMENTED_STATUSES
    ),
    _sum("sent", "messages of all these campaigns handed over so far"),
    _sum("delivered", "messages reported as delivered or read"),
    _ratio("delivery_ratio", "`delivered / sent`; null when `sent` is 0"),
    _sum("fallback_sent", "SMS sent instead of RCS messages"),
    _sum("fallback_delivered", "SMS fallback messages delivered"),
    _ratio(
        "fallback_ratio", "`fallback_delivered / fallback_sent`; null when `fallback_sent` is 0"
    ),
    _ratio(
        "reach",
        "`(delivered + fallback_delivered) / sent`: the share reached on either "
        "channel; null when `sent` is 0",
    ),
    _sum(
        "settled_sent",
        "messages sent at least `settle` ago, whose reports should have arrived; only "
        "campaigns whose `delivered` is known",
    ),
    _sum(
        "settled_delivered",
        "how many of these were delivered: the sum of each campaign's `min(delivered, "
        "settled_sent)`",
    ),
    _share("settled_ratio", "settled_delivered", "settled_sent"),
    *(
        read(
            f"delivery_ratio_{bound}",
            _N,
            f"_v.delivery_ratio_{bound}",
            f"{words} with 95 % confidence (Wilson bound of `settled_ratio`); null when "
            "`settled_sent` is 0",
            "ratio",
            nullable=True,
        )
        for bound, words in (
            ("upper", "the delivery ratio is at most this"),
            ("lower", "the delivery ratio is at least this"),
        )
    ),
    read(
        "median_ratio",
        _N,
        "_v.median_ratio",
        "the median of the campaigns' `settled_ratio`: it tells whether most of them "
        "are bad or just one large one; null when none can be judged",
        "ratio",
        nullable=True,
    ),
    read(
        "worst_campaigns",
        _X,
        "_v.worst_campaigns",
        "for texts: up to three campaigns with the lowest `settled_ratio`, each with "
        "its ratio and `settled_sent`: `Spring sale (61 % of 12,000)`; empty when none "
        "can be judged",
    ),
)
