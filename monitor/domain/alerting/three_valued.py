"""Rules about campaigns of which some fields could not be read: conditions are three-valued.

`false and unknown` is false, `true or unknown` is true; only a rule whose answer is unknown
leaves its alert as it is. A condition is compiled twice for each set of unknown fields: once with
all that rests on them taken as false, once as true. What holds in the first holds, what does not
in the second does not, and the rest is unknown.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.snapshot import Unreadable
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.campaign.unreadable import (
    marks_of,
    rules_name,
    unknown_fields,
    unknown_within,
)
from monitor.domain.condition import (
    BatchFunction,
    Condition,
    EventFunction,
    compile_batch,
    compile_event,
)
from monitor.domain.fields.catalogue import Surroundings

Hits = list[tuple[int, TrackedCampaign]]
"""Campaigns, each with the index of a condition."""

_Key = tuple[Condition, frozenset[str], frozenset[str]]


class ThreeValuedConditions:
    """Answers conditions about campaigns with unreadable fields. What is compiled is kept: there
    are as many sets of fields as the provider has oddities.

    Conditions are told apart by their text. So a rule's whole condition and a part of it, which
    has the same text, must not be asked of the same object.
    """

    def __init__(self) -> None:
        self._batches: dict[_Key, BatchFunction] = {}
        self._events: dict[_Key, tuple[EventFunction, EventFunction]] = {}

    def ask(
        self,
        conditions: Sequence[Condition],
        batch: BatchFunction,
        rows: Sequence[TrackedCampaign],
        now: float,
        around: Surroundings,
    ) -> tuple[Hits, Hits]:
        """Where which of the `conditions` hold, and where that is unknown. `batch` are the
        conditions, compiled: it answers for what was read whole."""
        partly = [
            row
            for row in rows
            if row.unreadable or (row.detail is not None and row.detail.unreadable)
        ]
        if not partly:
            return batch(rows, now, around), []
        apart = set(map(id, partly))
        hits = batch([row for row in rows if id(row) not in apart], now, around)
        unknown: Hits = []
        alike: dict[tuple[tuple[str, float | None], ...], list[TrackedCampaign]] = {}
        for row in partly:
            marks = tuple((mark.field, mark.until) for mark in marks_of(row))
            alike.setdefault(marks, []).append(row)
        for same in alike.values():
            for index, condition in enumerate(conditions):
                bounds = self._bounds(self._key(condition, same[0], now))
                held: tuple[set[int], set[int]] = (set(), set())
                for bound, row in bounds(same, now, around):
                    held[bound].add(id(row))
                surely, perhaps = held
                for row in same:
                    if id(row) in surely:
                        hits.append((index, row))
                    elif id(row) in perhaps:
                        unknown.append((index, row))
        return hits, unknown

    def holds(
        self, condition: Condition, row: TrackedCampaign, now: float, around: Surroundings
    ) -> bool | None:
        """Whether the condition of a state rule holds for the campaign; None when that is
        unknown."""
        bounds = self._bounds(self._key(condition, row, now))
        return _verdict({index for index, _ in bounds([row], now, around)})

    def _bounds(self, key: _Key) -> BatchFunction:
        batch = self._batches.get(key)
        if batch is None:
            condition, *unknown = key
            bounds = [condition.bounded(*unknown, otherwise=each) for each in (False, True)]
            batch = self._batches[key] = compile_batch(bounds)
        return batch

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
        marks = marks_of(row)
        return (
            condition,
            unknown_fields(marks),
            unknown_within(marks, now, condition.look_back),
        )


def needed_of(condition: Condition, marks: Collection[Unreadable], now: float) -> list[Unreadable]:
    """The marks of what the condition rests on. `now` in Unix seconds."""
    return [
        mark
        for mark in marks
        if condition.rests_on(
            unknown_fields([mark]), unknown_within([mark], now, condition.look_back)
        )
    ]


def frozen_since(condition: Condition, marks: Collection[Unreadable], now: float) -> str:
    """Why the condition is unknown: which of the unreadable fields it rests on, and since when.
    `now` in Unix seconds."""
    spans: dict[tuple[float, float | None], list[str]] = {}
    for mark in needed_of(condition, marks, now):
        spans.setdefault((mark.since, mark.until), []).append(rules_name(mark.field))
    said = [
        f"{', '.join(sorted(fields))} not readable "
        + (
            f"since {moment_text(since)}"
            if until is None
            else f"{moment_text(since)} to {moment_text(until)}"
        )
        for (since, until), fields in sorted(spans.items(), key=lambda span: span[0][0])
    ]
    return f"{', '.join(said)}, so this is as it was then."


def moment_text(at: float) -> str:
    """`2026-03-02 09:00 UTC`, of Unix seconds."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def _verdict(held: set[int]) -> bool | None:
    """Index 0 is the bound in which what is unknown is false, index 1 that in which it is true."""
    if 0 in held:
        return True
    return None if 1 in held else False
