"""Every name that a condition or a template may use, by scope: type, unit, what it means and how it is read from its subject.

This table is the truth: the type checker, the compiled conditions, `field_values`, the docs and the `fields` command are
made from it. A subject is a `TrackedCampaign` in scope `campaign` (with the `CampaignEvent` in event rules), a
`SenderView`, an `AccountView` or a `ReceiverView` in the scopes called so. Times are Unix seconds (UTC) and durations
seconds, as floats. To add a scope, add its table to `FIELDS` and its parameters to `PARAMETERS`.
"""

import ast
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from monitor.domain.account import AccountView
from monitor.domain.campaign import DOCUMENTED_STATUSES, FINAL_STATUSES, MessageType
from monitor.domain.detail import breakdown
from monitor.domain.detail_fields import DETAIL_FIELDS
from monitor.domain.field import Field, FieldType, FieldValue
from monitor.domain.history import settled_sent
from monitor.domain.progress import remaining
from monitor.domain.receiver import ReceiverView
from monitor.domain.sample import SAMPLED
from monitor.domain.sender import SenderView
from monitor.domain.statistics import wilson_lower, wilson_upper
from monitor.domain.tracking import TrackedCampaign

Subject = TrackedCampaign | SenderView | AccountView | ReceiverView

_N, _X, _B, _T, _D = FieldType.NUMBER, FieldType.TEXT, FieldType.BOOL, FieldType.TIME, FieldType.DURATION
_ENDED = tuple(sorted(map(str, FINAL_STATUSES)))


def _read(name: str, kind: FieldType, read: str, description: str, unit: str = "", *, nullable: bool = False) -> Field:
    return Field(name=name, type=kind, read=read, description=description, unit=unit, nullable=nullable)


def _made(name: str, kind: FieldType, made_of: str, description: str, unit: str = "", *, guards: tuple[str, ...] = ()) -> Field:
    nullable = bool(guards)
    return Field(name=name, type=kind, made_of=made_of, description=description, unit=unit, nullable=nullable, guards=guards)


def _quiet() -> Field:
    return _read("in_quiet_hours", _B, "_a.in_quiet_hours", "whether it is now within the file's `quiet_hours`")


def _status(name: str, read: str, description: str, *, event_only: bool = False) -> Field:
    """A nullable status is known in event rules only."""
    return Field(
        name=name,
        type=_X,
        read=read,
        description=description,
        values=DOCUMENTED_STATUSES,
        extensible=True,
        nullable=event_only,
        event_only=event_only,
    )


