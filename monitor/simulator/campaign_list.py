"""`GET /api/campaigns`, also at `/api/campaign` and `/campaigns`: the list, filtered, sorted and
paged."""

from collections.abc import Callable, Sequence
from random import Random

import msgspec
from aiohttp import web

from monitor.clock import Clock
from monitor.simulator.campaign_state import CampaignState
from monitor.simulator.fault_orders import Fault, FaultKind
from monitor.simulator.http_answers import answered, not_found
from monitor.simulator.query import ListQuery, read_query
from monitor.simulator.rendering import Writer
from monitor.simulator.world import Row, World

_SORT_KEYS: dict[str, Callable[[CampaignState], tuple[object, ...]]] = {
    "id": lambda state: (state.id,),
    "sender": lambda state: (state.sender, state.id),
    "type": lambda state: (state.message_type, state.id),
    "date": lambda state: (state.created_at, state.id),
    "status": lambda state: (state.status, state.id),
}


class CampaignList:
    """The list call over one world."""

    def __init__(
        self, world: World, writer: Callable[[], Writer], *, clock: Clock, seed: int
    ) -> None:
        self._world = world
        self._writer = writer
        self._clock = clock
        self._rng = Random(seed)  # noqa: S311 (which rows move between pages, not a secret)
        self._draws = 0

    def answer(
        self, request: web.Request, oddities: Sequence[Fault], *, scrambled: bool
    ) -> web.Response:
        """One page, as odd as `oddities` say; `scrambled` makes statuses and counters random."""
        writer = self._writer()
        if request.path not in writer.dialect.paths:
            raise not_found()
        now = self._clock.now()
        query = read_query(request.query, now=now, zone=writer.zone, dialect=writer.dialect)
        odd = {fault.kind: fault for fault in oddities}
        if FaultKind.SHIFT in odd:
            self._world.shift(query.message_type, query.first, query.last, self._rng)
        if grow := odd.get(FaultKind.GROW):
            self._world.grow(query.message_type, grow.rows)
        clamp = odd.get(FaultKind.CLAMP)
        limit = query.limit if clamp is None else min(query.limit, clamp.limit)
        at = now.timestamp()
        rows = [] if FaultKind.EMPTY in odd else self._selected(query, at)
        page = rows[query.offset : query.offset + limit]
        if scrambled:
            self._draws += 1
            bodies = [writer.scrambled_row(row, at, request.path, self._draws) for row in page]
        else:
            bodies = [writer.row(row, at, request.path, oddities) for row in page]
        data = b'{"data":[' + b",".join(bodies) + b"]"
        if FaultKind.NO_PAGE in odd:
            return answered(request, data + b"}")
        off = odd[FaultKind.TOTAL].by if FaultKind.TOTAL in odd else 0
        place = {"total": max(0, len(rows) + off), "limit": limit, "offset": query.offset}
        if clamp is not None and clamp.says == "asked":
            place["limit"] = query.limit
        elif clamp is not None and clamp.says == "nothing":
            del place["limit"]
        info = msgspec.json.encode(place)
        if writer.dialect.page_at_top:
            return answered(request, data + b',"page":' + info + b"}")
        return answered(request, data + b',"meta":{"page":' + info + b"}}")

    def _selected(self, query: ListQuery, at: float) -> Sequence[Row]:
        rows, ascending = self._world.between(query.message_type, query.first, query.last)
        if query.search is not None:
            rows = _found(rows, query.search, at)
        if not ascending or query.sort not in ("id", "date"):
            key = _SORT_KEYS[query.sort]
            rows = sorted(rows, key=lambda row: key(row.state(at)))
        return rows if query.way == "asc" else rows[::-1]


def _found(rows: Sequence[Row], search: tuple[str, str], at: float) -> Sequence[Row]:
    field, value = search
    if field == "taskname":
        return [row for row in rows if str(row.id) == value]
    part = value.casefold()
    return [row for row in rows if part in row.state(at).sender.casefold()]
