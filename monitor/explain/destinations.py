"""Who hears of an alert, and what keeps them from it."""

from collections.abc import Mapping

from monitor.domain.alerting.alert import Alert, AlertKey, begin
from monitor.domain.routing.inhibition import inhibits
from monitor.domain.routing.matcher import all_match
from monitor.domain.routing.route import RouteTree, group_of
from monitor.domain.routing.silence import SilenceState
from monitor.explain.explanation import Destination, Telling
from monitor.explain.known import Known


def telling_of(
    known: Known, key: AlertKey, labels: Mapping[str, str], alert: Alert | None
) -> Telling:
    """`alert` is the one that there is; without one, what would be with one that had these
    `labels`."""
    asked = begin(key, labels=labels, now=known.now) if alert is None else alert
    silences = (
        each
        for each in known.silences
        if all_match(each.matchers, labels) and each.state(known.now) is not SilenceState.EXPIRED
    )
    return Telling(
        acknowledged=known.acknowledged.get(asked.id),
        silences=tuple(sorted(silences, key=lambda silence: silence.starts_at)),
        inhibited_by=_inhibitor(known, asked),
        destinations=tuple(_destinations(known, labels, asked)),
    )


def _inhibitor(known: Known, asked: Alert) -> Alert | None:
    others = [alert for alert in known.state.open_alerts() if alert.id != asked.id]
    return next(
        (
            each
            for rule in known.rules.inhibit_rules
            for each in others
            if inhibits(rule, each, asked)
        ),
        None,
    )


def _destinations(known: Known, labels: Mapping[str, str], asked: Alert) -> list[Destination]:
    if known.rules.route is None:
        return []
    found: list[Destination] = []
    for branch in RouteTree(known.rules.route).destinations(labels):
        group, group_labels = group_of(labels, branch.route, branch.path)
        ledger = known.state.ledgers.get(group)
        found.append(
            Destination(
                receiver=branch.route.receiver,
                path=f"route{branch.path}",
                group_labels=group_labels,
                muted=branch.route.muted(known.now),
                told=ledger.told.get(asked.id) if ledger else None,
                told_at=ledger.flushed_at if ledger else None,
            )
        )
    return found
