"""A slow second implementation of the condition language, written from its description and
sharing no code with the first.

It walks Python's syntax tree with a typed value at every step, and reads fields with functions
of its own.
"""

import ast
import math
import re
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any, NamedTuple

from monitor.domain.campaign.account import AccountView
from monitor.domain.campaign.detail import Split
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.tracking import TrackedCampaign

NUMBER, TEXT, BOOL, TIME, DURATION, NULL = "number", "text", "bool", "time", "duration", "null"
STATUSES = ["creation", "moderation", "spam", "scheduled", "sending", "paused", "stopped", "done"]
PAST_KINDS = {
    "status": TEXT,
    "final": BOOL,
    "sent": NUMBER,
    "delivered": NUMBER,
    "delivery_ratio": NUMBER,
    "fallback_sent": NUMBER,
    "fallback_delivered": NUMBER,
    "fallback_ratio": NUMBER,
    "reach": NUMBER,
}
ORDER = {ast.Eq: eq, ast.NotEq: ne, ast.Lt: lt, ast.LtE: le, ast.Gt: gt, ast.GtE: ge}


class Typed(NamedTuple):
    kind: str
    value: Any


def ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or whole is None or whole == 0 else part / whole


def start_delay(
    status: str, start_at: float | None, real_start_at: float | None, now: float
) -> float | None:
    if start_at is None:
        return None
    if real_start_at is not None:
        late = real_start_at - start_at
    elif status in ("sending", "done", "stopped"):
        return None
    else:
        late = now - start_at
    return late if late > 0 else 0.0


def duration_of(row: TrackedCampaign, now: float) -> float | None:
    campaign = row.campaign
    if campaign.real_start_at is None:
        return None
    end = now
    if campaign.finished_at is not None:
        end = campaign.finished_at
    elif campaign.status in ("done", "stopped"):
        end = row.status_since
    return end - campaign.real_start_at if end > campaign.real_start_at else 0.0


def shown(row: TrackedCampaign, now: float, seconds: float) -> Any:
    """What it showed that long ago: the last of what is known to have been seen by then."""
    instant = now - seconds
    if instant < row.first_seen:
        return None
    if not row.samples:
        return row.campaign
    seen = [sample for sample in row.samples if sample.at <= instant]
    if not seen:
        return None
    return row.campaign if seen[-1] is row.samples[-1] else seen[-1]


def settled_sent(row: TrackedCampaign, now: float, settle: float) -> int | None:
    c = row.campaign
    ended = c.finished_at if c.finished_at is not None else row.status_since
    if c.status in ("done", "stopped") and now - ended >= settle:
        return c.sent
    then = shown(row, now, settle)
    if then is None or then.sent is None or c.sent is None:
        return None
    return min(then.sent, c.sent)


def bound(hits: float | None, trials: float | None, sign: int) -> float | None:
    """Wilson's bound as the root of (p - ratio)² = z² p (1 - p) / trials, which is where the
    formula comes from."""
    if hits is None or trials is None or trials <= 0:
        return None
    if hits == (trials if sign > 0 else 0):  # the root there, which floating point may miss
        return 1.0 if sign > 0 else 0.0
    z2 = 1.959963984540054**2
    ratio = hits / trials
    a, b, c = 1 + z2 / trials, -(2 * ratio + z2 / trials), ratio * ratio
    root = (-b + sign * math.sqrt(max(0.0, b * b - 4 * a * c))) / (2 * a)
    return min(1.0, max(0.0, root))


REASONS = [
    ("not RCS-capable", ["not_rcs_user"]),
    ("not on Viber", ["not_viber_user"]),
    ("undelivered", ["undelivered"]),
    ("expired", ["expired"]),
    ("failed", ["failed"]),
    ("outcome unknown", ["unknown"]),
    ("no report yet", ["awaiting_report", "accepted", "sending"]),
]


def reasons(split: Split) -> str:
    counts = {words: sum(getattr(split, name) or 0 for name in names) for words, names in REASONS}
    whole = sum(counts.values()) + (split.delivered or 0) + (split.read or 0)
    parts = []
    for words in sorted(counts, key=lambda words: counts[words], reverse=True):
        percent = math.floor(100 * counts[words] / whole + 0.5) if whole else 0
        if percent == 100 and counts[words] < whole:
            percent = 99
        if percent > 0:
            parts.append(f"{words} {percent} %")
    return ", ".join(parts)


def why(row: TrackedCampaign) -> str | None:
    if row.detail is None:
        return None
    own, sms = (
        reasons(row.detail),
        "" if row.detail.fallback is None else reasons(row.detail.fallback),
    )
    return "; ".join([part for part in (own, sms and f"SMS fallback: {sms}") if part]) or None