_CAMPAIGN = (
    _read("id", _N, "_c.id", "the campaign's number at the provider"),
    _read("name", _X, "_c.name", "the customer's own text"),
    _read("sender", _X, "_c.sender", "SMS sender or RCS agent"),
    _read("account", _X, "_c.account", "the account it belongs to, as the settings name it"),
    _status("status", "_c.status", "its status now (in an event rule: after the event)"),
    _status("old_status", "_e.old_status", "its status before; null unless the event is `status_changed`", event_only=True),
    Field(name="message_type", type=_X, read="_c.message_type", description="the channel", values=tuple(map(str, MessageType))),
    _read(
        "currency",
        _X,
        "(_c.currency if _c.currency is not None or _d is None else _d.currency)",
        "of `calculated_price` and `total_price`",
        nullable=True,
    ),
    _made("final", _B, f"(status in {_ENDED!r})", "whether it is `done` or `stopped`"),
    Field(name="now", type=_T, description="the time of the evaluation; in an event rule, of the event"),
    _quiet(),
    _read("created_at", _T, "_c.created_at", "when it was created"),
    _read("start_at", _T, "_c.start_at", "planned start", nullable=True),
    _read("real_start_at", _T, "_c.real_start_at", "real start; null until then", nullable=True),
    _read("finished_at", _T, "_c.finished_at", "end; null until then", nullable=True),
    _made("age", _D, "(now - created_at)", "`now - created_at`", "seconds"),
    _made(
        "status_age",
        _D,
        "(now - _t.status_since)",
        "how long it has had its status, as far as is known: see the table of first sights below",
        "seconds",
    ),
    _made(
        "start_delay",
        _D,
        "max(0.0, (now if real_start_at is None else real_start_at) - start_at)",
        "how late it started (`real_start_at - start_at`) or, while it has not, is by now (`now - start_at`); 0 when it was "
        "early or is not due; null without `start_at`, and when it is `sending`, `done` or `stopped` without `real_start_at`",
        "seconds",
        guards=("start_at is not None", f"(real_start_at is not None or status not in {('sending', *_ENDED)!r})"),
    ),
    _made(
        "duration",
        _D,
        f"max(0.0, (finished_at if finished_at is not None else _t.status_since if status in {_ENDED!r} else now)"
        " - real_start_at)",
        "from `real_start_at` to `finished_at` (ended without one: to when it took its final status), else to `now`; null before "
        "the real start",
        "seconds",
        guards=("real_start_at is not None",),
    ),
    _read(
        "sent",
        _N,
        "_c.sent",
        "messages handed over so far; null while the provider gives no statistics",
        "messages",
        nullable=True,
    ),
    _read(
        "delivered",
        _N,
        "_c.delivered",
        "messages reported delivered or read; can exceed `sent`; null like `sent`",
        "messages",
        nullable=True,
    ),
    _made(
        "delivery_ratio",
        _N,
        "(delivered / sent)",
        "`delivered / sent` so far: a report still under way counts as not delivered; null when `sent` is 0 or null",
        "ratio",
        guards=("sent", "delivered is not None"),
    ),
    _read(
        "fallback_sent",
        _N,
        "_c.fallback_sent",
        "SMS sent in place of RCS messages; null without fallback",
        "messages",
        nullable=True,
    ),
    _read("fallback_delivered", _N, "_c.fallback_delivered", "of these, delivered", "messages", nullable=True),
    _made(
        "fallback_ratio",
        _N,
        "(fallback_delivered / fallback_sent)",
        "`fallback_delivered / fallback_sent`; null when `fallback_sent` is 0 or null",
        "ratio",
        guards=("fallback_sent", "fallback_delivered is not None"),
    ),
    _made(
        "reach",
        _N,
        "((delivered + (fallback_delivered or 0)) / sent)",
        "`(delivered + fallback_delivered) / sent`, a missing fallback counted as 0: reached on either channel; null when `sent` "
        "is 0 or null",
        "ratio",
        guards=("sent", "delivered is not None"),
    ),
    _read(
        "settled_sent",
        _N,
        "_settled_sent(_t, now, _settle)",
        "what had been sent `settle` ago (15 minutes, or what the rule says), so that its reports are there; all of `sent` once "
        "it ended longer ago; null when it was not watched yet at that time",
        "messages",
        nullable=True,
    ),
    _made(
        "settled_ratio",
        _N,
        "(min(delivered, settled_sent) / settled_sent)",
        "`min(delivered, settled_sent) / settled_sent`: the delivery ratio of those whose reports can be expected; null when "
        "`settled_sent` is 0 or null",
        "ratio",
        guards=("settled_sent", "delivered is not None"),
    ),
    *(
        _made(
            f"delivery_ratio_{bound}",
            _N,
            f"_wilson_{bound}(max(0, min(delivered, settled_sent)), settled_sent)",
            f"{words} with 95 % confidence (Wilson's bound of `settled_ratio`): few messages prove little; null like it",
            "ratio",
            guards=("settled_sent", "settled_sent > 0", "delivered is not None"),
        )
        for bound, words in (("upper", "the delivery ratio is at most this"), ("lower", "the delivery ratio is at least this"))
    ),
    _read(
        "settled",
        _B,
        "_t.settled",
        "whether it ended 72 hours ago: no report is expected any more, and no rule but an event rule looks at it",
    ),
    _made(
        "stalled_for",
        _D,
        "(now - _t.progress_since)",
        "how long `sent` has not grown (since it was first seen sending, if it has not grown since); null unless `status` "
        "is `sending`",
        "seconds",
        guards=("status == 'sending'",),
    ),
    _read(
        "calculated_price", _N, "_c.calculated_price", "the provider's; often null or 0 in its lists", "`currency`", nullable=True
    ),
    *DETAIL_FIELDS,
)


def _balance(name: str, description: str) -> Field:
    return _read(name, _N, f"(None if _v.balance is None else _v.balance.{name})", description, "`currency`", nullable=True)


