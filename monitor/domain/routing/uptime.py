"""For how long a monitor ran between two moments: a stop of it, or a sleep of the machine, is no
time in which it could try."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_STEP = timedelta(minutes=5)
"""Seen twice no further apart than this it ran all the time between: nothing is tried more often
in the long run."""

MOST_SPELLS = 500
"""The newest are kept; without the others something is tried for longer, not shorter."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """The spells (first and last moment seen) in which it ran, in their order."""

    spells: tuple[tuple[datetime, datetime], ...] = ()

    def seen(self, now: datetime) -> "Attendance":
        """It runs now. What lies ahead of `now` never was: the clock was wrong."""
        past = [(begun, min(last, now)) for begun, last in self.spells if begun <= now]
        if past and now - past[-1][1] <= LONGEST_STEP:
            past[-1] = past[-1][0], now
        else:
            past.append((now, now))
        return Attendance(tuple(past[-MOST_SPELLS:]))

    def since(self, moment: datetime) -> timedelta:
        """For how long it has run since then, as far as it was seen to."""
        return sum(
            (last - max(begun, moment) for begun, last in self.spells if last > moment), timedelta()
        )


def written(attendance: Attendance) -> str:
    """As a text to keep."""
    return " ".join(moment.isoformat() for spell in attendance.spells for moment in spell)


def read(text: str | None) -> Attendance:
    """What `written` gave; none for anything else."""
    try:
        moments: Sequence[datetime] = [
            datetime.fromisoformat(each) for each in (text or "").split()
        ]
        return Attendance(tuple(zip(moments[::2], moments[1::2], strict=True)))
    except ValueError:
        return Attendance()
