"""The fields of a campaign, read from the tracked campaign `_t` and its snapshot `_c`."""

from monitor.domain.campaign.snapshot import FINAL_STATUSES, MessageType
from monitor.domain.fields.detail_fields import DETAIL_FIELDS
from monitor.domain.fields.field import Field, FieldType, made, quiet, read, status

_ENDED = tuple(sorted(map(str, FINAL_STATUSES)))

_N, _X, _B, _T, _D = (
    FieldType.NUMBER,
    FieldType.TEXT,
    FieldType.BOOL,
    FieldType.TIME,
    FieldType.DURATION,
)


def _since(instant: str) -> str:
    """Seconds since then, never below 0: the clock may have been set back. (Calling `max` would
    be slower, on every row.)"""
    return f"(now - {instant} if now > {instant} else 0.0)"


CAMPAIGN_FIELDS = (
    read("id", _N, "_c.id", "the campaign's number at the provider"),
    read("name", _X, "_c.name", "its name, as the customer wrote it"),
    read("sender", _X, "_c.sender", "SMS sender or RCS agent"),
    read("account", _X, "_c.account", "its account, as named in the settings"),
    status("status", "_c.status", "its current status (in an event rule: after the event)"),
    status(
        "old_status",
        "_e.old_status",
        "its previous status; null unless the event is `status_changed`",
        event_only=True,
    ),
    Field(
        name="message_type",
        type=_X,
        read="_c.message_type",
        description="the channel",
        values=tuple(map(str, MessageType)),
    ),
    read(
        "currency",
        _X,
        "(_c.currency if _c.currency is not None or _d is None else _d.currency)",
        "the currency of `calculated_price` and `total_price`",
        nullable=True,
    ),
    made("final", _B, f"(status in {_ENDED!r})", "whether it is `done` or `stopped`"),
    Field(
        name="now",
        type=_T,
        description="the time of the evaluation; in an event rule, of the event",
    ),
    quiet(),
    read("created_at", _T, "_c.created_at", "when it was created"),
    read("start_at", _T, "_c.start_at", "planned start", nullable=True),
    read("real_start_at", _T, "_c.real_start_at", "real start; null until then", nullable=True),
    read("finished_at", _T, "_c.finished_at", "end; null until then", nullable=True),
    made("age", _D, _since("created_at"), "`now - created_at`, never below 0", "seconds"),
    made(
        "status_age",
        _D,
        _since("_t.status_since"),
        "how long it has had its status, as far as known; see the table of first sights below",
        "seconds",
    ),
    made(
        "start_delay",
        _D,
        "max(0.0, (now if real_start_at is None else real_start_at) - start_at)",
        "how late it started (`real_start_at - start_at`) or, if it has not started, "
        "how late it is now (`now - start_at`); 0 when it was early or is not due yet; "
        "null without `start_at`, and for `sending`, `done` and `stopped` without "
        "`real_start_at`",
        "seconds",
        guards=(
            "start_at is not None",
            f"(real_start_at is not None or status not in {('sending', *_ENDED)!r})",
        ),
    ),
    made(
        "duration",
        _D,
        "max(0.0, (finished_at if finished_at is not None else _t.status_since if status in "
        f"{_ENDED!r} else now)"
        " - real_start_at)",
        "time from `real_start_at` to `finished_at`, or to its final status if it "
        "ended without one, or to `now` if it has not ended; null before the real start",
        "seconds",
        guards=("real_start_at is not None",),
    ),
    read(
        "sent",
        _N,
        "_c.sent",
        "messages handed over so far; null while the provider has no statistics",
        "messages",
        nullable=True,
    ),
    read(
        "delivered",
        _N,
        "_c.delivered",
        "messages reported as delivered or read; can exceed `sent`; null like `sent`",
        "messages",
        nullable=True,
    ),
    made(
        "delivery_ratio",
        _N,
        "(delivered / sent)",
        "`delivered / sent` so far: messages without a report count as not delivered; null when "
        "`sent` is 0 or null",
        "ratio",
        guards=("sent", "delivered is not None"),
    ),
    read(
        "fallback_sent",
        _N,
        "_c.fallback_sent",
        "SMS sent instead of RCS messages; null without a fallback",
        "messages",
        nullable=True,
    ),
    read(
        "fallback_delivered",
        _N,
        "_c.fallback_delivered",
        "SMS fallback messages delivered",
        "messages",
        nullable=True,
    ),
    made(
        "fallback_ratio",
        _N,
        "(fallback_delivered / fallback_sent)",
        "`fallback_delivered / fallback_sent`; null when `fallback_sent` is 0 or null",
        "ratio",
        guards=("fallback_sent", "fallback_delivered is not None"),
    ),
    made(
        "reach",
        _N,
        "((delivered + (fallback_delivered or 0)) / sent)",
        "`(delivered + fallback_delivered) / sent`: the share reached on either "
        "channel; no fallback counts as 0; null when `sent` is 0 or null",
        "ratio",
        guards=("sent", "delivered is not None"),
    ),
    read(
        "settled_sent",
        _N,
        "_settled_sent(_t, now, _settle)",
        "messages sent at least `settle` ago (15 minutes, unless the rule or file says "
        "otherwise), whose reports should have arrived; all of `sent` once the "
        "campaign ended longer ago than that; never more than `sent`; null if it was "
        "not watched yet at that time",
        "messages",
        nullable=True,
    ),
    made(
        "settled_ratio",
        _N,
        "(min(delivered, settled_sent) / settled_sent)",
        "`min(delivered, settled_sent) / settled_sent`: the delivery ratio of messages "
        "whose reports should have arrived; null when "
        "`settled_sent` is 0 or null",
        "ratio",
        guards=("settled_sent", "delivered is not None"),
    ),
    *(
        made(
            f"delivery_ratio_{bound}",
            _N,
            f"_wilson_{bound}(max(0, min(delivered, settled_sent)), settled_sent)",
            f"{words} with 95 % confidence (Wilson bound of `settled_ratio`): few "
            "messages prove little; null when "
            "`settled_sent` is 0 or null",
            "ratio",
            guards=("settled_sent", "settled_sent > 0", "delivered is not None"),
        )
        for bound, words in (
            ("upper", "the delivery ratio is at most this"),
            ("lower", "the delivery ratio is at least this"),
        )
    ),
    read(
        "settled",
        _B,
        "_t.settled",
        "whether it ended at least 72 hours ago: no more reports are expected, and "
        "only event rules look at it",
    ),
    made(
        "stalled_for",
        _D,
        _since("_t.progress_since"),
        "how long `sent` has not grown (if it never has, since the campaign was first "
        "seen sending); null unless `status` is `sending`",
        "seconds",
        guards=("status == 'sending'",),
    ),
    read(
        "calculated_price",
        _N,
        "_c.calculated_price",
        "the provider's price; often null or 0 in its lists",
        "`currency`",
        nullable=True,
    ),
    *DETAIL_FIELDS,
)
