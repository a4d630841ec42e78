"""Random conditions that are right, as texts, by type; and random subjects to try them on."""

from hypothesis import strategies as st

from monitor.domain.campaign.detail import COUNTERS, CampaignDetail, Split
from monitor.domain.campaign.event import CampaignEvent, Change, EventKind
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES, Campaign, MessageType
from monitor.domain.campaign.tracking import TrackedCampaign

NOW = 1_772_442_000.0  # 2026-03-02 09:00 UTC

NUMBERS = [
    "id",
    "sent",
    "delivered",
    "delivery_ratio",
    "fallback_sent",
    "fallback_delivered",
    "fallback_ratio",
    "reach",
    "calculated_price",
    "settled_sent",
    "settled_ratio",
    "delivery_ratio_upper",
    "delivery_ratio_lower",
    "total_messages",
    "total_price",
    "progress",
    "expired",
    "fallback_expired",
]
PAST_NUMBERS = [
    "sent",
    "delivered",
    "delivery_ratio",
    "fallback_sent",
    "fallback_delivered",
    "fallback_ratio",
    "reach",
]
DURATIONS = ["age", "status_age", "start_delay", "duration", "stalled_for", "eta", "detail_age"]
TIMES = ["now", "created_at", "start_at", "real_start_at", "finished_at"]
TEXTS = ["name", "sender", "account", "currency", "why"]
NAMES = ["", "spring sale", "Test: naïve 🎉", "ab\ncd", "TEST"]

literal_number = st.sampled_from(["0", "1", "2", "0.5", "100", "1e3", "-1", "3", "1_000"])
literal_duration = st.sampled_from(['"0"', '"90s"', "'5m'", '"1h30m"', '"1d"', '"500ms"'])
literal_time = st.sampled_from(
    ['"2026-03-02"', '"2026-03-02T09:00Z"', "'2026-03-02 08:00'", '"2026-03-02T10:00:00+01:00"']
)
literal_text = st.sampled_from(['""', '"spring sale"', "'TEST'", '"EUR"', '"a\\nb"', "'it\\'s'"])
pattern = st.sampled_from(['"test"', "'^s'", 'r"\\bsale\\b"', '"[A-Z]{4}"', '"naïve|TEST"', '""'])
look_back = st.sampled_from(['"5m"', '"10m"', "'1h'"])
equality = st.sampled_from(["==", "!="])
order = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
_limited = st.sampled_from(["status", "message_type"])
space = st.sampled_from([" ", "  ", "\n", " \n  ", " # why\n"])


@st.composite
def numbers(draw: st.DrawFn, depth: int) -> str:
    kind = draw(st.integers(0, 8)) if depth > 0 else draw(st.integers(0, 1))
    if kind == 0:
        return draw(literal_number)
    if kind == 8:
        return f"{draw(st.sampled_from(['ago', 'increase', 'rate']))}({draw(st.sampled_from(PAST_NUMBERS))}, {draw(look_back)})"
    if kind == 1:
        return draw(
            st.sampled_from(NUMBERS) | st.just("sent")
        )  # often the same one, so that what is known of it matters
    if kind == 2:
        return (
            f"{draw(st.sampled_from(['min', 'max']))}({draw(numbers(depth - 1))}, "
            f"{draw(numbers(depth - 1))})"
        )
    if kind == 3:
        return f"abs({draw(numbers(depth - 1))})"
    if kind == 4:
        return f"(-{draw(numbers(depth - 1))})"
    if kind == 5:
        return f"({draw(durations(depth - 1))} / {draw(durations(depth - 1) | literal_duration)})"
    return (
        f"({draw(numbers(depth - 1))}{draw(space)}{draw(st.sampled_from('+-*/'))} "
        f"{draw(numbers(depth - 1))})"
    )