def eta(row: TrackedCampaign, now: float) -> float | None:
    c, d = row.campaign, row.detail
    if d is None or d.total_messages is None or c.sent is None or c.status != "sending":
        return None
    if c.sent >= d.total_messages:
        return 0.0
    watched = min(600.0, now - row.status_since, now - row.first_seen)
    then = shown(row, now, watched) if watched > 0 else None
    if then is None or c.sent <= (then.sent or 0):
        return None
    return (d.total_messages - c.sent) / ((c.sent - (then.sent or 0)) / watched)


def detail_values(row: TrackedCampaign, now: float) -> dict[str, Typed]:
    c, d = row.campaign, row.detail
    total = None if d is None else d.total_messages
    progress = None if c.sent is None or not total else min(1.0, c.sent / total)
    names = [
        "awaiting_report",
        "accepted",
        "sending",
        "scheduled",
        "moderation",
        "read",
        "expired",
        "failed",
        "undelivered",
    ]
    names += [
        "unknown",
        "not_rcs_user",
        "not_viber_user",
        "total_messages",
        "total_phones",
        "total_price",
    ]
    values = {name: Typed(NUMBER, None if d is None else getattr(d, name)) for name in names}
    for name in ("awaiting_report", "expired", "failed", "undelivered", "unknown"):
        fallback = None if d is None else d.fallback
        values[f"fallback_{name}"] = Typed(
            NUMBER, None if fallback is None else getattr(fallback, name)
        )
    return values | {
        "progress": Typed(NUMBER, progress),
        "eta": Typed(DURATION, eta(row, now)),
        "why": Typed(TEXT, why(row)),
        "detail_age": Typed(DURATION, None if d is None else since(d.read_at, now)),
    }


def past_values(row: TrackedCampaign, now: float, seconds: float) -> dict[str, Typed]:
    """The figures it showed that long ago."""
    then = shown(row, now, seconds)
    if then is None:
        return {name: Typed(kind, None) for name, kind in PAST_KINDS.items()}
    reached = None if then.delivered is None else then.delivered + (then.fallback_delivered or 0)
    values = {
        "status": then.status,
        "final": then.status in ("done", "stopped"),
        "sent": then.sent,
        "delivered": then.delivered,
        "delivery_ratio": ratio(then.delivered, then.sent),
        "fallback_sent": then.fallback_sent,
        "fallback_delivered": then.fallback_delivered,
        "fallback_ratio": ratio(then.fallback_delivered, then.fallback_sent),
        "reach": ratio(reached, then.sent),
    }
    return {name: Typed(PAST_KINDS[name], value) for name, value in values.items()}


def since(instant: float, now: float) -> float:
    return max(now - instant, 0.0)


def campaign_values(
    row: TrackedCampaign,
    now: float,
    event: CampaignEvent | None = None,
    *,
    settle: float = 900.0,
    quiet: bool = False,
) -> dict[str, Typed]:
    c = row.campaign
    judged = settled_sent(row, now, settle)
    good = None if judged is None or c.delivered is None else min(c.delivered, judged)
    reached = (
        None
        if c.delivered is None
        else c.delivered + (0 if c.fallback_delivered is None else c.fallback_delivered)
    )
    values = {
        "id": Typed(NUMBER, c.id),
        "name": Typed(TEXT, c.name),
        "sender": Typed(TEXT, c.sender),
        "account": Typed(TEXT, c.account),
        "status": Typed(TEXT, c.status),
        "message_type": Typed(TEXT, c.message_type),
        "currency": Typed(
            TEXT, row.detail.currency if c.currency is None and row.detail else c.currency
        ),
        "final": Typed(BOOL, c.status == "done" or c.status == "stopped"),
        "now": Typed(TIME, now),
        "created_at": Typed(TIME, c.created_at),
        "start_at": Typed(TIME, c.start_at),
        "real_start_at": Typed(TIME, c.real_start_at),
        "finished_at": Typed(TIME, c.finished_at),
        "age": Typed(DURATION, since(c.created_at, now)),
        "status_age": Typed(DURATION, since(row.status_since, now)),
        "start_delay": Typed(DURATION, start_delay(c.status, c.start_at, c.real_start_at, now)),
        "duration": Typed(DURATION, duration_of(row, now)),
        "sent": Typed(NUMBER, c.sent),
        "delivered": Typed(NUMBER, c.delivered),
        "delivery_ratio": Typed(NUMBER, ratio(c.delivered, c.sent)),
        "fallback_sent": Typed(NUMBER, c.fallback_sent),
        "fallback_delivered": Typed(NUMBER, c.fallback_delivered),
        "fallback_ratio": Typed(NUMBER, ratio(c.fallback_delivered, c.fallback_sent)),
        "reach": Typed(NUMBER, ratio(reached, c.sent)),
        "stalled_for": Typed(
            DURATION, since(row.progress_since, now) if c.status == "sending" else None
        ),
        "calculated_price": Typed(NUMBER, c.calculated_price),
        "settled_sent": Typed(NUMBER, judged),
        "settled_ratio": Typed(NUMBER, ratio(good, judged)),
        "delivery_ratio_upper": Typed(NUMBER, bound(good, judged, 1)),
        "delivery_ratio_lower": Typed(NUMBER, bound(good, judged, -1)),
        "settled": Typed(BOOL, row.settled),
        "in_quiet_hours": Typed(BOOL, quiet),
    } | detail_values(row, now)
    # What `ago` is asked for, under a name that no field has.
    for seconds in (300.0, 600.0, 3600.0):
        for name, typed in past_values(row, now, seconds).items():
            values[f"{name} {seconds:g}"] = typed
    if event is not None:
        old = [change.old for change in event.changes if change.field == "status"]
        values["old_status"] = Typed(TEXT, old[0] if old else None)
    return values


