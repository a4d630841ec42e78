"""The keys of a scenario's campaigns and the plans that are made of them: the kinds of incidents,
and what they mean in numbers."""

import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec

from monitor.errors import Place
from monitor.simulator.plan import FOREVER, CampaignPlan, Hold, parse_offset
from monitor.yamlfile.document import Entry, Listing, Scalar, Table, YamlNode, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.kinds import TEXT, Boolean, Text, number, one_word, whole
from monitor.yamlfile.models import Leaf, YamlModel, key, read_partial
from monitor.yamlfile.values import WrongValueError

MESSAGE_TYPES = ("sms", "rcs", "viber", "hlr", "whatsapp")
DEFAULT_PACE = 20.0
LARGEST = 10**15


class Kind(StrEnum):
    """What will happen to a campaign. Every number a kind implies can be given explicitly
    instead."""

    HEALTHY = "healthy"
    SPAM = "spam"  # waits half an hour for moderation
    LATE = "late"  # starts half an hour late
    STALLED = "stalled"  # stops progressing at 40 %, still "sending"
    BAD_DELIVERY = "bad_delivery"  # 61 % arrive
    FALLBACK = "fallback"  # RCS: 38 % of the phones have none, SMS catches them
    PAUSED = "paused"  # at 40 %, for good
    STOPPED = "stopped"  # at 50 %


IMPLIED: Mapping[Kind, Mapping[str, object]] = {
    Kind.SPAM: {"moderation": 1800.0},
    Kind.LATE: {"late": 1800.0},
    Kind.BAD_DELIVERY: {"delivered_share": 0.61},
    Kind.FALLBACK: {
        "message_type": "rcs",
        "fallback": True,
        "delivered_share": 0.59,
        "read_share": 0.3,
        "not_rcs_share": 0.38,
        "fallback_delivered_share": 0.95,
    },
}
"""What a kind sets, where the campaign does not."""


