"""An explanation for people: how things stand, the condition as a tree, what is missing, who is
told."""

from collections.abc import Iterator
from datetime import UTC, datetime

from monitor.cli.tables.condition_tree import Line, tree_lines
from monitor.cli.tables.printing import print_lines, terminal_width
from monitor.cli.tables.wrapping import wrapped
from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.condition import Lack
from monitor.domain.routing.flush import Told
from monitor.domain.routing.silence import SilenceState
from monitor.domain.safetext.shown_text import clipped, without_controls
from monitor.domain.times.duration import format_duration, humanize_duration
from monitor.explain import About, Destination, EventSeen, Explanation, Standing, Telling

INDENT = "  "
NARROWEST = 40
NO_LONGER = "its condition does not hold any more"
_STYLES = {
    Standing.FIRING: "bold red",
    Standing.ENDING: "yellow",
    Standing.PENDING: "yellow",
    Standing.LAPSING: "yellow",
    Standing.DUE: "yellow",
}

_TOLD = {
    Told.FIRING: "was told that it fires",
    Told.RESOLVED: "was told that it ended",
    Told.EVENT: "was told of it",
}


def print_explanation(explained: Explanation) -> None:
    """On stdout, as wide as the terminal."""
    print_lines(explanation_lines(explained, max(NARROWEST, terminal_width())))


def explanation_lines(explained: Explanation, width: int) -> list[Line]:
    """Everything, in lines of at most `width` columns."""
    lines = [
        *_flow(_title(explained), width, "bold"),
        *_flow(_headline(explained), width, _STYLES.get(explained.standing, "")),
    ]
    notes = [
        *_readings(explained),
        *(f"note: {each}" for each in explained.obstacles),
        *_former(explained),
    ]
    lines += [line for note in notes for line in _flow(note, width)]
    sections = (
        ("when", _condition(explained, width - len(INDENT))),
        ("events", _events(explained, width - len(INDENT))),
        ("missing", list(_missing(explained, width - len(INDENT)))),
        (
            "told",
            [
                line
                for text in _told(explained)
                for line in _flow(text, width - len(INDENT), hang=INDENT)
            ],
        ),
    )
    for title, section in sections:
        if section:
            lines += [[], [(title, "bold")], *([(INDENT, ""), *line] for line in section)]
    return lines


def _flow(text: str, width: int, style: str = "", *, hang: str = "") -> list[Line]:
    texts = wrapped(without_controls(text), width - len(hang))
    return [[(hang if number else "", ""), (each, style)] for number, each in enumerate(texts)]


# --- what it is about -----------------------------------------------------------------------------


def _title(explained: Explanation) -> str:
    severity = f" ({explained.rule.severity})" if explained.rule else ""
    return f"{explained.rule_name}{severity} for {_about(explained.about)}"


def _about(about: About) -> str:
    campaign = about.campaign
    if campaign is not None:
        of = f"{campaign.message_type}, sender {clipped(campaign.sender)}, account {about.account}"
        return f'campaign {campaign.id} "{clipped(campaign.name)}" ({of})'
    if about.scope is Scope.SENDER:
        return f"sender {clipped(about.name)} ({about.message_type}, account {about.account})"
    return f"{about.scope.value} {about.name}"


def _headline(explained: Explanation) -> str:
    alert, now = explained.alert, explained.now
    rule = explained.rule
    match explained.standing:
        case Standing.FIRING:
            return f"fires since {_since(_began(alert), now)}"
        case Standing.ENDING:
            return f"fires since {_since(_began(alert), now)}, but {NO_LONGER}: {_end(explained)}"
        case Standing.PENDING:
            return f"pending since {_since(_began(alert), now)}: {_rest_of_for(explained)}"
        case Standing.LAPSING:
            return (
                f"pending since {_since(_began(alert), now)}, but {NO_LONGER}: it ends with the "
                "next reading"
            )
        case Standing.DUE if explained.changes_at is not None:
            return (
                "its condition holds: it will be pending with the next reading, and fire after "
                f"{_span(rule)} of `for`"
            )
        case Standing.DUE:
            return "its condition holds: it fires with the next reading"
        case Standing.UNASKED:
            return "does not fire: it is not asked"
        case Standing.EVENT:
            return _event_headline(explained)
    return "does not fire: its condition does not hold"


def _began(alert: Alert | None) -> datetime | None:
    return None if alert is None else alert.fired_at or alert.active_since


def _span(rule: Rule | None) -> str:
    return "" if rule is None else humanize_duration(rule.hold)


def _rest_of_for(explained: Explanation) -> str:
    end = explained.changes_at
    if end is None or end <= explained.now:
        return "`for` is over, it fires with the next reading"
    rest = humanize_duration((end - explained.now).total_seconds())
    return f"another {rest} of `for` ({_span(explained.rule)}), until {_moment(end)}"


def _end(explained: Explanation) -> str:
    end = explained.changes_at
    if end is None or end <= explained.now:
        return "it ends with the next reading"
    kept = format_duration(explained.rule.keep_firing) if explained.rule else ""
    rest = humanize_duration((end - explained.now).total_seconds())
    return f"keep_firing_for ({kept}) keeps it for another {rest}, until {_moment(end)}"


