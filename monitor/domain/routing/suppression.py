"""Which alerts must not be told now: silenced or inhibited ones, kept up to date as alerts and
silences come and go."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.steps import ROWS_A_STEP, Steps, pause
from monitor.domain.routing.inhibition import Inhibitions, InhibitRule
from monitor.domain.routing.matcher import MatchOperator
from monitor.domain.routing.silence import Silence, SilenceState, fires


class Suppression:
    """The alerts that may still have to be told, and what suppresses them.

    `id in suppression` says whether an alert is suppressed. It agrees with `Silence.silences` and
    `inhibits` over everything that was put and not removed, as of the last call with a time. A call
    costs only what it changes. A change of silences may affect all alerts, so these calls are
    passes in steps: do not call anything else before they are through.
    """

    def __init__(self, rules: Sequence[InhibitRule] = ()) -> None:
        self._inhibitions = Inhibitions(rules)
        self._alerts: dict[str, Alert] = {}
        self._silences: dict[str, Silence] = {}
        self._silenced: dict[
            str, tuple[str, ...]
        ] = {}  # alert -> silences; no set, which garbage collection would go through
        self._matched: dict[str, set[str]] = {}  # silence -> alerts
        self._in_force: set[str] = set()

    def __contains__(self, alert_id: object) -> bool:
        return alert_id in self._silenced or alert_id in self._inhibitions.hidden

    def alert(self, alert_id: str) -> Alert | None:
        """One that was put and not removed."""
        return self._alerts.get(alert_id)

    def silence(self, silence_id: str) -> Silence | None:
        """One that has not ended."""
        return self._silences.get(silence_id)

    def put(self, alerts: Iterable[Alert], now: datetime) -> set[str]:
        """Add what a cycle found, without pending alerts. Returns ids of alerts that may be
        affected."""
        known = [alert for alert in alerts if alert.state is not AlertState.PENDING]
        before = {alert.id: alert.id in self for alert in known}
        changed = self._inhibitions.put(known)
        candidates = _by_equal_matcher(self._silences.values())
        for alert in known:
            self._alerts[alert.id] = alert
            labels = alert.labels
            found = set()
            for name, by_value in candidates.items():
                for silence in by_value.get(labels.get(name, "") if name else "", ()):
                    if silence.silences(alert, now):
                        found.add(silence.id)
            self._set(alert.id, found)
        return changed | {id_ for id_, answer in before.items() if (id_ in self) != answer}

    def remove(self, alert_id: str) -> None:
        """Forget an alert that has ended and whose receivers all know."""
        self._alerts.pop(alert_id, None)
        self._set(alert_id, set())
        self._inhibitions.remove(alert_id)

    def load(self, silences: Iterable[Silence], now: datetime) -> Steps[set[str]]:
        """Replace all silences. They must include ended ones, as far back as alerts that ended in
        them. Returns ids of alerts that may be affected."""
        held, self._silences = self._silences, {silence.id: silence for silence in silences}
        changed: set[str] = set()
        for id_ in held.keys() - self._silences.keys():
            changed |= yield from self._lift(id_)
        for id_, silence in self._silences.items():
            if held.get(id_) != silence:
                changed |= yield from self._judge(silence, now)
        return changed

    def tick(self, now: datetime) -> Steps[set[str]]:
        """Begin and end silences whose time has come. Returns ids of alerts that may be
        affected."""
        changed: set[str] = set()
        for silence in list(self._silences.values()):
            if silence.in_force(now) != (silence.id in self._in_force):
                changed |= yield from self._judge(silence, now)
            if silence.state(now) is SilenceState.EXPIRED:
                del self._silences[silence.id]
        return changed

    def replace(self, silence: Silence, now: datetime) -> Steps[set[str]]:
        """Replace one silence. Returns ids of alerts that may be affected."""
        self._silences[silence.id] = silence
        return (yield from self._judge(silence, now))

    def next_change(self) -> datetime | None:
        """When the next silence begins or ends; None when none will by itself. In the past where
        `tick` has yet to see it."""
        moments = (
            silence.end if silence.id in self._in_force else silence.starts_at
            for silence in self._silences.values()
        )
        return min((moment for moment in moments if moment is not None), default=None)

    def newly_matched(self) -> list[Silence]:
        """Silences until resolved that do not know yet that something they match has fired."""
        return [
            each
            for each in self._until_resolved()
            if each.matched_at is None and self._matches(each, _has_fired)
        ]

    def over(self) -> list[Silence]:
        """Silences until resolved with nothing left that fires, after something did."""
        return [
            each
            for each in self._until_resolved()
            if not self._matches(each, fires)
            and (each.matched_at is not None or self._matches(each, _has_fired))
        ]

    # --- keeping the tables -----------------------------------------------------------------------

    def _until_resolved(self) -> Iterator[Silence]:
        return (
            silence
            for id_ in sorted(self._in_force)
            if (silence := self._silences[id_]).until_resolved
        )

    def _matches(self, silence: Silence, holds: Callable[[Alert], bool]) -> bool:
        return any(holds(self._alerts[id_]) for id_ in self._matched.get(silence.id, ()))

    def _judge(self, silence: Silence, now: datetime) -> Steps[set[str]]:
        """Hold one silence against all alerts."""
        if not silence.in_force(now):
            return (yield from self._lift(silence.id))
        self._in_force.add(silence.id)
        alerts = list(self._alerts.values())
        after: set[str] = set()
        for first in range(0, len(alerts), ROWS_A_STEP):
            yield from pause(first)
            after.update(
                alert.id
                for alert in alerts[first : first + ROWS_A_STEP]
                if silence.silences(alert, now)
            )
        before = self._matched.get(silence.id, set())
        return (yield from self._change(silence.id, before - after, after - before))

    def _lift(self, silence_id: str) -> Steps[set[str]]:
        """A silence is no longer in force: what ended in it stays silenced."""
        self._in_force.discard(silence_id)
        fire = {
            id_
            for id_ in self._matched.get(silence_id, ())
            if self._alerts[id_].resolved_at is None
        }
        return (yield from self._change(silence_id, fire, set()))

    def _change(self, silence_id: str, less: set[str], more: set[str]) -> Steps[set[str]]:
        for number, id_ in enumerate(less | more, 1):
            held = set(self._silenced.get(id_, ()))
            self._set(id_, held - {silence_id} if id_ in less else held | {silence_id})
            if number % ROWS_A_STEP == 0:
                yield
        return less | more

    def _set(self, alert_id: str, silence_ids: set[str]) -> None:
        held = set(self._silenced.get(alert_id, ()))
        for id_ in held - silence_ids:
            self._matched[id_].discard(alert_id)
            if not self._matched[id_]:
                del self._matched[id_]
        for id_ in silence_ids - held:
            self._matched.setdefault(id_, set()).add(alert_id)
        if silence_ids:
            self._silenced[alert_id] = tuple(silence_ids)
        else:
            self._silenced.pop(alert_id, None)


def _by_equal_matcher(silences: Iterable[Silence]) -> dict[str, dict[str, list[Silence]]]:
    """Silences by label and value of one of their equal matchers, so that an alert is held
    against few of many; those without one by the empty name and value."""
    found: dict[str, dict[str, list[Silence]]] = {}
    for silence in silences:
        fixed = (each for each in silence.matchers if each.operator is MatchOperator.EQUAL)
        first = next(fixed, None)
        name, value = ("", "") if first is None else (first.name, first.value)
        found.setdefault(name, {}).setdefault(value, []).append(silence)
    return found


def _has_fired(alert: Alert) -> bool:
    return not alert.is_event
