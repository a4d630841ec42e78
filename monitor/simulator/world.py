"""The campaigns as of now. Nothing runs in the background: every state is computed when it is
asked for."""

import itertools
import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from random import Random

import msgspec

from monitor.clock import Clock
from monitor.simulator.campaign_state import CampaignState, state_at
from monitor.simulator.change import changed
from monitor.simulator.plan import CampaignPlan
from monitor.simulator.planning import PLANNING_FIELDS, make_plan
from monitor.simulator.scenario import Scenario
from monitor.simulator.timeline import Timeline, work_out

STOPPABLE = frozenset({"creation", "moderation", "spam", "scheduled", "sending", "paused"})


class Row:
    """One campaign: its plan, or what it was changed to since.

    `begun` is its creation in Unix seconds, `created_at` the same cut to whole ones. `held`
    replaces the plan from the first change on; `spoiled` overwrites fields of the answer as it
    goes out. `body` is the answer of a campaign that no longer moves, kept because most of a
    large world does not.
    """

    __slots__ = (
        "_timeline",
        "begun",
        "body",
        "body_key",
        "created_at",
        "held",
        "id",
        "plan",
        "spoiled",
        "still_from",
    )

    def __init__(self, campaign_id: int, plan: CampaignPlan, begun: float) -> None:
        self.id = campaign_id
        self.begun = begun
        self.created_at = math.floor(begun)
        self.held: CampaignState | None = None
        self.spoiled: dict[str, object] | None = None
        self.follow(plan)

    def follow(self, plan: CampaignPlan) -> None:
        """Take another plan."""
        self.plan = plan
        self._timeline: Timeline | None = None
        self.still_from: float | None = None
        self.body: bytes | None = None
        self.body_key = ""

    def timeline(self) -> Timeline:
        """The plan's moments, worked out when first asked for."""
        if self._timeline is None:
            self._timeline = work_out(self.plan)
            self.still_from = self.begun + self._timeline.still
        return self._timeline

    def state(self, at: float) -> CampaignState:
        """The campaign at a Unix time."""
        if self.held is not None:
            return self.held
        return state_at(self.plan, self.timeline(), self.id, self.created_at, at - self.begun)

    def still(self, at: float) -> bool:
        """Whether nothing about it changes from this Unix time on."""
        return self.held is not None or (self.still_from is not None and at >= self.still_from)

    def keep(self, body: bytes, key: str) -> None:
        """Remember the answer of a campaign that no longer moves, and forget how it came to it."""
        self.body, self.body_key, self._timeline = body, key, None

    @property
    def message_type(self) -> str:
        return self.plan.message_type if self.held is None else self.held.message_type


def _creation_order(row: Row) -> tuple[int, int]:
    return row.created_at, row.id


