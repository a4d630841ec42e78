"""A full sweep is judged and committed page by page, and what depends on all of it at its end."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import pytest

from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.feed import Feed, SweepOutcome
from monitor.errors import StoreError, StoreFault
from monitor.ports import CycleCommit, Snapshot
from monitor.store import SqliteStore
from tests.rules import event_rule, state_rule
from tests.sources import campaign
from tests.unit.test_cycle import FEED, SPAM, STOPPED, Bench

RCS = Feed("default", "rcs")
APPEARED = event_rule("Appeared", EventKind.APPEARED)
VANISHED = event_rule("Vanished", EventKind.VANISHED)
LOW = state_rule("Low", "delivery_ratio < 0.5", scope="sender", summary="low")
OLD = state_rule("Old", "rejected_rows >= 0", scope="account")
FULL = 6 * 3600.0 + 60
PAGES = 5


class Crash(BaseException):
    """The process ends here."""


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with SqliteStore(None) as store:
        bench = Bench(store, [SPAM, STOPPED, APPEARED, VANISHED, LOW, OLD])
        bench.restart(Snapshot(), polled=[FEED, RCS])
        bench.source.page_size = 10
        bench.source.put(*(campaign(id_) for id_ in range(1, 10 * PAGES + 1)))
        yield bench


@contextmanager
def before_page(bench: Bench, number: int, act: Callable[[], object]) -> Iterator[None]:
    """Do this before the answer of the sweep's page `number`, counted from 1."""
    asked = 0

    async def before_answer(_: str) -> None:
        nonlocal asked
        asked += 1
        await bench.clock.sleep(0.3)
        if asked == number:
            act()

    bench.source.before_answer = before_answer
    try:
        yield
    finally:
        bench.source.before_answer = None
    assert asked >= number


@contextmanager
def commits(bench: Bench) -> Iterator[list[CycleCommit]]:
    """What is committed meanwhile."""
    found: list[CycleCommit] = []
    write = bench.store.commit_cycle

    async def commit_cycle(commit: CycleCommit) -> None:
        await write(commit)
        found.append(commit)

    bench.store.commit_cycle = commit_cycle  # type: ignore[method-assign]
    yield found
    bench.store.commit_cycle = write  # type: ignore[method-assign]


def told(bench: Bench) -> list[str]:
    return [f"{alert.key.rule} {alert.key.subject}".strip() for alert in bench.told]


async def test_each_page_is_judged_before_the_next_one_arrives_the_newest_second(
    bench: Bench,
) -> None:
    bench.source.put(campaign(50, status="spam"), campaign(3, status="spam"))
    seen: list[set[str]] = []
    with commits(bench) as written, before_page(bench, 3, lambda: seen.append(bench.firing())):
        report = await bench.poll()
    assert seen == [{"Spam 3", "Spam 50"}]
    last_ids = [max((row.campaign.id for row in each.campaigns), default=0) for each in written]
    assert last_ids == [10, 50, 40, 30, 20, 0], "and nothing is written twice"
    assert told(bench) == ["Spam 3", "Spam 50"]
    assert (report.changed, report.alerts, report.events) == (50, 2, 0)


async def test_a_narrow_sweep_is_one_commit_and_a_page_without_news_is_none(bench: Bench) -> None:
    await bench.poll()
    bench.source.put(campaign(7, status="stopped"), campaign(42, status="stopped"))
    with commits(bench) as written:
        report = await bench.poll()
    assert (len(written), report.full, report.events) == (1, False, 2)
    with commits(bench) as written:
        report = await bench.poll(FULL)
    assert (len(written), report.full, report.changed) == (1, True, 0)


async def test_a_change_that_a_full_sweep_finds_is_told_once(bench: Bench) -> None:
    await bench.poll()
    bench.source.put(campaign(7, status="stopped"), campaign(42, status="spam"))
    report = await bench.poll(FULL)
    assert sorted(told(bench)) == ["Spam 42", "Stopped 7"]
    assert (report.changed, report.events, report.alerts) == (2, 2, 2)
    await bench.poll()
    assert len(bench.told) == 2


async def test_sums_absences_and_the_account_wait_for_the_end(bench: Bench) -> None:
    await bench.poll()
    bench.source.put(*(campaign(id_, delivered=0) for id_ in range(1, 51)))
    bench.source.campaigns.pop(20)
    seen: list[tuple[set[str], bool, object]] = []

    def look() -> None:
        rows = bench.state.table("default").rows
        seen.append((bench.firing(), 20 in rows, bench.state.feeds[FEED].last_success))

    with before_page(bench, PAGES, look):
        before = bench.state.feeds[FEED].last_success
        await bench.poll(FULL)
    assert seen == [(set(), True, before)]
    assert bench.firing() == {"Low sms:Shop"}
    assert "Vanished 20" in told(bench)


