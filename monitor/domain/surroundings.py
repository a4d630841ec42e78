"""What rules may ask beyond their subject: the same for all subjects of one evaluation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`in_quiet_hours`: whether the evaluation's time lies in the rules file's `quiet_hours`."""

    in_quiet_hours: bool = False


NOTHING_SPECIAL = Surroundings()