@st.composite
def durations(draw: st.DrawFn, depth: int) -> str:
    kind = draw(st.integers(0, 6)) if depth > 0 else 0
    if kind == 0:
        return draw(st.sampled_from(DURATIONS))
    if kind == 1:
        return f"({draw(times(depth - 1))} - {draw(times(depth - 1))})"
    if kind == 2:
        return (
            f"({draw(durations(depth - 1))} {draw(st.sampled_from('*/'))} "
            f"{draw(numbers(depth - 1))})"
        )
    if kind == 3:
        return f"({draw(numbers(depth - 1))} * {draw(durations(depth - 1))})"
    if kind == 4:
        second = draw(durations(depth - 1) | literal_duration)
        return f"{draw(st.sampled_from(['min', 'max']))}({draw(durations(depth - 1))}, {second})"
    if kind == 5:
        return draw(st.sampled_from(["(-{})", "abs({})"])).format(draw(durations(depth - 1)))
    return (
        f"({draw(durations(depth - 1))} {draw(st.sampled_from('+-'))} "
        f"{draw(durations(depth - 1) | literal_duration)})"
    )


@st.composite
def times(draw: st.DrawFn, depth: int) -> str:
    kind = draw(st.integers(0, 3)) if depth > 0 else 0
    if kind == 0:
        return draw(st.sampled_from(TIMES))
    if kind == 1:
        return f"({draw(durations(depth - 1))} + {draw(times(depth - 1))})"
    if kind == 2:
        return f"min({draw(times(depth - 1))}, {draw(times(depth - 1))})"
    return (
        f"({draw(times(depth - 1))} {draw(st.sampled_from('+-'))} "
        f"{draw(durations(depth - 1) | literal_duration)})"
    )


@st.composite
def _compared(draw: st.DrawFn, depth: int) -> str:
    """One comparison or chain, of any type."""
    values, literals = draw(
        st.sampled_from(
            [(numbers, literal_number), (durations, literal_duration), (times, literal_time)]
        )
    )
    first, second = draw(values(depth)), draw(values(depth) | literals)
    if draw(st.booleans()):
        first, second = second, first
    chain = f"{first} {draw(order)}{draw(space)}{second}"
    return f"{chain} {draw(order)} {draw(values(depth))}" if draw(st.integers(0, 3)) == 0 else chain


@st.composite
def _about_texts(draw: st.DrawFn) -> str:
    kind = draw(st.integers(0, 5))
    text = draw(st.sampled_from(TEXTS))
    if kind == 5:
        return (
            f"ago(status, {draw(look_back)}) {draw(equality)} "
            f"{draw(_limited | st.just(repr('sending')))}"
        )
    if kind == 0:
        return f"{text} {draw(equality)} {draw(st.sampled_from(TEXTS) | literal_text)}"
    if kind == 1:
        return f"matches({text}, {draw(pattern)})"
    if kind == 2:
        return f"{draw(_limited)} {draw(equality)} {draw(_limited | st.sampled_from(TEXTS))}"
    operator = draw(st.sampled_from(["in", "not in"]))
    if kind == 3:
        names = draw(st.lists(st.sampled_from(DOCUMENTED_STATUSES), min_size=1, max_size=6))
        return f"status {operator} {list(names)!r}"
    return f"{text} {operator} [{', '.join(draw(st.lists(literal_text, min_size=1, max_size=5)))}]"


@st.composite
def _tests(draw: st.DrawFn, depth: int) -> str:
    """Tests for null, membership of measures, truth values."""
    kind = draw(st.integers(0, 5))
    if kind == 5:
        return draw(
            st.sampled_from(
                ["in_quiet_hours", "ago(final, '5m')", "ago(final, '1h') == null", "settled"]
            )
        )
    if kind == 0:
        value = draw(numbers(depth) | durations(depth) | times(depth) | st.sampled_from(TEXTS))
        sides = [value, "null"] if draw(st.booleans()) else ["null", value]
        return f" {draw(equality)} ".join(sides)
    operator = draw(st.sampled_from(["in", "not in"]))
    if kind == 1:
        return (
            f"{draw(numbers(depth))} {operator} "
            f"[{', '.join(draw(st.lists(literal_number, min_size=1, max_size=5)))}]"
        )
    if kind == 2:
        return (
            f"{draw(durations(depth))} {operator} "
            f"[{', '.join(draw(st.lists(literal_duration, min_size=1, max_size=5)))}]"
        )
    if kind == 3:
        return f"final {draw(equality)} {draw(st.sampled_from(['true', 'false']))}"
    return draw(st.sampled_from(["final", "true", "false"]))


