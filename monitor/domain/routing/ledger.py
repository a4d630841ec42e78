"""What was last told to whom: the ledger that each flush is compared with."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from monitor.domain.routing.route import GroupId


class Told(StrEnum):
    """What a receiver was last told of an alert."""

    FIRING = "firing"
    RESOLVED = "resolved"
    EVENT = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What was decided to be told to one receiver about one group. `told` maps an alert's
    instance id to what was told; `flushed_at` is when the last message was decided, `changed_at`
    when the last news were. `path` is that of the group's route. `acknowledged` maps alerts to
    when it was said that somebody looks after them, as far as the receiver was told; it is empty
    where acknowledgements are no message of their own. Written in one transaction with the
    outbox rows it stands for.
    """

    group: GroupId
    labels: Mapping[str, str]
    told: Mapping[str, Told] = field(default_factory=dict)
    flushed_at: datetime | None = None
    changed_at: datetime | None = None
    path: str = ""
    acknowledged: Mapping[str, datetime] = field(default_factory=dict)

    def without(self, ids: Collection[str]) -> "Ledger":
        """The ledger once these alerts are closed: nobody will ask again what was told of them."""
        gone = frozenset(ids)
        return replace(
            self,
            told={id_: told for id_, told in self.told.items() if id_ not in gone},
            acknowledged={id_: at for id_, at in self.acknowledged.items() if id_ not in gone},
        )
