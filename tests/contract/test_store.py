"""What every store promises of cycles, flushes and history."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from monitor.domain.alerting.alert import AlertState
from monitor.domain.campaign.diff import observe, vanish
from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.feed import BlindSpell, Feed
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.snapshot import CampaignKey
from monitor.domain.routing.flush import Told
from monitor.errors import StoreError, StoreFault
from monitor.ports import CycleCommit, FlushCommit, OutboxQuery, Snapshot, Store
from tests.contract.stores import (
    KINDS,
    NOW,
    StoreKind,
    after,
    alert,
    balance,
    detail,
    event,
    feed_state,
    group,
    happened,
    ids,
    ledger,
    resolved,
    row,
    tracked,
)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> StoreKind:
    return request.param


@pytest.fixture
async def store(kind: StoreKind, tmp_path: Path) -> AsyncIterator[Store]:
    async with kind.open(tmp_path) as opened:
        yield opened


SMS = Feed("default", "sms")


def whole_cycle() -> CycleCommit:
    return CycleCommit(
        account="default",
        campaigns=[tracked(1), tracked(2, sent=None, status="an invented one")],
        events=[event("e1"), event("e2", kind=EventKind.APPEARED)],
        alerts=[alert("a", state=AlertState.PENDING), alert("b"), resolved("c"), happened("d")],
        feed=feed_state(failures=2),
        balance=balance(),
    )


async def test_a_new_store_holds_nothing(store: Store) -> None:
    assert await store.load() == Snapshot(campaigns=[], alerts=[], ledgers=[])


async def test_what_a_cycle_decided_is_what_is_loaded(store: Store) -> None:
    commit = whole_cycle()
    await store.commit_cycle(commit)
    found = await store.load()
    assert list(found.campaigns) == list(commit.campaigns)
    assert sorted(found.alerts, key=lambda a: a.id) == list(commit.alerts)
    assert found.feeds == {Feed("default", "rcs"): commit.feed}
    assert found.balances == {"default": commit.balance}


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.durable], ids=lambda kind: kind.name
)
async def test_what_was_committed_is_there_after_the_store_was_closed(
    kind: StoreKind, tmp_path: Path
) -> None:
    async with kind.open(tmp_path) as first:
        await first.commit_cycle(whole_cycle())
        await first.commit_flush(FlushCommit(rows=[row("m1")], ledgers=[ledger()]))
        before = await first.load()
    async with kind.open(tmp_path) as second:
        assert await second.load() == before
        assert ids(await second.outbox(OutboxQuery())) == ["m1"]
        assert len(await second.events()) == 2


async def test_the_same_cycle_written_twice_leaves_what_once_leaves(store: Store) -> None:
    await store.commit_cycle(whole_cycle())
    once = await store.load(), await store.events(), await store.alert_history()
    await store.commit_cycle(whole_cycle())
    assert (await store.load(), await store.events(), await store.alert_history()) == once


async def test_a_changed_campaign_replaces_what_was_known_of_it(store: Store) -> None:
    await store.commit_cycle(CycleCommit(account="default", campaigns=[tracked(1), tracked(2)]))
    changed = tracked(1, status="done", sent=500)
    await store.commit_cycle(CycleCommit(account="default", campaigns=[changed]))
    assert list((await store.load()).campaigns) == [changed, tracked(2)]


async def test_a_campaigns_detail_is_kept_until_it_is_read_again(
    store: Store,
) -> None:
    first = msgspec.structs.replace(tracked(1), detail=detail())
    await store.commit_cycle(CycleCommit(account="default", campaigns=[first, tracked(2)]))
    assert list((await store.load()).campaigns) == [first, tracked(2)]
    again = msgspec.structs.replace(first, detail=detail(expired=12))
    await store.commit_cycle(CycleCommit(account="default", campaigns=[again]))
    assert list((await store.load()).campaigns) == [again, tracked(2)]


async def test_forgetting_touches_one_account_only(store: Store) -> None:
    for account in ("default", "other"):
        await store.commit_cycle(
            CycleCommit(
                account=account,
                campaigns=[tracked(1, account=account), tracked(2, account=account)],
            )
        )
    await store.commit_cycle(CycleCommit(account="other", forgotten=[1, 99]))
    left = [(t.campaign.account, t.campaign.id) for t in (await store.load()).campaigns]
    assert left == [("default", 1), ("default", 2), ("other", 2)]


async def test_the_feeds_can_be_read_alone(store: Store) -> None:
    assert list(await store.feeds()) == []
    for state in (feed_state("sms"), feed_state("rcs", failures=3)):
        await store.commit_cycle(CycleCommit(account="default", feed=state))
    assert list(await store.feeds()) == [feed_state("rcs", failures=3), feed_state("sms")]


async def test_the_feeds_of_an_account_are_kept_apart(store: Store) -> None:
    await store.commit_cycle(CycleCommit(account="default", feed=feed_state("sms")))
    await store.commit_cycle(CycleCommit(account="default", feed=feed_state("rcs", failures=3)))
    feeds = (await store.load()).feeds
    assert feeds == {
        Feed("default", "sms"): feed_state("sms"),
        Feed("default", "rcs"): feed_state("rcs", failures=3),
    }


async def test_a_dropped_alert_leaves_nothing(store: Store) -> None:
    await store.commit_cycle(
        CycleCommit(account="default", alerts=[alert("a", state=AlertState.PENDING), alert("b")])
    )
    await store.commit_cycle(CycleCommit(account="default", dropped_alerts=["a", "unknown"]))
    assert [a.id for a in (await store.load()).alerts] == ["b"]
    assert await store.alert_history() == []


async def test_a_closed_alert_is_history_and_no_longer_loaded(store: Store) -> None:
    await store.commit_cycle(CycleCommit(account="default", alerts=[resolved("a"), alert("b")]))
    await store.commit_flush(FlushCommit(closed_alerts=["a", "unknown"]))
    assert [a.id for a in (await store.load()).alerts] == ["b"]
    assert await store.alert_history() == [resolved("a")]


async def test_a_closed_alert_stays_closed_when_its_cycle_is_written_again(store: Store) -> None:
    commit = CycleCommit(account="default", alerts=[resolved("a")])
    await store.commit_cycle(commit)
    await store.commit_flush(FlushCommit(closed_alerts=["a"]))
    await store.commit_cycle(commit)
    assert (await store.load()).alerts == []


async def test_the_history_of_alerts_has_the_latest_end_first_and_only_what_ended(
    store: Store,
) -> None:
    alerts = [
        resolved("early", 100),
        alert("firing"),
        happened("event", 150),
        resolved("late", 200),
    ]
    await store.commit_cycle(CycleCommit(account="default", alerts=alerts))
    assert [a.id for a in await store.alert_history()] == ["late", "event", "early"]
    assert [a.id for a in await store.alert_history(limit=1)] == ["late"]


async def test_one_alert_is_found_by_its_id_whatever_became_of_it(store: Store) -> None:
    alerts = [
        alert("pending", state=AlertState.PENDING),
        alert("firing"),
        resolved("closed"),
        happened("event"),
    ]
    await store.commit_cycle(CycleCommit(account="default", alerts=alerts))
    await store.commit_flush(FlushCommit(closed_alerts=["closed", "event"]))
    assert [await store.alert(a.id) for a in alerts] == alerts
    await store.commit_cycle(
        CycleCommit(account="default", alerts=[resolved("firing")], dropped_alerts=["pending"])
    )
    assert await store.alert("firing") == resolved("firing")
    assert await store.alert("pending") is None
    for unknown in ("", "fir%", "firing' OR 1=1 --", "\x00"):
        assert await store.alert(unknown) is None, unknown


async def test_events_come_newest_first_and_can_be_narrowed(store: Store) -> None:
    recorded = [
        event("first", at=10, campaign_id=1),
        event("second", at=20, campaign_id=2),
        event("third", at=20, campaign_id=1),
        event("elsewhere", at=15, campaign_id=1, account="other"),
    ]
    await store.commit_cycle(CycleCommit(account="default", events=recorded))
    assert [e.id for e in await store.events()] == ["third", "second", "elsewhere", "first"]
    assert [e.id for e in await store.events(campaign_id=1)] == ["third", "elsewhere", "first"]
    assert [e.id for e in await store.events(campaign_id=1, account="default")] == [
        "third",
        "first",
    ]
    assert await store.events(account="other") == [recorded[3]]
    assert [e.id for e in await store.events(limit=2)] == ["third", "second"]


async def test_progress_is_not_recorded(store: Store) -> None:
    events = [event("a", kind=EventKind.PROGRESSED), event("b", kind=EventKind.REWOUND)]
    await store.commit_cycle(CycleCommit(account="default", events=events))
    assert [e.id for e in await store.events()] == ["b"]


async def test_ledgers_are_replaced_and_dropped(store: Store) -> None:
    await store.commit_flush(FlushCommit(ledgers=[ledger("g"), ledger("h")]))
    newer = ledger("g", told={"a": Told.RESOLVED, "e": Told.EVENT})
    await store.commit_flush(
        FlushCommit(ledgers=[newer], dropped_ledgers=[group("h"), group("unknown")])
    )
    assert (await store.load()).ledgers == [newer]


async def test_a_cycle_that_fails_in_the_middle_leaves_nothing(store: Store) -> None:
    await store.commit_cycle(CycleCommit(account="default", campaigns=[tracked(1)]))
    before = await store.load()
    cannot_be_stored = event("half a \ud800 character")
    commit = CycleCommit(
        account="default",
        campaigns=[tracked(1, sent=7), tracked(2)],
        forgotten=[1],
        events=[event("e"), cannot_be_stored],
    )
    with pytest.raises(UnicodeError):
        await store.commit_cycle(commit)
    assert await store.load() == before
    assert await store.events() == []
    await store.commit_cycle(CycleCommit(account="default", campaigns=[tracked(3)]))
    assert len((await store.load()).campaigns) == 2


async def test_a_flush_in_conflict_leaves_nothing(store: Store) -> None:
    await store.commit_flush(
        FlushCommit(rows=[row("old", key="g"), row("free", key="h")], ledgers=[ledger()])
    )
    await store.claim("ops", now=NOW, lease_until=after(60), limit=1)
    commit = FlushCommit(
        rows=[row("new")],
        superseded=["free", "old"],
        ledgers=[ledger(told={})],
        dropped_ledgers=[group("g")],
        closed_alerts=["a"],
    )
    with pytest.raises(StoreError) as failure:
        await store.commit_flush(commit)
    assert (failure.value.reason, failure.value.retryable) == (StoreFault.CONFLICT, True)
    assert (await store.load()).ledgers == [ledger()]
    assert {r.notification.id: r.state.value for r in await store.outbox(OutboxQuery())} == {
        "old": "pending",
        "free": "pending",
    }


async def test_pruning_deletes_old_history_and_nothing_else(store: Store) -> None:
    limit = after(1000)
    moment = limit.timestamp()
    await store.commit_cycle(
        CycleCommit(
            account="default",
            campaigns=[tracked(1)],
            events=[event("old", at=moment - 1), event("new", at=moment)],
            alerts=[
                resolved("old", 900),
                resolved("open", 900),
                resolved("new", 1000),
                alert("firing"),
            ],
            blind=BlindSpell(SMS, moment - 700, moment - 1),
        )
    )
    await store.commit_cycle(
        CycleCommit(account="default", blind=BlindSpell(SMS, moment - 700, moment))
    )
    await store.commit_flush(
        FlushCommit(
            rows=[row("old", key="a"), row("new", key="b"), row("waiting", key="c")],
            closed_alerts=["old", "new"],
        )
    )
    await store.drop(["old"], now=after(999))
    await store.drop(["new"], now=limit)
    assert await store.prune(before=limit) == 4
    assert [spell.until for spell in await store.blind_spells(since=NOW, until=limit)] == [moment]
    assert [e.id for e in await store.events()] == ["new"]
    assert {a.id for a in await store.alert_history()} == {"open", "new"}
    assert set(ids(await store.outbox(OutboxQuery()))) == {"new", "waiting"}
    assert {a.id for a in (await store.load()).alerts} == {"open", "firing"}
    assert len((await store.load()).campaigns) == 1


async def test_more_history_than_is_deleted_at_once_is_deleted(store: Store) -> None:
    await store.commit_cycle(
        CycleCommit(account="default", events=[event(f"e{n}", at=float(n)) for n in range(4100)])
    )
    assert await store.prune(before=NOW) == 4100
    assert await store.events() == []


async def test_no_other_process_has_written(store: Store) -> None:
    await store.commit_cycle(whole_cycle())
    assert not await store.changed_outside()


def shown(at: float, sent: int) -> Sample:
    return Sample(at, "sending", sent, sent - 1, None, 3)


async def test_samples_reach_back_to_what_was_shown_at_the_time_asked_for(store: Store) -> None:
    cycle = whole_cycle()
    for seconds, sent in ((0, 10), (60, 20), (120, 30)):
        samples = {
            1: shown(NOW.timestamp() + seconds, sent),
            2: shown(NOW.timestamp() + seconds, sent + 1),
        }
        await store.commit_cycle(replace(cycle, samples=samples))
        await store.commit_cycle(replace(cycle, samples=samples))  # twice is once
    assert await store.samples(since=after(90)) == {
        CampaignKey("default", 1): (
            shown(NOW.timestamp() + 60, 20),
            shown(NOW.timestamp() + 120, 30),
        ),
        CampaignKey("default", 2): (
            shown(NOW.timestamp() + 60, 21),
            shown(NOW.timestamp() + 120, 31),
        ),
    }
    assert [len(found) for found in (await store.samples(since=after(-90))).values()] == [3, 3]


async def test_samples_of_what_is_settled_or_forgotten_are_not_asked_for(store: Store) -> None:
    settled = msgspec.structs.replace(tracked(1), settled=True)
    at = NOW.timestamp() + 5
    samples = {1: shown(at, 1), 2: shown(at, 1), 3: shown(at, 1)}
    await store.commit_cycle(
        CycleCommit(account="default", campaigns=[settled, tracked(2)], samples=samples)
    )
    assert await store.samples(since=NOW) == {CampaignKey("default", 2): (shown(at, 1),)}


async def test_the_course_of_one_campaign_is_all_that_was_recorded_of_it(store: Store) -> None:
    settled = msgspec.structs.replace(tracked(1), settled=True)
    for seconds in (60, 0):
        samples = {id_: shown(NOW.timestamp() + seconds, 10 * id_ + seconds) for id_ in (1, 2)}
        await store.commit_cycle(
            CycleCommit(account="default", campaigns=[settled], samples=samples)
        )
    await store.commit_cycle(CycleCommit(account="other", samples={1: shown(NOW.timestamp(), 5)}))
    assert await store.course(CampaignKey("default", 1)) == [
        shown(NOW.timestamp(), 10),
        shown(NOW.timestamp() + 60, 70),
    ]
    assert await store.course(CampaignKey("default", 2)) == [
        shown(NOW.timestamp(), 20),
        shown(NOW.timestamp() + 60, 80),
    ]
    assert await store.course(CampaignKey("default", 3)) == []


async def test_samples_of_what_has_shown_the_same_all_the_time_are_not_asked_for(
    store: Store,
) -> None:
    first, now = tracked().first_seen, NOW.timestamp()
    moments = {1: (first,), 2: (first, now - 60), 3: (first, now), 4: (first, now + 60)}
    for id_, ats in moments.items():
        for at in ats:
            await store.commit_cycle(
                CycleCommit(
                    account="default", campaigns=[tracked(id_)], samples={id_: shown(at, 1)}
                )
            )
    assert await store.samples(since=NOW) == {
        CampaignKey("default", 4): (shown(first, 1), shown(now + 60, 1))
    }
    of_all = await store.samples(since=datetime.fromtimestamp(0, UTC))
    assert {key.id: len(samples) for key, samples in of_all.items()} == {2: 2, 3: 2, 4: 2}


async def test_old_samples_are_thinned_to_the_last_of_each_hour(store: Store) -> None:
    start = 1_772_438_400.0  # a full hour
    moments = [0, 60, 3599, 3600, 3700, 7200]
    for second in moments:
        samples = (
            {1: shown(start + second, second), 2: shown(start + second, 0)}
            if second != 3700
            else {1: shown(start + second, second)}
        )
        await store.commit_cycle(
            CycleCommit(account="default", campaigns=[tracked(1), tracked(2)], samples=samples)
        )
    assert await store.thin(before=datetime.fromtimestamp(start + 7300, UTC)) == 5
    assert await store.thin(before=datetime.fromtimestamp(start + 7300, UTC)) == 0
    found = await store.samples(since=datetime.fromtimestamp(0, UTC))
    assert [sample.at - start for sample in found[CampaignKey("default", 1)]] == [3599, 3700, 7200]
    assert [sample.at - start for sample in found[CampaignKey("default", 2)]] == [3599, 3600, 7200]


async def test_old_samples_are_pruned(store: Store) -> None:
    for at in (NOW.timestamp() - 100, NOW.timestamp() + 100):
        await store.commit_cycle(
            CycleCommit(account="default", campaigns=[tracked(1)], samples={1: shown(at, 1)})
        )
    assert await store.prune(before=NOW) == 1
    assert await store.samples(since=after(-500)) == {
        CampaignKey("default", 1): (shown(NOW.timestamp() + 100, 1),)
    }


async def test_times_in_which_a_feed_was_not_read_are_found_where_they_overlap_what_is_asked_for(
    store: Store,
) -> None:
    start = NOW.timestamp()
    spells = [
        BlindSpell(Feed("default", "rcs"), start + 700, start + 1500),
        BlindSpell(SMS, start, start + 900),
    ]
    for spell in spells:
        await store.commit_cycle(CycleCommit(account="default", blind=spell))
        await store.commit_cycle(CycleCommit(account="default", blind=spell))
    assert await store.blind_spells(since=after(-100), until=after(2000)) == [spells[1], spells[0]]
    assert await store.blind_spells(since=after(1000), until=after(1100)) == [spells[0]]
    assert await store.blind_spells(since=after(100), until=after(700)) == [spells[1]]
    assert await store.blind_spells(since=after(1500), until=after(2000)) == []


async def test_campaigns_that_vanished_are_found_by_when_each_as_it_was_last(store: Store) -> None:
    start = NOW.timestamp()
    gone = [vanish(tracked(number), now=start + 100 * number) for number in (2, 1, 3)]
    appeared = observe(None, tracked(4).campaign, now=start + 200, keep=0.0)[1]
    await store.commit_cycle(CycleCommit(account="default", events=[*gone, *appeared]))
    assert await store.vanished(since=NOW, until=after(1000)) == [gone[1], gone[0], gone[2]]
    assert await store.vanished(since=after(100), until=after(200)) == [gone[1], gone[0]]
    assert await store.vanished(since=after(301), until=after(1000)) == []
