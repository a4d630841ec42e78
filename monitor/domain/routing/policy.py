"""Who is told of what, by the rules in force."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from monitor.domain.routing.flush import Route
from monitor.domain.routing.inhibition import InhibitRule


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPolicy:
    """`route` is the root of the tree; with None, no messages are sent. `receivers` are all
    receivers. Those in `silent_on_resolve` are not told of ends. Those in `acknowledging` are told
    who is handling an alert."""

    route: Route | None
    receivers: Collection[str] = ()
    inhibit_rules: Sequence[InhibitRule] = ()
    silent_on_resolve: frozenset[str] = frozenset()
    acknowledging: frozenset[str] = frozenset()
