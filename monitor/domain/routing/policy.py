"""Who is told of what, by the rules in force."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from monitor.domain.routing.flush import Route
from monitor.domain.routing.inhibition import InhibitRule


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPolicy:
    """`route` is the root of the tree; None: nobody is told. `receivers` are all there are.

    Of these, those in `silent_on_resolve` do not want to hear of ends, and those in
    `acknowledging` do want to hear that somebody looks after an alert.
    """

    route: Route | None
    receivers: Collection[str] = ()
    inhibit_rules: Sequence[InhibitRule] = ()
    silent_on_resolve: frozenset[str] = frozenset()
    acknowledging: frozenset[str] = frozenset()
