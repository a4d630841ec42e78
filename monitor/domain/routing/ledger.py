"""What each receiver was last told: the ledger that each flush is compared with."""

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
    """What one receiver was told about one group. It is written in one transaction with its
    messages.

    - `told`: by alert id, what was told.
    - `flushed_at`: when the last message was decided. `changed_at`: when the last one with news
      was.
    - `path`: that of the group's route.
    - `acknowledged`: by alert id, when the acknowledgement was that the receiver was told of. Empty
      if acknowledgements are not messages of their own.
    """

    group: GroupId
    labels: Mapping[str, str]
    told: Mapping[str, Told] = field(default_factory=dict)
    flushed_at: datetime | None = None
    changed_at: datetime | None = None
    path: str = ""
    acknowledged: Mapping[str, datetime] = field(default_factory=dict)

    def without(self, ids: Collection[str]) -> "Ledger":
        """The ledger without these closed alerts."""
        gone = frozenset(ids)
        return replace(
            self,
            told={id_: told for id_, told in self.told.items() if id_ not in gone},
            acknowledged={id_: at for id_, at in self.acknowledged.items() if id_ not in gone},
        )
