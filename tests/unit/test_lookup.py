"""Campaigns that the list leaves out, asked for one by one."""

from monitor.polling.lookup import FREEZE_AFTER_SECONDS, LOOKUPS_PER_CYCLE, Lookup
from tests.clock import InstantClock
from tests.sources import ScriptedSource, campaign, outage


async def test_what_is_found_is_unlisted_and_what_is_not_is_gone() -> None:
    source = ScriptedSource([campaign(1)])
    lookup = Lookup("default", source, InstantClock())
    answers = await lookup.explain([1, 2])
    assert [found.id for found in answers.found] == [1]
    assert answers.gone == {2}
    assert answers.unknown == frozenset()
    assert lookup.unlisted == {1}
    lookup.listed([1])
    assert lookup.unlisted == set()


async def test_a_confirmed_404_is_not_asked_for_again_until_it_may_be_acted_on() -> None:
    source = ScriptedSource()
    lookup = Lookup("default", source, InstantClock())
    ids = list(range(1, LOOKUPS_PER_CYCLE + 6))
    assert len((await lookup.explain(ids)).unknown) == 5
    answers = await lookup.explain(ids)
    assert answers.gone == set(ids)
    assert sorted(source.lookups) == ids


async def test_failures_end_the_round_and_go_last_in_the_next() -> None:
    source = ScriptedSource([campaign(id_) for id_ in range(1, 11)])
    source.lookup_errors = dict.fromkeys((1, 2, 3), outage())
    lookup = Lookup("default", source, InstantClock())
    first = await lookup.explain(list(range(1, 11)))
    assert first.unknown == set(range(1, 11))
    second = await lookup.explain(list(range(1, 11)))
    assert {found.id for found in second.found} == set(range(4, 11))
    assert second.unknown == {1, 2, 3}


async def test_a_budget_of_nothing_asks_nothing() -> None:
    source = ScriptedSource([campaign(1)])
    answers = await Lookup("default", source, InstantClock()).read([1], budget=-3)
    assert answers.unknown == {1}
    assert source.lookups == []


async def test_a_few_whose_look_up_has_failed_for_an_hour_hold_up_nothing_else() -> None:
    clock, source = InstantClock(), ScriptedSource()
    source.lookup_errors = dict.fromkeys(range(1, 23), outage())
    lookup = Lookup("default", source, clock)
    await lookup.explain([1, 2, 3])
    assert not lookup.frozen({1}, of=1000)
    await clock.sleep(FREEZE_AFTER_SECONDS - 1)
    assert not lookup.frozen({1}, of=1000)
    await clock.sleep(1)
    await lookup.explain([1, 2, 3])  # it goes on failing
    assert lookup.frozen({1}, of=1)
    assert lookup.frozen({1, 2, 3}, of=300)
    assert not lookup.frozen({1, 2, 3}, of=299)  # more than one in a hundred
    assert not lookup.frozen({1, 4}, of=1000)  # the second was not asked for
    for first in range(4, 23, 3):
        await lookup.explain([first, first + 1, first + 2])
    await clock.sleep(FREEZE_AFTER_SECONDS)
    assert lookup.frozen(set(range(1, 21)), of=100_000)
    assert not lookup.frozen(set(range(1, 22)), of=100_000)
    lookup.listed([1])
    assert not lookup.frozen({1}, of=1000)
