"""Rules about campaigns of which some fields could not be read: conditions are three-valued.

`false and unknown` is false, `true or unknown` is true; only a rule whose answer is unknown
leaves its alert as it is. A condition is compiled twice for each set of unknown fields: once with
all that rests on them taken as false, once as true. What holds in the first holds, what does not
in the second does not, and the rest is unknown.
"""

from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.campaign.unreadable import unknown_fields, unknown_within
from monitor.domain.condition import (
    BatchFunction,
    Condition,
    EventFunction,
    compile_batch,
    compile_event,
)
from monitor.domain.fields.catalogue import Surroundings

_Key = tuple[Condition, frozenset[str], frozenset[str]]


class ThreeValuedConditions:
    """Answers conditions about campaigns with unreadable fields. What is compiled is kept: there
    are as many sets of fields as the provider has oddities."""

    def __init__(self) -> None:
        self._batches: dict[_Key, BatchFunction] = {}
        self._events: dict[_Key, tuple[EventFunction, EventFunction]] = {}

    def holds(
        self, condition: Condition, row: TrackedCampaign, now: float, around: Surroundings
    ) -> bool | None:
        """Whether the condition of a state rule holds for the campaign; None when that is
        unknown."""
        key = self._key(condition, row, now)
        batch = self._batches.get(key)
        if batch is None:
            bounds = [condition.bounded(*key[1:], otherwise=each) for each in (False, True)]
            batch = self._batches[key] = compile_batch(bounds)
        return _verdict({index for index, _ in batch([row], now, around)})

    def happened(
        self,
        condition: Condition,
        event: CampaignEvent,
        row: TrackedCampaign,
        now: float,
        around: Surroundings,
    ) -> bool | None:
        """Whether the condition of an event rule holds at the event; None when that is unknown."""
        key = self._key(condition, row, now)
        tests = self._events.get(key)
        if tests is None:
            surely, perhaps = (
                compile_event(condition.bounded(*key[1:], otherwise=each)) for each in (False, True)
            )
            tests = self._events[key] = surely, perhaps
        return _verdict(
            {index for index, test in enumerate(tests) if test(event, row, now, around)}
        )

    @staticmethod
    def _key(condition: Condition, row: TrackedCampaign, now: float) -> _Key:
        marks = row.unreadable
        return (
            condition,
            unknown_fields(marks),
            unknown_within(marks, now, condition.look_back),
        )


def _verdict(held: set[int]) -> bool | None:
    """Index 0 is the bound in which what is unknown is false, index 1 that in which it is true."""
    if 0 in held:
        return True
    return None if 1 in held else False