@st.composite
def conditions(draw: st.DrawFn, depth: int = 3) -> str:
    """A condition on a campaign, of at most some depth."""
    kind = draw(st.integers(0, 11)) if depth > 0 else draw(st.integers(0, 5))
    if kind <= 3:
        return draw(_compared(draw(st.integers(0, min(depth, 2)))))
    if kind == 4:
        return draw(_about_texts())
    if kind == 5:
        return draw(_tests(min(depth, 2)))
    if kind == 6:
        return f"not{draw(space)}({draw(conditions(depth - 1))})"
    if kind == 7:
        return f"({draw(conditions(depth - 1))}) {draw(equality)} ({draw(conditions(depth - 1))})"
    word = draw(st.sampled_from(["and", "and", "or"]))
    parts = draw(st.lists(conditions(depth - 1), min_size=2, max_size=4))
    joined = f"{draw(space)}{word} ".join(parts)
    return joined if draw(st.booleans()) else f"({joined})"


_moments = st.sampled_from(
    [NOW - 86_400, NOW - 5_400, NOW - 300, NOW - 0.5, NOW, NOW + 600, 1_772_409_600.0]
)
_maybe_moment = st.none() | _moments
_counter = st.none() | st.sampled_from([0, 1, 2, 3, 100, 1_000, 10**6])
_prices = st.sampled_from([None, 0.0, 0.5, 12.25, -3.0, 1e308, 5e-324])

campaigns = st.builds(
    Campaign,
    account=st.sampled_from(["default", "EUR"]),
    id=st.sampled_from([1, 2, 3, 100]),
    name=st.sampled_from(NAMES),
    sender=st.sampled_from([*NAMES, "Shop"]),
    status=st.sampled_from([*DOCUMENTED_STATUSES, "frozen"]),
    message_type=st.sampled_from([*map(str, MessageType), "fax"]),
    created_at=_moments,
    start_at=_maybe_moment,
    real_start_at=_maybe_moment,
    finished_at=_maybe_moment,
    sent=_counter,
    delivered=_counter,
    fallback_sent=_counter,
    fallback_delivered=_counter,
    calculated_price=_prices,
    currency=st.sampled_from([None, "EUR", ""]),
)
_split = st.fixed_dictionaries({}, optional=dict.fromkeys(COUNTERS, _counter))
details = st.builds(
    lambda split, **more: CampaignDetail(**split, **more),
    _split,
    read_at=st.sampled_from([NOW - 3_600, NOW - 60, NOW]),
    total_messages=_counter,
    total_phones=_counter,
    total_price=_prices,
    currency=st.sampled_from([None, "EUR"]),
    fallback=st.none() | _split.map(lambda split: Split(**split)),
)
_seen = st.builds(
    Sample,
    at=st.sampled_from(
        [NOW - 7_200, NOW - 3_600, NOW - 3_000, NOW - 600, NOW - 599, NOW - 300, NOW]
    ),
    status=st.sampled_from([*DOCUMENTED_STATUSES, "frozen"]),
    sent=_counter,
    delivered=_counter,
    fallback_sent=_counter,
    fallback_delivered=_counter,
)


@st.composite
def rows(draw: st.DrawFn) -> TrackedCampaign:
    """A campaign with what it showed before, the last of it what it shows now."""
    campaign, first_seen = draw(campaigns), draw(_moments)
    seen = sorted(
        draw(st.lists(_seen, max_size=4, unique_by=lambda sample: sample.at)),
        key=lambda sample: sample.at,
    )
    seen = [sample for sample in seen if sample.at >= first_seen]
    return TrackedCampaign(
        campaign=campaign,
        first_seen=first_seen,
        status_since=draw(_moments),
        progress_since=draw(_moments),
        samples=(*seen[:-1], Sample.of(campaign, seen[-1].at)) if seen else (),
        detail=draw(st.none() | details),
    )


_changes = st.sampled_from(
    [
        (),
        (Change("status", "paused", "sending"),),
        (Change("name", "a", "b"), Change("status", "done", "stopped")),
        (Change("status", None, "spam"),),
    ]
)
events = st.builds(
    CampaignEvent,
    id=st.just("e"),
    kind=st.sampled_from(EventKind),
    at=_moments,
    campaign=campaigns,
    changes=_changes,
)