class World:
    """A scenario that began when this was made. Ids ascend with creation unless one is added
    out of order."""

    def __init__(self, scenario: Scenario, clock: Clock) -> None:
        self._clock = clock
        self.scenario = scenario
        self.started = clock.now().replace(microsecond=0)
        self._origin = self.started.timestamp()
        self._rows: dict[int, Row] = {}
        self._by_type: dict[str, list[Row]] = {}
        self._ascending: dict[str, bool] = {}
        self._next_id = scenario.first_id
        self._balance: float | None = None
        plans = sorted(scenario.campaigns, key=_created)
        taken = {plan.id for plan in plans if plan.id is not None}
        for plan in plans:
            campaign_id = plan.id if plan.id is not None else self._free_id(taken)
            row = Row(campaign_id, plan, self._origin + plan.created)
            self._rows[campaign_id] = row
            self._by_type.setdefault(plan.message_type, []).append(row)
        self._next_id = max([self._next_id, *(campaign_id + 1 for campaign_id in taken)])
        for message_type, rows in self._by_type.items():
            rows.sort(key=_creation_order)
            self._ascending[message_type] = all(a.id < b.id for a, b in itertools.pairwise(rows))

    def __len__(self) -> int:
        return len(self._rows)

    def elapsed(self, now: datetime | None = None) -> float:
        """Seconds since the start."""
        return (now or self._clock.now()).timestamp() - self._origin

    # --- reading ---

    def rows(self, now: datetime | None = None) -> list[CampaignState]:
        """Every campaign that exists at `now` (an aware time; None means this moment), ascending
        by id."""
        at = self._instant(now)
        return [row.state(at) for _, row in sorted(self._rows.items()) if row.begun <= at]

    def campaign(self, campaign_id: int, now: datetime | None = None) -> CampaignState | None:
        """One campaign; None when there is none, or none yet."""
        row = self.row(campaign_id, now)
        return None if row is None else row.state(self._instant(now))

    def row(self, campaign_id: int, now: datetime | None = None) -> Row | None:
        """One campaign's row; None when there is none, or none yet."""
        row = self._rows.get(campaign_id)
        return row if row is not None and row.begun <= self._instant(now) else None

    def between(
        self, message_type: str, first: int, last: int, now: datetime | None = None
    ) -> tuple[Sequence[Row], bool]:
        """Rows of a type created from `first` to `last` (whole Unix seconds, both included), in
        the order of creation.

        The flag says that their ids ascend too.
        """
        rows = self._by_type.get(message_type, [])
        low = bisect_left(rows, first, key=_created_at)
        high = bisect_right(rows, min(last, math.floor(self._instant(now))), key=_created_at)
        return rows[low:high], self._ascending.get(message_type, True)

    def balance(self, now: datetime | None = None) -> tuple[float, float, str]:
        """Amount, credit and currency."""
        plan = self.scenario.balance
        amount = plan.at(self.elapsed(now)) if self._balance is None else self._balance
        return amount, plan.credit, plan.currency

    # --- changing ---

    def add(self, fields: Mapping[str, object] | None = None, /, **more: object) -> int:
        """Add a campaign and return its id.

        Fields of `CampaignPlan` plan it (`created`, in seconds since the simulator's start, is
        now when left out), `kind` names a kind of incident; fields of `CampaignState` (`status`,
        `sent`, `delivered`, …) fix what it shows until it is changed. ValueError for an unknown
        or unfit field and for an id that is taken.
        """
        given = (
            {"name": "Campaign", "sender": "Sender", "size": 1000, "created": self.elapsed()}
            | dict(fields or {})
            | more
        )
        plan = make_plan({name: value for name, value in given.items() if name in PLANNING_FIELDS})
        state = {name: value for name, value in given.items() if name not in PLANNING_FIELDS}
        campaign_id = self._free_id(self._rows) if plan.id is None else plan.id
        if campaign_id in self._rows:
            raise ValueError(f"campaign {campaign_id} exists already")
        row = Row(campaign_id, plan, self._origin + plan.created)
        if state:
            at = max(self._instant(None), row.begun)
            row.held = changed(row.state(at), state, now=math.floor(at))
            row.created_at = row.held.created_at
            row.begun = float(row.created_at)
        self._rows[campaign_id] = row
        self._insert(row)
        self._next_id = max(self._next_id, campaign_id + 1)
        return campaign_id

    def change(
        self, campaign_id: int, fields: Mapping[str, object] | None = None, /, **more: object
    ) -> CampaignState:
        """Fix what a campaign shows: as it is now, with these fields of `CampaignState`. Its
        plan no longer applies.

        Times are aware datetimes, ISO texts with a zone, Unix seconds or None. A status of
        `done` or `stopped` sets `finished_at` to now unless given. Returns the new state.
        KeyError for an unknown id, ValueError for an unfit field.
        """
        row = self._known(campaign_id)
        at = self._instant(None)
        state = changed(row.state(at), {**(fields or {}), **more}, now=math.floor(at))
        self._remove(row)
        row.held, row.body = state, None
        row.created_at = state.created_at
        row.begun = float(state.created_at)
        self._insert(row)
        return state

    def spoil(self, campaign_id: int, fields: Mapping[str, object] | None) -> None:
        """Overwrite fields of its JSON as they are given, however wrong; None ends that.
        KeyError for an unknown id."""
        row = self._known(campaign_id)
        row.spoiled = dict(fields) if fields else None
        row.body = None

    def delete(self, campaign_id: int) -> None:
        """Take a campaign away: it is in no list and answers 404. KeyError for an unknown id."""
        row = self._known(campaign_id)
        self._remove(row)
        del self._rows[campaign_id]

    def stop(self, campaign_id: int) -> bool:
        """What the provider's stop does: no more messages, reports keep arriving. False when its
        status does not allow it."""
        row = self._known(campaign_id)
        at = self._instant(None)
        if row.state(at).status not in STOPPABLE:
            return False
        if row.held is not None:
            self.change(campaign_id, status="stopped")
        else:
            row.follow(msgspec.structs.replace(row.plan, stop=at - row.begun))
        return True

    def set_balance(self, amount: float | None) -> None:
        """Fix the account's balance; None lets the scenario's run on."""
        self._balance = amount

    def forget_bodies(self) -> None:
        """Forget every body that was written."""
        for row in self._rows.values():
            row.body = None

    def shift(self, message_type: str, first: int, last: int, rng: Random) -> None:
        """Make rows move between pages: delete one of the older half of a window's rows, or
        create one, or both."""
        rows, _ = self.between(message_type, first, last)
        what = rng.random()
        if rows and what < 0.7:
            self.delete(rows[int(rng.random() * len(rows)) // 2].id)
        if what >= 0.4:
            self.add(name="Shifted in", sender="Shift", size=100, message_type=message_type)

    def grow(self, message_type: str, rows: int) -> None:
        """Create so many campaigns of a type now."""
        for _ in range(rows):
            self.add(name="Just created", sender="Grow", size=100, message_type=message_type)

    # --- inside ---

    def _instant(self, now: datetime | None) -> float:
        return (now or self._clock.now()).timestamp()

    def _free_id(self, taken: Container[int]) -> int:
        while self._next_id in taken:
            self._next_id += 1
        self._next_id += 1
        return self._next_id - 1

    def _known(self, campaign_id: int) -> Row:
        try:
            return self._rows[campaign_id]
        except KeyError:
            raise KeyError(f"there is no campaign {campaign_id}") from None

    def _insert(self, row: Row) -> None:
        rows = self._by_type.setdefault(row.message_type, [])
        insort(rows, row, key=_creation_order)
        place = bisect_left(rows, _creation_order(row), key=_creation_order)
        near = rows[max(0, place - 1) : place + 2]
        fits = all(a.id < b.id for a, b in itertools.pairwise(near))
        self._ascending[row.message_type] = self._ascending.get(row.message_type, True) and fits

    def _remove(self, row: Row) -> None:
        rows = self._by_type[row.message_type]
        del rows[bisect_left(rows, _creation_order(row), key=_creation_order)]


def _created(plan: CampaignPlan) -> float:
    return plan.created


def _created_at(row: Row) -> int:
    return row.created_at
