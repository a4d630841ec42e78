"""The fields of a sender, read from the `SenderView` `_v`."""

from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES, MessageType
from monitor.domain.fields.field import Field, FieldType, made, quiet, read

_N, _X, _T = FieldType.NUMBER, FieldType.TEXT, FieldType.TIME


def _sum(name: str, description: str) -> Field:
    return read(name, _N, f"_v.sums.{name}", description, "messages")


def _share(name: str, part: str, whole: str) -> Field:
    words = f"`{part} / {whole}`; null when `{whole}` is 0"
    return made(name, _N, f"({part} / {whole})", words, "ratio", guards=(whole,))


SENDER_FIELDS = (
    read("sender", _X, "_v.sender", "SMS sender or RCS agent"),
    read("account", _X, "_v.account", "the account it sends from, as the settings name it"),
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
        "its campaigns that started within `over` (created, where they have not)",
        "campaigns",
    ),
    *(
        read(
            f"campaigns_{status}",
            _N,
            f"_v.sums.statuses[{status!r}]",
            f"of these, `{status}` now",
            "campaigns",
        )
        for status in DOCUMENTED_STATUSES
    ),
    _sum("sent", "messages handed over so far, of all of them"),
    _sum("delivered", "of these, reported delivered or read"),
    _share("delivery_ratio", "delivered", "sent"),
    _sum("fallback_sent", "SMS sent in place of RCS messages"),
    _sum("fallback_delivered", "of these, delivered"),
    _share("fallback_ratio", "fallback_delivered", "fallback_sent"),
    made(
        "reach",
        _N,
        "((delivered + fallback_delivered) / sent)",
        "`(delivered + fallback_delivered) / sent`: reached on either channel; null when `sent` "
        "is 0",
        "ratio",
        guards=("sent",),
    ),
    _sum(
        "settled_sent",
        "what had been sent `settle` ago, so that its reports are there, by campaigns whose "
        "`delivered` is known",
    ),
    _sum(
        "settled_delivered", "of these, delivered: each campaign's `min(delivered, settled_sent)`"
    ),
    _share("settled_ratio", "settled_delivered", "settled_sent"),
    *(
        read(
            f"delivery_ratio_{bound}",
            _N,
            f"_v.delivery_ratio_{bound}",
            f"{words} with 95 % confidence (Wilson's bound of `settled_ratio`); null when "
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
        "the `settled_ratio` of the campaign in the middle: whether most of them are bad, or one "
        "large one; null when none can "
        "be judged",
        "ratio",
        nullable=True,
    ),
    read(
        "worst_campaigns",
        _X,
        "_v.worst_campaigns",
        "for texts: up to three campaigns with the lowest `settled_ratio`, each with it and its "
        "`settled_sent`: "
        "`Spring sale (61 % of 12,000)`; empty when none can be judged",
    ),
)
