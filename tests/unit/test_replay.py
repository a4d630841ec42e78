"""Flushes in a time that is given: everything is told, and little is kept."""

from datetime import timedelta

from monitor.clock import SteppedClock
from monitor.config import parse_rules
from monitor.domain.alert import AlertKey, happened
from monitor.ports import OutboxQuery
from monitor.replay import ReplayedFlushes
from monitor.store import SqliteStore
from tests.clock import START

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
        assert [alert.labels["n"] for message in flushes.messages for alert in message.alerts] == [str(n) for n in range(20)]
        assert len(await store.outbox(OutboxQuery())) == 1