_ACCOUNT = (
    _read("account", _X, "_v.account", "its name in the settings"),
    _read("now", _T, "_v.now.timestamp()", "the time of the evaluation"),
    _quiet(),
    _read("api_up", _B, "_v.api_up", "whether the last poll of every feed was answered"),
    _read(
        "last_success_age",
        _D,
        "_v.last_success_age",
        "since the last complete sweep of the stalest feed; before its first, since the monitor began to try",
        "seconds",
    ),
    _read(
        "consecutive_failures",
        _N,
        "_v.consecutive_failures",
        "failed or partial polls in a row, of the feed that has most",
        "polls",
    ),
    _balance("balance", "null until read"),
    _balance("credit", "null until read"),
    _balance("spendable", "`balance + credit`; null until read"),
    _read(
        "runway",
        _D,
        "_v.runway",
        "how long `spendable` lasts at the pace of the last 24 hours: what the campaigns cost that started in them; null when "
        "none of them bears a price",
        "seconds",
        nullable=True,
    ),
    _read(
        "currency", _X, "(None if _v.balance is None else _v.balance.currency)", "of the balance; null until read", nullable=True
    ),
    _read("campaigns", _N, "sum(_v.counts.values())", "watched campaigns (live or settling), whatever their status", "campaigns"),
    *(
        _read(f"campaigns_{status}", _N, f"_v.counts.get({status!r}, 0)", f"watched campaigns that are `{status}`", "campaigns")
        for status in DOCUMENTED_STATUSES
    ),
)


def _sum(name: str, description: str) -> Field:
    return _read(name, _N, f"_v.sums.{name}", description, "messages")


def _share(name: str, part: str, whole: str) -> Field:
    words = f"`{part} / {whole}`; null when `{whole}` is 0"
    return _made(name, _N, f"({part} / {whole})", words, "ratio", guards=(whole,))


_SENDER = (
    _read("sender", _X, "_v.sender", "SMS sender or RCS agent"),
    _read("account", _X, "_v.account", "the account it sends from, as the settings name it"),
    Field(name="message_type", type=_X, read="_v.message_type", description="the channel", values=tuple(map(str, MessageType))),
    _read("now", _T, "_v.now.timestamp()", "the time of the evaluation"),
    _quiet(),
    _read(
        "campaigns",
        _N,
        "len(_v.sums.rows)",
        "its campaigns that started within `over` (created, where they have not)",
        "campaigns",
    ),
    *(
        _read(f"campaigns_{status}", _N, f"_v.sums.statuses[{status!r}]", f"of these, `{status}` now", "campaigns")
        for status in DOCUMENTED_STATUSES
    ),
    _sum("sent", "messages handed over so far, of all of them"),
    _sum("delivered", "of these, reported delivered or read"),
    _share("delivery_ratio", "delivered", "sent"),
    _sum("fallback_sent", "SMS sent in place of RCS messages"),
    _sum("fallback_delivered", "of these, delivered"),
    _share("fallback_ratio", "fallback_delivered", "fallback_sent"),
    _made(
        "reach",
        _N,
        "((delivered + fallback_delivered) / sent)",
        "`(delivered + fallback_delivered) / sent`: reached on either channel; null when `sent` is 0",
        "ratio",
        guards=("sent",),
    ),
    _sum("settled_sent", "what had been sent `settle` ago, so that its reports are there"),
    _sum("settled_delivered", "of these, delivered: each campaign's `min(delivered, settled_sent)`"),
    _share("settled_ratio", "settled_delivered", "settled_sent"),
    *(
        _read(
            f"delivery_ratio_{bound}",
            _N,
            f"_v.delivery_ratio_{bound}",
            f"{words} with 95 % confidence (Wilson's bound of `settled_ratio`); null when `settled_sent` is 0",
            "ratio",
            nullable=True,
        )
        for bound, words in (("upper", "the delivery ratio is at most this"), ("lower", "the delivery ratio is at least this"))
    ),
    _read(
        "median_ratio",
        _N,
        "_v.median_ratio",
        "the `settled_ratio` of the campaign in the middle: whether most of them are bad, or one large one; null when none can "
        "be judged",
        "ratio",
        nullable=True,
    ),
    _read(
        "worst_campaigns",
        _X,
        "_v.worst_campaigns",
        "for texts: up to three campaigns with the lowest `settled_ratio`, with it; empty when none can be judged",
    ),
)

_RECEIVER = (
    _read("receiver", _X, "_v.receiver", "its name in the rules file"),
    _read("integration", _X, "_v.integration", "its kind: `webhook`, `slack`, …"),
    _read("now", _T, "_v.now.timestamp()", "the time of the evaluation"),
    _quiet(),
    _read(
        "failing_for",
        _D,
        "_v.failing_for",
        "how long it has taken no message: since the first failed attempt after its last success; null while its last attempt "
        "succeeded",
        "seconds",
        nullable=True,
    ),
    _read(
        "dead_letters",
        _N,
        "_v.dead_letters",
        "messages given up and kept (30 days); what `outbox retry` sends again or `outbox drop` puts aside no longer counts",
        "messages",
    ),
    _read("waiting", _N, "_v.waiting", "messages it has not confirmed yet", "messages"),
    _read(
        "oldest_waiting",
        _D,
        "_v.oldest_waiting",
        "how long ago the oldest of them was decided; null when none waits",
        "seconds",
        nullable=True,
    ),
)

