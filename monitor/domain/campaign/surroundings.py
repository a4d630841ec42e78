"""What rules may ask beyond their subject: the same for all subjects of one evaluation."""

from dataclasses import dataclass

from monitor.domain.campaign.baseline import NO_BASELINES, Baselines


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`in_quiet_hours`: whether the evaluation's time lies in the rules file's `quiet_hours`.
    `baselines`: what is usual for the account's senders."""

    in_quiet_hours: bool = False
    baselines: Baselines = NO_BASELINES


NOTHING_SPECIAL = Surroundings()
