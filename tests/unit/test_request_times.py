"""Of two readings of a campaign the one that was requested later counts."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.domain.campaign.snapshot import Campaign
from monitor.polling.request_times import RequestTimes
from monitor.ports import Snapshot
from monitor.store import SqliteStore
from tests.clock import FakeClock
from tests.rules import event_rule
from tests.sources import campaign
from tests.unit.test_cycle import FEED, SPAM, STOPPED, Bench

RCS = Feed("default", "rcs")
VANISHED = event_rule("Vanished", EventKind.VANISHED)
CHANGED = event_rule("Changed", EventKind.STATUS_CHANGED)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with SqliteStore(None) as store:
        bench = Bench(store, [SPAM, STOPPED, CHANGED, VANISHED])
        bench.restart(Snapshot(), polled=[FEED, RCS])
        bench.source.put(campaign(1), campaign(2), campaign(3, message_type="rcs"))
        await bench.poll()
        await bench.cycles.run(RCS)
        yield bench


def meanwhile(bench: Bench, act: Callable[[], Awaitable[object]]) -> None:
    """Have `act` done a second after the next SMS list was written, and before it arrives."""

    async def before_answer(message_type: str) -> None:
        if message_type == "sms":
            bench.source.before_answer = None
            await bench.clock.sleep(1)
            await act()

    bench.source.before_answer = before_answer


def known(bench: Bench, campaign_id: int) -> Campaign:
    return bench.state.table("default").rows[campaign_id].campaign


def events(bench: Bench) -> list[tuple[str, str]]:
    return [(alert.key.rule, alert.key.subject) for alert in bench.told if alert.is_event]


async def test_a_list_that_was_requested_before_another_feeds_committed_list_is_older(
    bench: Bench,
) -> None:
    async def become_rcs() -> None:
        bench.source.put(campaign(1, status="stopped", message_type="rcs"))
        await bench.cycles.run(RCS)

    meanwhile(bench, become_rcs)
    bench.source.put(campaign(2, status="spam"))
    await bench.poll()
    assert (known(bench, 1).status, known(bench, 1).message_type) == ("stopped", "rcs")
    assert events(bench) == [("Stopped", "1"), ("Changed", "1"), ("Changed", "2")]
    assert bench.firing() == {"Spam 2"}, "the others of that list count"
    bench.source.put(campaign(1, status="sending", message_type="sms"))
    await bench.poll()
    assert known(bench, 1).status == "sending", "the next list is newer"


async def test_an_unchanged_row_requested_later_is_newer_than_a_changed_one_requested_before(
    bench: Bench,
) -> None:
    bench.source.put(campaign(1, status="stopped"))

    async def be_sent_again_as_before() -> None:
        before = known(bench, 1)
        bench.source.put(before)
        bench.source.listed_as[1] = "rcs"
        await bench.cycles.run(RCS)

    meanwhile(bench, be_sent_again_as_before)
    await bench.poll()
    assert known(bench, 1).status == "sending"
    assert events(bench) == []


async def test_a_look_up_counts_as_of_when_it_was_asked_for(bench: Bench) -> None:
    bench.source.hidden = {1}
    await bench.poll()  # 1 is unlisted from now on, and read by id in every poll
    assert bench.source.lookups == [1]
    bench.source.put(campaign(1, status="stopped"))

    async def list_it_elsewhere() -> None:
        bench.source.hidden = set()
        bench.source.listed_as[1] = "rcs"
        bench.source.put(campaign(1, status="paused"))
        await bench.cycles.run(RCS)  # requested before the look-up
        bench.source.put(campaign(1, status="stopped"))

    meanwhile(bench, list_it_elsewhere)
    await bench.clock.sleep(60)
    bench.clock.creep = 0.001  # a look-up after a list is later
    await bench.cycles.run(FEED)
    assert bench.source.lookups == [1, 1]
    assert known(bench, 1).status == "stopped"


async def test_a_404_of_a_poll_in_which_another_list_showed_the_campaign_proves_nothing_yet(
    bench: Bench,
) -> None:
    bench.source.hidden = {1}

    async def list_it_elsewhere() -> None:
        bench.source.hidden = set()
        bench.source.listed_as[1] = "rcs"
        await bench.cycles.run(RCS)
        del bench.source.campaigns[1]

    meanwhile(bench, list_it_elsewhere)
    report = await bench.poll()
    assert (report.outcome, events(bench)) == (SweepOutcome.OK, [])
    await bench.poll()
    assert events(bench) == [("Vanished", "1")]


def test_times_are_kept_only_while_a_reading_under_way_may_be_older() -> None:
    clock = FakeClock()
    times = RequestTimes(clock)
    one, two = campaign(1), campaign(2)
    with times.reading() as first:
        assert not times.matter
        with times.reading():
            assert times.matter
            times.committed([one, two], [first + 2, first + 3], but={2})
            times.committed([one], [first + 1], but=())
        assert list(times.latest([one, two], [first + 1.5, first])) == [two]
        assert list(times.latest([one], [first + 2])) == [one]
        assert list(times.unread_since(first, [1, 2])) == [2]
    with times.reading():
        assert list(times.latest([one], [first])) == [one]
