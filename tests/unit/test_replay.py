"""Cycles and flushes in a time that is given: what was read is decided on, everything is told,
and little is kept."""

from datetime import timedelta

from monitor.clock import SteppedClock
from monitor.domain.alerting.alert import AlertKey, AlertState, happened
from monitor.domain.campaign.feed import Feed
from monitor.ports import OutboxQuery
from monitor.replay import ReplayedFlushes, start_cycles
from monitor.rulefile import parse_rules
from monitor.store import SqliteStore
from tests.clock import START
from tests.sources import campaign

RULES = """\
rules: [{alert: Stopped, on: status_changed, when: status == "stopped"}]
receivers: [{name: ops, console: {}}]
route: {receiver: ops, group_interval: 1s}
"""


async def test_a_loud_month_does_not_pile_up_what_was_told() -> None:
    rules = parse_rules(RULES, source="rules.yaml", lookup=lambda _: None)
    async with SqliteStore(None) as store:
        flushes = ReplayedFlushes(store, rules, SteppedClock(START))
        for minute in range(20):
            now = START + timedelta(minutes=minute)
            await flushes.flush_until(now)
            key = AlertKey("Stopped", "default", str(minute))
            flushes.note(
                [
                    happened(
                        key,
                        f"e{minute}",
                        labels={"alertname": "Stopped", "n": f"{minute}"},
                        annotations={},
                        now=now,
                        campaign=None,
                    )
                ]
            )
        await flushes.flush_until(now + timedelta(hours=1))
        assert [alert.labels["n"] for message in flushes.messages for alert in message.alerts] == [
            str(n) for n in range(20)
        ]
        assert len(await store.outbox(OutboxQuery())) == 1


async def test_one_campaign_read_among_many_alerts_is_decided_on_by_its_own() -> None:
    text = (
        "rules: [{alert: Loud, when: sent > 0, for: 1m}]\nreceivers: [{name: ops, console: "
        "{}}]\nroute: {receiver: ops}\n"
    )
    rules = parse_rules(text, source="rules.yaml", lookup=lambda _: None).compiled()
    feed, clock = Feed("default", "sms"), SteppedClock(START)
    cycles = await start_cycles(rules, [feed], clock)
    await cycles.read(feed, [campaign(number, sent=1) for number in range(30)])
    clock.set(START + timedelta(minutes=1))
    (fired,) = await cycles.read(feed, [campaign(7, sent=2)], sums=False)
    clock.set(START + timedelta(minutes=2))
    (ended,) = await cycles.read(feed, [campaign(7, sent=0)], sums=False)
    left = {key.subject for key in cycles.state.active}
    alone = cycles.state.alerts_on("default", [8], rules.rules)
    assert (fired.key.subject, fired.state) == ("7", AlertState.FIRING)
    assert (ended.id, ended.state) == (fired.id, AlertState.RESOLVED)
    assert left == {str(number) for number in range(30)} - {"7"}
    assert [key.subject for key in alone] == ["8"]