FIELDS: Mapping[str, Mapping[str, Field]] = {
    "campaign": {field.name: field for field in _CAMPAIGN},
    "sender": {field.name: field for field in _SENDER},
    "account": {field.name: field for field in _ACCOUNT},
    "receiver": {field.name: field for field in _RECEIVER},
}
"""By scope, then by name, in the order of the docs."""

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "campaign": ("_t", "_c", "_d", "_e", "_settle", "now", "_a"),
    "sender": ("_v", "_a"),
    "account": ("_v", "_a"),
    "receiver": ("_v", "_a"),
}
"""What the expressions of a scope's fields may use: tracked campaign, its snapshot and detail, event, `Settle`, time; view of a
sender, account or receiver; surroundings."""

FUNCTIONS_OF_FIELDS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "min": min,
        "max": max,
        "sum": sum,
        "len": len,
        "_breakdown": breakdown,
        "_remaining": remaining,
        "_settled_sent": settled_sent,
        "_wilson_lower": wilson_lower,
        "_wilson_upper": wilson_upper,
    }
)
"""What those expressions may call."""

MOVING_ACCOUNT_FIELDS: frozenset[str] = frozenset({"api_up", "last_success_age", "consecutive_failures"})
"""The account fields that move while polls fail; the others stay what they last were (`now` alone proves nothing)."""


def fields_of(scope: str, *, event: bool = False) -> dict[str, Field]:
    """The fields a rule of this scope may name; with `event`, those of event rules. ValueError for a scope that has none."""
    try:
        table = FIELDS[scope]
    except KeyError:
        raise ValueError(f'no fields for scope "{scope}"; there are some for {", ".join(FIELDS)}') from None
    return {name: field for name, field in table.items() if event or not field.event_only}


@cache
def ingredients(scope: str, name: str) -> frozenset[str]:
    """What `name` is made of: fields of the scope that are read; empty for a field that is read itself."""
    field = FIELDS[scope][name]
    if not field.made_of:
        return frozenset()
    parts = (ast.walk(ast.parse(text)) for text in (field.made_of, *field.guards))
    return frozenset({node.id for nodes in parts for node in nodes if isinstance(node, ast.Name)} & FIELDS[scope].keys())


@cache
def depends_on(scope: str, name: str, parameter: str) -> bool:
    """Whether `name`, or what it is made of, uses one of `PARAMETERS`; `now` counts as one wherever it is a field."""
    table = FIELDS[scope]
    for part in (name, *ingredients(scope, name)):
        texts = (table[part].read or part, table[part].made_of, *table[part].guards)
        names = {node.id for text in texts if text for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        if parameter in names:
            return True
    return False


@cache
def has_past(scope: str, name: str) -> bool:
    """Whether samples say what `name` was: `ago` and the functions like it take these."""
    return scope == "campaign" and (ingredients(scope, name) or {name}) <= SAMPLED


def fields_markdown() -> str:
    """The tables of `docs/rules.md`, one for each scope: Markdown, ending in a newline."""
    parts = []
    for scope, table in FIELDS.items():
        parts.append(f"#### Scope `{scope}`\n\n| field | type | unit | null | meaning |\n| --- | --- | --- | --- | --- |\n")
        for field in table.values():
            meaning = field.description + (" (event rules only)" if field.event_only else "")
            if field.values:
                meaning += "; one of " + ", ".join(f"`{value}`" for value in field.values)
                meaning += ", and what `extra_statuses` adds" if field.extensible else ""
            null = "can be" if field.nullable else "never"
            parts.append(f"| `{field.name}` | {field.type} | {field.unit or '–'} | {null} | {meaning} |\n")
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


__all__ = [
    "FIELDS",
    "FUNCTIONS_OF_FIELDS",
    "MOVING_ACCOUNT_FIELDS",
    "PARAMETERS",
    "Field",
    "FieldType",
    "FieldValue",
    "Subject",
    "depends_on",
    "fields_markdown",
    "fields_of",
    "has_past",
    "ingredients",
]