def lasting(spendable: float, spent_in_a_day: float | None) -> float | None:
    if not spent_in_a_day:
        return None
    return (spendable if spendable > 0 else 0.0) / spent_in_a_day * 86400


def legibility_values(view: AccountView) -> dict[str, Typed]:
    """What could be read, over all feeds; unknown until each was read."""
    found = [f.legibility for f in view.feeds]
    ratios = [each.read_ratio for each in found if each.read_ratio is not None]
    if len(ratios) < len(found):
        return dict.fromkeys(
            ("rejected_rows", "unreadable_fields", "read_ratio"), Typed(NUMBER, None)
        )
    return {
        "rejected_rows": Typed(NUMBER, sum(len(f.rejected) + f.nameless for f in found)),
        "unreadable_fields": Typed(NUMBER, sum(f.unreadable_fields for f in found)),
        "read_ratio": Typed(NUMBER, min(ratios)),
    }


def account_values(view: AccountView) -> dict[str, Typed]:
    money = view.balance
    values = {
        "account": Typed(TEXT, view.account),
        "in_quiet_hours": Typed(BOOL, False),
        "now": Typed(TIME, view.now.timestamp()),
        "api_up": Typed(BOOL, not any(not feed.answered for feed in view.feeds)),
        "last_success_age": Typed(
            DURATION,
            max(
                since((f.last_success or f.first_tried).timestamp(), view.now.timestamp())
                for f in view.feeds
            ),
        ),
        "consecutive_failures": Typed(NUMBER, max(f.consecutive_failures for f in view.feeds)),
        "api_error": Typed(
            TEXT, next((e.value for f in view.feeds if (e := f.api_error) is not None), None)
        ),
        "incomplete_for": Typed(
            DURATION,
            max(
                0.0
                if f.incomplete_since is None
                else (view.now - f.incomplete_since).total_seconds()
                for f in view.feeds
            ),
        ),
        **legibility_values(view),
        "token_expires_in": Typed(
            DURATION, None if view.token_ends is None else view.token_ends - view.now.timestamp()
        ),
        "balance": Typed(NUMBER, money.balance if money else None),
        "credit": Typed(NUMBER, money.credit if money else None),
        "spendable": Typed(NUMBER, money.balance + money.credit if money else None),
        "currency": Typed(TEXT, money.currency if money else None),
        "runway": Typed(
            DURATION, lasting(money.balance + money.credit, view.spent) if money else None
        ),
        "campaigns": Typed(NUMBER, sum(view.counts.values())),
    }
    return values | {
        f"campaigns_{status}": Typed(NUMBER, view.counts.get(status, 0)) for status in STATUSES
    }


def holds(text: str, values: dict[str, Typed]) -> bool:
    """Whether the condition holds with these values of its fields."""
    return evaluate(ast.parse(f"(\n{text}\n)", mode="eval").body, values).value is True


def evaluate(tree: ast.expr, values: dict[str, Typed]) -> Typed:
    match tree:
        case ast.Name(id="null"):
            return Typed(NULL, None)
        case ast.Name(id="true" | "false"):
            return Typed(BOOL, tree.id == "true")
        case ast.Name():
            return values[tree.id]
        case ast.Constant():
            return Typed(TEXT if isinstance(tree.value, str) else NUMBER, tree.value)
        case ast.BoolOp(op=ast.And()):
            return Typed(BOOL, all(evaluate(part, values).value for part in tree.values))
        case ast.BoolOp():
            return Typed(BOOL, any(evaluate(part, values).value for part in tree.values))
        case ast.UnaryOp(op=ast.Not()):
            return Typed(BOOL, not evaluate(tree.operand, values).value)
        case ast.UnaryOp():
            operand = evaluate(tree.operand, values)
            return Typed(operand.kind, None if operand.value is None else -operand.value)
        case ast.BinOp():
            return arithmetic(tree.op, evaluate(tree.left, values), evaluate(tree.right, values))
        case ast.Compare():
            sides = [tree.left, *tree.comparators]
            return Typed(
                BOOL,
                all(compare(op, sides[i], sides[i + 1], values) for i, op in enumerate(tree.ops)),
            )
        case ast.Call():
            return call(tree, values)
    raise AssertionError(ast.dump(tree))