class UnfitField(ValueError):  # noqa: N818 (says what is unfit)
    """A field of a campaign that cannot be used; `field` is its name."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


def span(fits: Callable[[float], bool], expected: str) -> Leaf:
    """Seconds that fit: a number, or a text like `90s`."""

    def read(node: YamlNode) -> float:
        found = f", found {described(node)}"
        try:
            seconds = parse_offset(node.value if isinstance(node, Scalar) else None)
        except ValueError as error:
            raise WrongValueError(f"{error}{found}") from None
        if not fits(seconds):
            raise WrongValueError(f"expected {expected}{found}")
        return seconds

    return Leaf(read, {"anyOf": [TEXT, {"type": "number"}]})


def _share(node: YamlNode) -> float:
    value = node.value if isinstance(node, Scalar) and not isinstance(node.value, bool) else None
    try:
        percent = isinstance(value, str) and value.endswith("%")
        share = float(str(value).removesuffix("%")) / (100 if percent else 1)
    except ValueError:
        share = math.nan
    if not 0.0 <= share <= 1.0 or (isinstance(value, str) and not percent):
        raise WrongValueError(
            f"expected a share from 0 to 1, or from 0% to 100%, found {described(node)}"
        )
    return share


def _pace(node: YamlNode) -> float:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise WrongValueError(f"expected messages per second, more than 0, found {described(node)}")
    return float(value)


Count = Annotated[int, whole(0, LARGEST)]
Amount = Annotated[float, number()]
Share = Annotated[float, Leaf(_share, {"anyOf": [TEXT, {"type": "number"}]})]
Span = Annotated[float, span(lambda seconds: seconds >= 0, "a span that is not negative")]
Finite = Annotated[float, span(math.isfinite, "a span that ends")]
Lasting = Annotated[float, span(lambda seconds: 0 < seconds < FOREVER, "a span of more than 0")]


class CampaignDefaults(YamlModel):
    """What campaigns have unless they say otherwise: fields of `CampaignPlan`, or what makes
    them."""

    what: ClassVar[str] = "a campaign"
    name: Text = key("its name; `{n}` is the number of a repetition", default=None)
    sender: Text = key("who sends it", default=None)
    size: Count = key("messages in all", default=None)
    message_type: Annotated[str, one_word(MESSAGE_TYPES)] = key(
        "`sms`, `rcs`, `viber`, `hlr` or `whatsapp`", default=None, shown="`sms`"
    )
    kind: Annotated[Kind, one_word(Kind, Kind)] = key(
        f"what happens to it: {', '.join(f'`{kind}`' for kind in Kind)}",
        default=Kind.HEALTHY,
        shown="`healthy`",
    )
    created: Finite = key("when, since the start: `-5m`, `0`, `2h`", default=None, shown="0")
    creation: Span = key("how long its creation takes", default=None, shown="0")
    moderation: Span = key("how long it then waits for moderation", default=None, shown="0")
    moderation_status: Annotated[str, one_word(("spam", "moderation"))] = key(
        "what it shows meanwhile: `spam` or `moderation`", default=None, shown="`spam`"
    )
    start: Finite = key("the planned start, since its creation", default=None, shown="0")
    late: Span = key("how much later it starts", default=None, shown="0")
    duration: Lasting = key("how long it is sent", default=None, shown="from `pace`")
    pace: Annotated[float, Leaf(_pace, {"type": "number", "exclusiveMinimum": 0})] = key(
        "messages per second, in place of `duration`", default=None, shown=f"{DEFAULT_PACE:g}"
    )
    stop: Span = key("when it is stopped, since its creation", default=None, shown="never")
    stall_after: Span = key(
        "when it stops progressing, since its creation; it still says `sending`", default=None
    )
    stall_for: Span = key("for how long it stands still", default=None, shown="`forever`")
    pause_after: Span = key("when it is paused, since its creation", default=None)
    pause_for: Span = key("for how long it is paused", default=None, shown="`forever`")
    delivered_share: Share = key(
        "the share that arrives: `0.97` or `97%`", default=None, shown="0.97"
    )
    read_share: Share = key("the share that is read, of those that arrive", default=None, shown="0")
    not_rcs_share: Share = key("the share that meets a phone without RCS", default=None, shown="0")
    fallback: Boolean = key(
        "whether messages to phones without RCS go out again as SMS", default=None, shown="`false`"
    )
    fallback_delay: Finite = key("how much later they go out", default=None, shown="30s")
    fallback_delivered_share: Share = key(
        "the share of them that arrives", default=None, shown="0.95"
    )
    reports: Lasting = key("how long a delivery report takes", default=None, shown="12s")
    validity: Lasting = key("when a message without a report expires", default=None, shown="72h")
    price: Amount = key("the price of a message", default=None, shown="0.01")
    currency: Text = key("the currency of the price", default=None, shown="`EUR`")
    id: Count = key("its id", default=None, shown="the next one")


class Repeat(YamlModel):
    what: ClassVar[str] = "repeat"
    every: Finite = key("how much later the next one is created", example="such as every: 5m")
    times: Annotated[int, whole(1, 1_000_000)] = key("how many there are", example="such as 10")


class PlannedCampaign(CampaignDefaults):
    name: Text = key("its name; `{n}` is the number of a repetition", example="any text")
    sender: Text = key("who sends it", example="any text")
    size: Count = key("messages in all", example="such as size: 1000")
    repeat: Repeat | None = key(
        "makes several of it: `{every: 5m, times: 10}`", default=None, shown="one"
    )


PLANNING_FIELDS = frozenset(CampaignDefaults.by_key())
"""The keys of a campaign."""


def make_plan(fields: Mapping[str, object]) -> CampaignPlan:
    """The plan of a campaign with these keys. UnfitField for the first that is unknown, missing
    or wrong."""
    findings = Findings()
    entries = {name: Entry(name, Place(name), _node(value, name)) for name, value in fields.items()}
    found = read_partial(PlannedCampaign, Table(entries, Place("campaign")), findings)
    if found is None or findings.problems:
        problem = findings.problems[0]
        field = problem.place.source if problem.place else "campaign"
        raise UnfitField(field, problem.words.removeprefix(f"{field}: "))
    return plan_of(found)


def _node(value: object, name: str) -> YamlNode:
    """A value that no file has, as if one had it."""
    if isinstance(value, list | tuple):
        return Listing(tuple(_node(each, name) for each in value), Place(name))
    if isinstance(value, Mapping):
        return Table({}, Place(name))
    known = value if isinstance(value, str | int | float) else None
    text = "" if known is None else str(known).lower() if isinstance(known, bool) else str(known)
    return Scalar(known, text, Place(name))


def plan_of(campaign: CampaignDefaults) -> CampaignPlan:
    """The plan of a campaign. UnfitField for a key that does not fit the others."""
    given = campaign.given_values()
    kind, pace = given.pop("kind", Kind.HEALTHY), given.pop("pace", None)
    given.pop("repeat", None)
    if pace is not None and "duration" in given:
        raise UnfitField("pace", "given together with duration; one follows from the other")
    given.setdefault("duration", max(1.0, given["size"] / (pace or DEFAULT_PACE)))
    trouble: dict[str, float] = {
        name: given.pop(name)
        for name in ("stall_after", "stall_for", "pause_after", "pause_for")
        if name in given
    }
    plan = CampaignPlan(**{**IMPLIED.get(kind, {}), **given})
    if plan.delivered_share + plan.not_rcs_share > 1.0 + 1e-9:
        raise UnfitField("not_rcs_share", "is more than delivered_share leaves over")
    begins = max(plan.creation + plan.moderation, plan.start) + plan.late
    holds: list[Hold] = []
    for word, status, cause in (("stall", None, Kind.STALLED), ("pause", "paused", Kind.PAUSED)):
        if kind is cause or f"{word}_after" in trouble:
            after = trouble.get(f"{word}_after", begins + 0.4 * plan.duration)
            holds.append(Hold(after, after + trouble.get(f"{word}_for", FOREVER), status))
        elif f"{word}_for" in trouble:
            raise UnfitField(f"{word}_for", f"given without {word}_after")
    stops = kind is Kind.STOPPED and plan.stop == FOREVER
    stop = begins + 0.5 * plan.duration if stops else plan.stop
    return msgspec.structs.replace(plan, holds=tuple(holds), stop=stop)
