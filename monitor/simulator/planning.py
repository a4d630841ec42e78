"""From the fields of a scenario's campaign to its plan; the kinds of trouble and what they mean
in numbers."""

import math
from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from monitor.simulator.offset import FOREVER, parse_offset
from monitor.simulator.plan import CampaignPlan, Hold

MESSAGE_TYPES = ("sms", "rcs", "viber", "hlr", "whatsapp")
DEFAULT_PACE = 20.0


class Kind(StrEnum):
    """What is going to happen to a campaign. Every number a kind implies can be given explicitly
    instead."""

    HEALTHY = "healthy"
    SPAM = "spam"  # waits half an hour for moderation
    LATE = "late"  # starts half an hour late
    STALLED = "stalled"  # stops progressing at 40 %, still "sending"
    BAD_DELIVERY = "bad_delivery"  # 61 % arrive
    FALLBACK = "fallback"  # RCS: 38 % of the phones have none, SMS catches them
    PAUSED = "paused"  # at 40 %, for good
    STOPPED = "stopped"  # at 50 %


class UnfitField(ValueError):  # noqa: N818 (says what is unfit)
    """One field of a campaign that cannot be used; `field` is its name."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"found {value!r}, expected a text")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"found {value!r}, expected a whole number of 0 or more")
    return value


def _amount(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"found {value!r}, expected a number")
    return float(value)


def _pace(value: object) -> float:
    pace = _amount(value)
    if pace <= 0:
        raise ValueError(f"found {value!r}, expected messages per second, more than 0")
    return pace


def _share(value: object) -> float:
    try:
        share = (
            float(value[:-1]) / 100
            if isinstance(value, str) and value.endswith("%")
            else _amount(value)
        )
    except ValueError:
        share = math.nan
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"found {value!r}, expected a share from 0 to 1, or from 0% to 100%")
    return share


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        # one kind of error for all fields
        raise ValueError(f"found {value!r}, expected true or false")  # noqa: TRY004
    return value


def _span(value: object) -> float:
    seconds = parse_offset(value)
    if seconds < 0:
        raise ValueError(f"found {value!r}, expected a span that is not negative")
    return seconds


def _finite(value: object) -> float:
    seconds = parse_offset(value)
    if not math.isfinite(seconds):
        raise ValueError(f"found {value!r}, expected a span that ends")
    return seconds


def _lasting(value: object) -> float:
    seconds = _finite(value)
    if seconds <= 0:
        raise ValueError(f"found {value!r}, expected a span of more than 0")
    return seconds


def _message_type(value: object) -> str:
    if value not in MESSAGE_TYPES:
        raise ValueError(f"found {value!r}, expected one of {', '.join(MESSAGE_TYPES)}")
    return str(value)


def _moderation_status(value: object) -> str:
    if value not in ("spam", "moderation"):
        raise ValueError(f"found {value!r}, expected spam or moderation")
    return str(value)


def _kind(value: object) -> Kind:
    try:
        return Kind(str(value))
    except ValueError:
        raise ValueError(f"found {value!r}, expected one of {', '.join(Kind)}") from None


_READERS: Mapping[str, Callable[[object], object]] = {
    "id": _count, "name": _text, "sender": _text, "size": _count, "message_type": _message_type,
    "kind": _kind,
    "created": _finite, "start": _finite, "creation": _span, "moderation": _span,
    "moderation_status": _moderation_status,
    "late": _span, "duration": _lasting, "pace": _pace, "stop": _span,
    "stall_after": _span, "stall_for": _span, "pause_after": _span, "pause_for": _span,
    "delivered_share": _share, "read_share": _share, "not_rcs_share": _share,
    "fallback": _flag, "fallback_delay": _finite, "fallback_delivered_share": _share,
    "reports": _lasting, "validity": _lasting, "price": _amount, "currency": _text,
}  # fmt: skip

PLANNING_FIELDS = frozenset(_READERS)
"""Names a campaign of a scenario may have: those of `CampaignPlan` without `holds`, which
`stall_…` and `pause_…` (spans since creation) make; `kind`; and `pace`, messages per second, in
place of `duration`."""

REQUIRED_FIELDS = ("name", "sender", "size")


def read_field(name: str, value: object) -> object:
    """One field's value as a plan wants it. UnfitField when the name is unknown or the value
    wrong."""
    reader = _READERS.get(name)
    if reader is None:
        raise UnfitField(name, f"unknown; known are {', '.join(sorted(PLANNING_FIELDS))}")
    try:
        return reader(value)
    except ValueError as error:
        raise UnfitField(name, str(error)) from None


def make_plan(fields: Mapping[str, object]) -> CampaignPlan:
    """The plan these fields describe. UnfitField for the first that is unknown, missing or
    wrong."""
    read = {name: read_field(name, value) for name, value in fields.items()}
    for name in REQUIRED_FIELDS:
        if name not in read:
            raise UnfitField(name, "missing")
    return _assembled(read)


def _assembled(read: dict[str, object]) -> CampaignPlan:
    kind = Kind(str(read.pop("kind", Kind.HEALTHY)))
    pace = read.pop("pace", None)
    if pace is not None and "duration" in read:
        raise UnfitField("pace", "given together with duration; one follows from the other")
    read.setdefault("duration", max(1.0, _number(read["size"]) / (_number(pace) or DEFAULT_PACE)))
    trouble: dict[str, object] = {
        name: read.pop(name)
        for name in ("stall_after", "stall_for", "pause_after", "pause_for")
        if name in read
    }
    plan = msgspec.convert({**_implied(kind), **read}, CampaignPlan)
    if plan.delivered_share + plan.not_rcs_share > 1.0 + 1e-9:
        raise UnfitField("not_rcs_share", "is more than delivered_share leaves over")
    return _with_holds(plan, kind, trouble)


def _implied(kind: Kind) -> dict[str, object]:
    if kind is Kind.SPAM:
        return {"moderation": 1800.0}
    if kind is Kind.LATE:
        return {"late": 1800.0}
    if kind is Kind.BAD_DELIVERY:
        return {"delivered_share": 0.61}
    if kind is Kind.FALLBACK:
        shares = {
            "delivered_share": 0.59,
            "read_share": 0.3,
            "not_rcs_share": 0.38,
            "fallback_delivered_share": 0.95,
        }
        return {"message_type": "rcs", "fallback": True, **shares}
    return {}


def _with_holds(plan: CampaignPlan, kind: Kind, trouble: Mapping[str, object]) -> CampaignPlan:
    begins = max(plan.creation + plan.moderation, plan.start) + plan.late
    changes: dict[str, object] = {}
    holds: list[Hold] = []
    for word, status, cause in (("stall", None, Kind.STALLED), ("pause", "paused", Kind.PAUSED)):
        if kind is cause or f"{word}_after" in trouble:
            after = _number(trouble.get(f"{word}_after", begins + 0.4 * plan.duration))
            holds.append(Hold(after, after + _number(trouble.get(f"{word}_for", FOREVER)), status))
        elif f"{word}_for" in trouble:
            raise UnfitField(f"{word}_for", f"given without {word}_after")
    if holds:
        changes["holds"] = tuple(holds)
    if kind is Kind.STOPPED and not math.isfinite(plan.stop):
        changes["stop"] = begins + 0.5 * plan.duration
    return msgspec.structs.replace(plan, **changes)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
