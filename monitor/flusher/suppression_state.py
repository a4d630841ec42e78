"""What must stay quiet: silences and acknowledgements from the store, and which open alerts they
suppress."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import structlog

from monitor.domain.alerting.alert import Acknowledgement
from monitor.domain.routing.flush import Quiet, Route
from monitor.domain.routing.inhibition import InhibitRule
from monitor.domain.routing.suppression import Suppression
from monitor.flusher.turns import Turns
from monitor.ports import FlushCommit, PeopleStore

log = structlog.get_logger()


class SuppressionState:
    """Which open alerts are suppressed, and who is handling them."""

    def __init__(
        self,
        store: PeopleStore,
        rules: Sequence[InhibitRule],
        turns: Turns,
        *,
        acknowledging: frozenset[str] = frozenset(),
    ) -> None:
        """`acknowledging` are the receivers that are told at once who is handling an alert."""
        self._store = store
        self._turns = turns
        self._acknowledging = acknowledging
        self.suppression = Suppression(rules)
        self.acknowledged: Mapping[str, Acknowledgement] = {}
        self._silences: frozenset[str] = frozenset()

    async def read(self, now: datetime, *, ended_after: datetime) -> set[str]:
        """Read the store, with silences that ended after `ended_after`. Returns the ids of alerts
        that may be affected. Raises `StoreError`; nothing has changed then."""
        silences = await self._store.silences(ended_after=ended_after)
        said = {each.alert_id: each for each in await self._store.acknowledgements()}
        before, self.acknowledged = self.acknowledged, said
        changed = {id_ for id_ in before.keys() | said.keys() if before.get(id_) != said.get(id_)}
        known, self._silences = (
            self._silences,
            frozenset(each.id for each in silences if each.end is None or each.end > now),
        )
        if changed or known != self._silences:
            log.info("quiet_changed", silences=len(self._silences), acknowledgements=len(said))
        return changed | await self._turns.through(self.suppression.load(silences, now))

    def at(self, route: Route, now: datetime) -> Quiet:
        """What must stay quiet in the groups of a route."""
        return Quiet(
            suppressed=self.suppression,
            muted=route.muted(now) is not None,
            acknowledged=self.acknowledged,
            tells_acknowledgements=route.receiver in self._acknowledging,
        )

    def forget(self, alert_id: str) -> None:
        """Forget a closed alert. (Its acknowledgement goes when the store is read again.)"""
        self.suppression.remove(alert_id)

    async def apply(self, commit: FlushCommit, now: datetime) -> set[str]:
        """Take over what a committed flush found out about silences. Returns the ids of alerts
        that may be affected."""
        changed: set[str] = set()
        for id_ in commit.matched_silences.keys() | commit.over_silences.keys():
            silence = self.suppression.silence(id_)
            if silence is None:
                continue
            matched_at = silence.matched_at or commit.matched_silences.get(id_)
            ended_at = commit.over_silences.get(id_, silence.ended_at)
            marked = msgspec.structs.replace(silence, matched_at=matched_at, ended_at=ended_at)
            changed |= await self._turns.through(self.suppression.replace(marked, now))
            if id_ in commit.over_silences:
                log.info("silence_over", id=id_, author=silence.author)
        return changed
