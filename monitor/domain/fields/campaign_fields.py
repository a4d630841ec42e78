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
    read("name", _X, "_c.name", "the customer's own text"),
    read("sender", _X, "_c.sender", "SMS sender or RCS agent"),
    read("account", _X, "_c.account", "the account it belongs to, as the settings name it"),
    status("status", "_c.status", "its status now (in an event rule: after the event)"),
    status(
        "old_status",
        "_e.old_status",
        "its status before; null unless the event is `status_changed`",
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
        "of `calculated_price` and `total_price`",
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
        "how long it has had its status, as far as is known: see the table of first sights below",
        "seconds",
    ),
    made(
        "start_delay",
        _D,
        "max(0.0, (now if real_start_at is None else real_start_at) - start_at)",
        "how late it started (`real_start_at - start_at`) or, while it has not, is by now (`now - "
        "start_at`); 0 when it was "
        "early or is not due; null without `start_at`, and when it is `sending`, `done` or "
        "`stopped` without `real_start_at`",
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
        "from `real_start_at` to `finished_at` (ended without one: to when it took its final "
        "status), else to `now`; null before "
        "the real start",
        "seconds",
        guards=("real_start_at is not None",),
    ),
    read(
        "sent",
        _N,
        "_c.sent",
        "messages handed over so far; null while the provider gives no statistics",
        "messages",
        nullable=True,
    ),
    read(
        "delivered",
        _N,
        "_c.delivered",
        "messages reported delivered or read; can exceed `sent`; null like `sent`",
        "messages",
        nullable=True,
    ),
    made(
        "delivery_ratio",
        _N,
        "(delivered / sent)",
        "`delivered / sent` so far: a report still under way counts as not delivered; null when "
        "`sent` is 0 or null",
        "ratio",
        guards=("sent", "delivered is not None"),
    ),
    read(
        "fallback_sent",
        _N,
        "_c.fallback_sent",
        "SMS sent in place of RCS messages; null without fallback",
        "messages",
        nullable=True,
    ),
    read(
        "fallback_delivered",
        _N,
        "_c.fallback_delivered",
        "of these, delivered",
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
        "`(delivered + fallback_delivered) / sent`, a missing fallback counted as 0: reached on "
        "either channel; null when `sent` "
        "is 0 or null",
        "ratio",
        guards=("sent", "delivered is not None"),
    ),
    read(
        "settled_sent",
        _N,
        "_settled_sent(_t, now, _settle)",
        "what had been sent `settle` ago (15 minutes, or what the rule says), so that its reports "
        "are there; all of `sent` once "
        "it ended longer ago, and never more than that; null when it was not watched yet at that "
        "time",
        "messages",
        nullable=True,
    ),
    made(
        "settled_ratio",
        _N,
        "(min(delivered, settled_sent) / settled_sent)",
        "`min(delivered, settled_sent) / settled_sent`: the delivery ratio of those whose reports "
        "can be expected; null when "
        "`settled_sent` is 0 or null",
        "ratio",
        guards=("settled_sent", "delivered is not None"),
    ),
    *(
        made(
            f"delivery_ratio_{bound}",
            _N,
            f"_wilson_{bound}(max(0, min(delivered, settled_sent)), settled_sent)",
            f"{words} with 95 % confidence (Wilson's bound of `settled_ratio`): few messages prove "
            "little; null when "
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
        "whether it ended 72 hours ago: no report is expected any more, and no rule but an event "
        "rule looks at it",
    ),
    made(
        "stalled_for",
        _D,
        _since("_t.progress_since"),
        "how long `sent` has not grown (since it was first seen sending, if it has not grown "
        "since); null unless `status` "
        "is `sending`",
        "seconds",
        guards=("status == 'sending'",),
    ),
    read(
        "calculated_price",
        _N,
        "_c.calculated_price",
        "the provider's; often null or 0 in its lists",
        "`currency`",
        nullable=True,
    ),
    *DETAIL_FIELDS,
)
