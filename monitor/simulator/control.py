"""`/_simulator/…`: changing the world and ordering faults from outside, on no path that the
provider has.

`GET /_simulator/` lists the calls (`CALLS`), with time, counts and faults.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
from aiohttp import web

from monitor.clock import Clock
from monitor.simulator.auth import Tokens
from monitor.simulator.fault_orders import Faults
from monitor.simulator.http_answers import Refusal, answered_with, not_found
from monitor.simulator.world import World

_T = TypeVar("_T")


CALLS = {
    "GET /_simulator/": "this: time, counts, faults, calls",
    "GET /_simulator/requests": "what was asked, oldest first",
    "PUT /_simulator/faults": "{kind, rate, path_prefix, seconds, limit, says, rows, by, field, "
    "value}: a fault for a share of requests; kind is a must",
    "POST /_simulator/faults": "{kind, count, path_prefix, …}: a fault for the next requests",
    "DELETE /_simulator/faults": "no more faults",
    "GET /_simulator/campaigns": "what there is, ascending by id",
    "POST /_simulator/campaigns": "{fields}: a new campaign; gives its id",
    "PATCH /_simulator/campaigns/{id}": "{fields}: change a campaign",
    "PUT /_simulator/campaigns/{id}/raw": "{fields} or null: show its row with these fields, "
    "right or wrong; null ends that",
    "DELETE /_simulator/campaigns/{id}": "the provider answers 404 for it from now on",
    "PUT /_simulator/balance": "a number, or null for the scenario's own",
    "POST /_simulator/revoke": "every token becomes invalid",
}
"""What each call does and the JSON that it takes."""


class SeenRequest(NamedTuple):
    """One request as it came in, control calls left out. A parameter given twice shows its last
    value."""

    method: str
    path: str
    query: Mapping[str, str]


class _FaultOptions(msgspec.Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    kind: str
    path_prefix: str = ""
    seconds: float | msgspec.UnsetType | None = msgspec.UNSET
    limit: int | msgspec.UnsetType = msgspec.UNSET
    says: str | msgspec.UnsetType = msgspec.UNSET
    rows: int | msgspec.UnsetType = msgspec.UNSET
    by: int | msgspec.UnsetType = msgspec.UNSET
    field: str | msgspec.UnsetType = msgspec.UNSET
    value: object = msgspec.UNSET

    def given(self) -> dict[str, Any]:
        """Every field that was given."""
        return {
            name: value
            for name, value in msgspec.structs.asdict(self).items()
            if value is not msgspec.UNSET
        }


class _FaultRate(_FaultOptions, gc=False, forbid_unknown_fields=True, kw_only=True):
    rate: float = 1.0


class _FaultCount(_FaultOptions, gc=False, forbid_unknown_fields=True, kw_only=True):
    count: int = 1


class Control:
    """The control calls over one simulator."""

    def __init__(
        self,
        world: World,
        faults: Faults,
        tokens: Tokens,
        requests: Sequence[SeenRequest],
        clock: Clock,
    ) -> None:
        self._world = world
        self._faults = faults
        self._tokens = tokens
        self._requests = requests
        self._clock = clock

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Serve the calls under a prefix."""
        routes: list[tuple[str, str, Callable[[web.Request], Awaitable[web.Response]]]] = [
            ("GET", "", self._overview),
            ("GET", "/", self._overview),
            ("GET", "/requests", self._log),
            ("PUT", "/faults", self._set_fault),
            ("POST", "/faults", self._next_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("GET", "/campaigns", self._campaigns),
            ("POST", "/campaigns", self._add),
            ("PATCH", r"/campaigns/{id:\d+}", self._change),
            ("PUT", r"/campaigns/{id:\d+}/raw", self._spoil),
            ("DELETE", r"/campaigns/{id:\d+}", self._delete),
            ("PUT", "/balance", self._set_balance),
            ("POST", "/revoke", self._revoke),
        ]
        for method, path, handler in routes:
            app.router.add_route(method, prefix + path, handler)

    async def _overview(self, request: web.Request) -> web.Response:
        overview = {
            "scenario": self._world.scenario.name,
            "started": self._world.started,
            "now": self._clock.now(),
            "campaigns": len(self._world),
            "requests": len(self._requests),
            "faults": self._faults.rules,
            "queued": self._faults.queued,
            "calls": CALLS,
        }
        return answered_with(request, overview)

    async def _log(self, request: web.Request) -> web.Response:
        return answered_with(request, [seen._asdict() for seen in self._requests])

    async def _set_fault(self, request: web.Request) -> web.Response:
        order = await _body(request, _FaultRate)
        return self._done(request, lambda: self._faults.set(**order.given()))

    async def _next_fault(self, request: web.Request) -> web.Response:
        order = await _body(request, _FaultCount)
        return self._done(request, lambda: self._faults.next(**order.given()))

    async def _clear_faults(self, request: web.Request) -> web.Response:
        return self._done(request, self._faults.clear)

    async def _campaigns(self, request: web.Request) -> web.Response:
        return answered_with(request, self._world.rows())

    async def _add(self, request: web.Request) -> web.Response:
        fields = await _body(request, dict[str, object])
        return self._done(request, lambda: {"id": self._world.add(fields)})

    async def _change(self, request: web.Request) -> web.Response:
        fields = await _body(request, dict[str, object])
        return self._done(request, lambda: self._world.change(_id(request), fields))

    async def _spoil(self, request: web.Request) -> web.Response:
        fields = await _body(request, dict[str, object] | None)  # type: ignore[arg-type]  # a union is no type object
        return self._done(request, lambda: self._world.spoil(_id(request), fields))

    async def _delete(self, request: web.Request) -> web.Response:
        return self._done(request, lambda: self._world.delete(_id(request)))

    async def _set_balance(self, request: web.Request) -> web.Response:
        amount = await _body(request, float | None)  # type: ignore[arg-type]  # a union is no type object
        return self._done(request, lambda: self._world.set_balance(amount))

    async def _revoke(self, request: web.Request) -> web.Response:
        return self._done(request, self._tokens.revoke)

    def _done(self, request: web.Request, act: Callable[[], object]) -> web.Response:
        """Do it and answer with what it gave; 404 for an unknown campaign, 422 for what cannot
        be done."""
        try:
            outcome = act()
        except KeyError:
            raise not_found() from None
        except ValueError as error:
            raise Refusal(422, str(error)) from None
        return answered_with(request, {"ok": True} if outcome is None else outcome)


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


async def _body(request: web.Request, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except msgspec.MsgspecError as error:
        raise Refusal(422, str(error)) from None