def read_duration(text: str) -> float:
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
    return sum(int(count) * units[unit] for count, unit in re.findall(r"(\d+)(ms|[smhdw])", text))


def read_as(value: Typed, kind: str) -> Typed:
    if value.kind != TEXT:
        return value
    if kind == DURATION:
        return Typed(DURATION, read_duration(value.value))
    moment = datetime.fromisoformat(value.value)
    return Typed(TIME, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def arithmetic(operator: ast.operator, left: Typed, right: Typed) -> Typed:
    if DURATION in (left.kind, right.kind):
        left, right = read_as(left, DURATION), read_as(right, DURATION)
    if left.kind == TIME and right.kind == TEXT:
        right = read_as(right, DURATION)
    kinds = {left.kind, right.kind}
    if isinstance(operator, ast.Div):
        kind = NUMBER if left.kind == right.kind else DURATION
    elif isinstance(operator, ast.Mult):
        kind = DURATION if DURATION in kinds else NUMBER
    elif kinds == {TIME}:
        kind = DURATION
    else:
        kind = TIME if TIME in kinds else left.kind
    a, b = left.value, right.value
    if a is None or b is None:
        return Typed(kind, None)
    match operator:
        case ast.Add():
            return Typed(kind, a + b)
        case ast.Sub():
            return Typed(kind, a - b)
        case ast.Mult():
            return Typed(kind, float(a) * float(b))
        case ast.Div():
            return Typed(kind, None if b == 0 else a / b)
    raise AssertionError(operator)


def compare(operator: ast.cmpop, left: ast.expr, right: ast.expr, values: dict[str, Typed]) -> bool:
    one = evaluate(left, values)
    if isinstance(operator, (ast.In, ast.NotIn)):
        assert isinstance(right, ast.List)
        found = [evaluate(element, values) for element in right.elts]
        if one.kind in (DURATION, TIME):
            found = [read_as(element, one.kind) for element in found]
        is_in = any(element.value == one.value for element in found)
        return one.value is not None and is_in is isinstance(operator, ast.In)
    other = evaluate(right, values)
    if NULL in (one.kind, other.kind):
        tested = other.value if one.kind == NULL else one.value
        return (tested is None) is isinstance(operator, ast.Eq)
    if one.kind in (DURATION, TIME):
        other = read_as(other, one.kind)
    if other.kind in (DURATION, TIME):
        one = read_as(one, other.kind)
    assert one.kind == other.kind, (one, other)
    a, b = one.value, other.value
    return a is not None and b is not None and bool(ORDER[type(operator)](a, b))


def call(tree: ast.Call, values: dict[str, Typed]) -> Typed:
    assert isinstance(tree.func, ast.Name)
    if tree.func.id in ("ago", "increase", "rate"):
        return past(tree.func.id, tree.args, values)
    arguments = [evaluate(argument, values) for argument in tree.args]
    if tree.func.id == "matches":
        text, pattern = arguments
        return Typed(
            BOOL, text.value is not None and re.search(pattern.value, text.value) is not None
        )
    kind = next(
        (argument.kind for argument in arguments if argument.kind in (DURATION, TIME)), NUMBER
    )
    if kind != NUMBER:
        arguments = [read_as(argument, kind) for argument in arguments]
    found = [argument.value for argument in arguments]
    if any(value is None for value in found):
        return Typed(kind, None)
    return Typed(
        kind,
        {"min": min, "max": max}[tree.func.id](found) if tree.func.id != "abs" else abs(found[0]),
    )


def past(function: str, arguments: list[ast.expr], values: dict[str, Typed]) -> Typed:
    use, back = arguments
    assert isinstance(use, ast.Name)
    assert isinstance(back, ast.Constant)
    seconds = read_duration(back.value)
    now, then = values[use.id], values[f"{use.id} {seconds:g}"]
    if function == "ago":
        return then
    if now.value is None or then.value is None:
        return Typed(NUMBER, None)
    increase = now.value - then.value
    return Typed(NUMBER, increase if function == "increase" else increase / seconds)