async def test_a_crash_between_two_pages_loses_nothing_and_tells_nothing_twice(
    bench: Bench,
) -> None:
    tried = bench.clock.now().timestamp() + 60
    bench.source.put(campaign(45, status="spam"), campaign(15, status="spam"))

    def crash() -> None:
        bench.source.put(campaign(51, created_at=tried + 1))  # news, and not read before the end
        raise Crash

    with before_page(bench, 3, crash), pytest.raises(Crash):
        await bench.poll()
    assert bench.firing() == {"Spam 45"}
    bench.told.clear()
    bench.restart(await bench.store.load(), polled=[FEED, RCS])
    assert bench.firing() == {"Spam 45"}
    report = await bench.poll()
    assert (report.outcome, report.full) == (SweepOutcome.OK, True)
    assert bench.firing() == {"Spam 45", "Spam 15"}
    assert sorted(told(bench)) == ["Appeared 51", "Spam 15"]
    assert len(await bench.store.events()) == 1
    await bench.poll()
    assert len(bench.told) == 2


async def test_a_page_that_cannot_be_committed_ends_the_sweep_and_is_judged_again(
    bench: Bench,
) -> None:
    bench.source.put(campaign(45, status="spam"), campaign(5, status="spam"))
    write = bench.store.commit_cycle

    async def refuse(commit: CycleCommit) -> None:
        if any(row.campaign.id == 45 for row in commit.campaigns):
            raise StoreError("disk full", reason=StoreFault.FULL, retryable=True)
        await write(commit)

    bench.store.commit_cycle = refuse  # type: ignore[method-assign]
    with pytest.raises(StoreError):
        await bench.poll()
    assert (bench.firing(), told(bench)) == ({"Spam 5"}, ["Spam 5"])
    bench.store.commit_cycle = write  # type: ignore[method-assign]
    await bench.poll()
    assert told(bench) == ["Spam 5", "Spam 45"]


async def test_until_its_first_sweep_ends_a_feed_counts_as_not_tried(bench: Bench) -> None:
    await bench.cycles.run(RCS)
    seen: list[set[str]] = []

    async def poll_rcs_meanwhile(message_type: str) -> None:
        if message_type == "sms" and bench.state.table("default").rows and not seen:
            seen.append(set())
            await bench.cycles.run(RCS)
            seen[0] = bench.firing()

    bench.source.before_answer = poll_rcs_meanwhile
    await bench.poll(0.0)
    assert seen == [set()]


async def test_rules_that_change_during_a_sweep_are_asked_about_all_of_it(bench: Bench) -> None:
    busy = state_rule("Busy", 'status == "sending" and sent > 1000')
    bench.source.put(campaign(3, sent=2000), campaign(12, sent=2000))
    with before_page(bench, 4, lambda: bench.cycles.use(RuleSet([busy]))):
        await bench.poll()
    assert bench.firing() == {"Busy 3", "Busy 12"}


async def test_a_row_that_is_on_a_page_twice_appears_once(bench: Bench) -> None:
    await bench.poll()
    sweep = bench.source.sweep

    async def doubled(message_type: str, **options: object) -> object:
        seen = options.pop("seen")

        async def twice(page: object) -> None:
            rows = page.campaigns  # type: ignore[attr-defined]
            await seen(
                type(page)(  # type: ignore[operator]
                    campaigns=[*rows, *rows],
                    unreadable=frozenset(),
                    nameless=0,
                    requested_at=page.requested_at,  # type: ignore[attr-defined]
                )
            )

        return await sweep(message_type, seen=twice, **options)  # type: ignore[arg-type]

    bench.source.sweep = doubled  # type: ignore[method-assign, assignment]
    bench.source.put(campaign(51))
    report = await bench.poll(FULL)
    assert (told(bench), report.events) == (["Appeared 51"], 1)


async def test_the_detail_of_an_alert_that_a_page_fired_is_read_at_the_end(bench: Bench) -> None:
    bench.details_per_minute = 20
    bench.restart(Snapshot(), polled=[FEED])
    bench.source.details = {44: CampaignDetail(read_at=0.0, expired=9)}
    bench.source.put(campaign(44, status="spam"))
    calls: list[int] = []
    with before_page(bench, PAGES, lambda: calls.extend(bench.source.detail_calls)):
        await bench.poll()
    assert (calls, 44 in bench.source.detail_calls) == ([], True)
    (spam,) = (alert for alert in bench.told if alert.key.rule == "Spam")
    assert spam.detail is not None
    assert spam.detail.expired == 9


async def test_counts_by_status_move_only_with_complete_sweeps_and_survive_a_restart(
    bench: Bench,
) -> None:
    fewer = state_rule("Fewer", "campaigns_sending < 51", scope="account", summary="few")
    bench.rules = RuleSet([fewer])
    bench.source.put(campaign(99, message_type="rcs"))
    bench.restart(Snapshot(), polled=[FEED, RCS])
    await bench.poll()
    await bench.cycles.run(RCS)
    assert bench.state.feeds[FEED].counts == {"sending": 50}
    bench.source.complete = False
    bench.source.put(*(campaign(id_, status="paused") for id_ in range(1, 30)))
    await bench.poll()
    assert bench.state.table("default").rows[1].campaign.status == "paused"
    bench.source.complete = True
    for _ in range(2):
        await bench.cycles.run(RCS)
        assert bench.firing() == set()
        bench.restart(await bench.store.load(), polled=[FEED, RCS])
    await bench.poll()
    assert bench.state.feeds[FEED].counts == {"sending": 21, "paused": 29}
    assert bench.firing() == {"Fewer"}