def _event_headline(explained: Explanation) -> str:
    kinds = " or ".join(sorted(kind.value for kind in explained.rule.on)) if explained.rule else ""
    last = next(
        (datetime.fromtimestamp(each.event.at, UTC) for each in explained.events if each.told), None
    )
    told = "not told so far" if last is None else f"last told {_since(last, explained.now)}"
    condition = " at which its condition holds" if explained.rule and explained.rule.when else ""
    return f"told once for each event {kinds}{condition}; {told}"


def _readings(explained: Explanation) -> Iterator[str]:
    if explained.as_of is not None and explained.about.scope is not Scope.RECEIVER:
        yield f"as read at {_since(explained.as_of, explained.now)}"


def _former(explained: Explanation) -> Iterator[str]:
    """An alert that is over."""
    from monitor.domain.alerting.headline import end_in_words

    alert = explained.alert
    if alert is None or alert.state is not AlertState.RESOLVED:
        return
    why = end_in_words(alert.resolve_reason.value) if alert.resolve_reason else ""
    began, ended = _moment(_began(alert)), _moment(alert.resolved_at)
    yield f"fired last from {began} to {ended}{f': {why}' if why else ''}"


# --- its condition --------------------------------------------------------------------------------


def _condition(explained: Explanation, width: int) -> list[Line]:
    part = explained.condition
    if part is None:
        return []
    text = _flow(part.text, width, "dim") if part.children and len(part.children) > 1 else []
    return [*text, *tree_lines(part, width)]


def _events(explained: Explanation, width: int) -> list[Line]:
    if explained.standing is not Standing.EVENT:
        return []
    if not explained.events:
        kinds = (
            " or ".join(sorted(kind.value for kind in explained.rule.on)) if explained.rule else ""
        )
        return _flow(
            f"there has been no event {kinds} of this campaign that is still recorded", width
        )
    return [line for each in explained.events for line in _event(each, width)]


def _event(seen: EventSeen, width: int) -> Iterator[Line]:
    event = seen.event
    was = f" from {event.old_status} to {event.campaign.status}" if event.old_status else ""
    told = "told" if seen.told else "not told"
    moment = _moment(datetime.fromtimestamp(event.at, UTC))
    yield from _flow(
        f"{moment} {event.kind.value}{was}: {told}", width, "bold" if seen.told else ""
    )
    if seen.part is not None:
        yield from ([(INDENT, ""), *line] for line in tree_lines(seen.part, width - len(INDENT)))


def _missing(explained: Explanation, width: int) -> Iterator[Line]:
    lack = explained.lack
    if lack is None:
        return
    below = (lack,) if lack.part is not None or lack.any_of else lack.below
    for each in below:
        yield from _lack(each, width)
    if explained.holds_from is not None:
        ahead = humanize_duration((explained.holds_from - explained.now).total_seconds())
        yield from _flow(
            f"If nothing but time changes it will hold from {_moment(explained.holds_from)} on, "
            f"in {ahead}.",
            width,
        )


def _lack(lack: Lack, width: int) -> Iterator[Line]:
    if lack.part is not None:
        yield from _flow(f"- {lack.words}", width, hang=INDENT)
        return
    yield from _flow("- any one of these:" if lack.any_of else "- all of these:", width)
    for each in lack.below:
        yield from ([(INDENT, ""), *line] for line in _lack(each, width - len(INDENT)))


# --- who is told ----------------------------------------------------------------------------------


def _told(explained: Explanation) -> Iterator[str]:
    telling = explained.telling
    if explained.rule is None and explained.alert is None:
        return
    if not telling.destinations:
        yield "no one: there are no receivers in the rules file"
    for each in telling.destinations:
        yield _destination(each)
    yield from _suppressed(telling, explained)


def _destination(destination: Destination) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in destination.group_labels.items())
    said = f"{destination.receiver}, by way of {destination.path}, grouped by {labels or 'nothing'}"
    if destination.muted:
        said += f"; mute now: {destination.muted}"
    if destination.told is not None:
        said += (
            f"; {_TOLD[destination.told]}, last message of its group {_moment(destination.told_at)}"
        )
    return said


def _suppressed(telling: Telling, explained: Explanation) -> Iterator[str]:
    acknowledged = telling.acknowledged
    if acknowledged is not None:
        why = f": {acknowledged.comment}" if acknowledged.comment else ""
        yield (
            f"acknowledged by {acknowledged.author} at {_moment(acknowledged.at)}{why}; not "
            "repeated until its group changes"
        )
    for silence in telling.silences:
        end = f"until {_moment(silence.end)}" if silence.end else "until resolved"
        why = f": {silence.comment}" if silence.comment else ""
        begins = silence.state(explained.now) is SilenceState.PENDING
        state = f"will be silenced from {_moment(silence.starts_at)}" if begins else "silenced"
        yield f"{state} {end} by {silence.author} ({silence.id}){why}"
    if telling.inhibited_by is not None:
        source = telling.inhibited_by
        yield f"hidden while {source.key.rule} fires ({source.id})"


def _since(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "an unknown time"
    return f"{_moment(at)} ({humanize_duration(max(0.0, (now - at).total_seconds()))} ago)"


def _moment(at: datetime | None) -> str:
    return "–" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
