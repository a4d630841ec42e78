"""What every store promises of silences and acknowledgements."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.domain.alerting.alert import Acknowledgement
from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.silence import Silence
from monitor.ports import CycleCommit, FlushCommit, Store
from tests.contract.stores import KINDS, NOW, StoreKind, after, alert, resolved


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with request.param.open(tmp_path) as opened:
        yield opened


def silence(id_: str, **values: Any) -> Silence:
    known: dict[str, Any] = {
        "matchers": parse_matchers('alertname=~"Sta.*", sender!="Магазин"'),
        "starts_at": NOW,
        "author": "Анна",
        "comment": "known; see ticket",
        "created_at": NOW,
    }
    return Silence(id=id_, **{**known, **values})


def said(alert_id: str, *, author: str = "anna", at: float = 5) -> Acknowledgement:
    return Acknowledgement(alert_id=alert_id, author=author, at=after(at), comment="on it")


async def test_silences_are_kept_as_they_are_the_oldest_first(store: Store) -> None:
    late = silence("late", created_at=after(1), starts_at=after(60), ends_at=after(120))
    early = silence("early", until_resolved=True)
    await store.add_silence(late)
    await store.add_silence(early)
    assert list(await store.silences()) == [early, late]


async def test_the_same_silence_added_again_changes_nothing(store: Store) -> None:
    await store.add_silence(silence("a"))
    await store.expire_silences(["a"], at=after(1), by="anna")
    await store.add_silence(silence("a"))
    assert [each.ended_at for each in await store.silences()] == [after(1)]


async def test_those_that_have_ended_are_left_out_when_asked_to(store: Store) -> None:
    for id_, ends in (("open", None), ("soon", after(60)), ("over", after(10))):
        await store.add_silence(silence(id_, ends_at=ends))
    await store.add_silence(silence("by hand", ends_at=after(600)))
    await store.expire_silences(["by hand"], at=after(5), by="anna")
    assert {each.id for each in await store.silences(ended_after=after(10))} == {"open", "soon"}
    assert len(await store.silences(ended_after=after(4))) == 4


async def test_a_silence_ends_once_and_by_whom_is_known(store: Store) -> None:
    for id_ in ("a", "b"):
        await store.add_silence(silence(id_, ends_at=after(60)))
    assert await store.expire_silences(["a", "a", "unknown"], at=after(10), by="anna") == 1
    assert await store.expire_silences(["a"], at=after(20), by="bob") == 0
    assert await store.expire_silences(["b"], at=after(60), by="bob") == 0  # it has ended by itself
    ended = next(each for each in await store.silences() if each.id == "a")
    assert (ended.ended_at, ended.ended_by) == (after(10), "anna")


async def test_a_flush_notes_what_a_silence_matched_and_that_it_is_over(store: Store) -> None:
    for id_ in ("a", "b"):
        await store.add_silence(silence(id_, until_resolved=True))
    await store.commit_flush(FlushCommit(matched_silences={"a": after(1), "unknown": after(1)}))
    await store.commit_flush(
        FlushCommit(matched_silences={"a": after(2), "b": after(2)}, over_silences={"a": after(2)})
    )
    expected = {
        "a": msgspec.structs.replace(
            silence("a", until_resolved=True), matched_at=after(1), ended_at=after(2)
        ),
        "b": msgspec.structs.replace(silence("b", until_resolved=True), matched_at=after(2)),
    }
    assert {each.id: each for each in await store.silences()} == expected


async def test_a_flush_does_not_end_again_what_a_person_has_ended(store: Store) -> None:
    await store.add_silence(silence("a", until_resolved=True))
    await store.expire_silences(["a"], at=after(1), by="anna")
    await store.commit_flush(FlushCommit(over_silences={"a": after(2)}))
    assert [(each.ended_at, each.ended_by) for each in await store.silences()] == [
        (after(1), "anna")
    ]


async def test_the_last_to_acknowledge_an_alert_is_handling_it(store: Store) -> None:
    await store.commit_cycle(CycleCommit(account="default", alerts=[alert("a"), alert("b")]))
    await store.acknowledge([said("a"), said("b")])
    await store.acknowledge([said("a", author="bob", at=9)])
    assert list(await store.acknowledgements()) == [said("a", author="bob", at=9), said("b")]
    assert await store.forget_acknowledgements(["a", "unknown"]) == 1
    assert list(await store.acknowledgements()) == [said("b")]


async def test_a_closed_alert_has_no_acknowledgement(store: Store) -> None:
    await store.commit_cycle(CycleCommit(account="default", alerts=[resolved("a"), alert("b")]))
    await store.acknowledge([said("a"), said("b")])
    await store.commit_flush(FlushCommit(closed_alerts=["a"]))
    assert list(await store.acknowledgements()) == [said("b")]


async def test_open_alerts_are_those_that_are_loaded(store: Store) -> None:
    await store.commit_cycle(
        CycleCommit(account="default", alerts=[alert("a"), resolved("b"), resolved("c")])
    )
    await store.commit_flush(FlushCommit(closed_alerts=["c"]))
    assert list(await store.open_alerts()) == list((await store.load()).alerts)
    assert [each.id for each in await store.open_alerts()] == ["a", "b"]


async def test_pruning_deletes_what_ended_long_ago_and_keeps_what_has_not(store: Store) -> None:
    await store.commit_cycle(
        CycleCommit(account="default", alerts=[resolved("closed"), alert("open")])
    )
    await store.commit_flush(FlushCommit(closed_alerts=["closed"]))
    await store.acknowledge([said("closed"), said("open")])
    for id_, ends in (("open", None), ("old", after(10)), ("new", after(2000))):
        await store.add_silence(silence(id_, ends_at=ends))
    await store.prune(before=after(1000))
    assert {each.id for each in await store.silences()} == {"open", "new"}
    assert [each.alert_id for each in await store.acknowledgements()] == ["open"]


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.durable], ids=lambda kind: kind.name
)
async def test_all_of_it_survives_a_restart(kind: StoreKind, tmp_path: Path) -> None:
    async with kind.open(tmp_path) as first:
        await first.commit_cycle(CycleCommit(account="default", alerts=[alert("a")]))
        await first.add_silence(silence("a", ends_at=after(60)))
        await first.acknowledge([said("a")])
    async with kind.open(tmp_path) as second:
        assert list(await second.silences()) == [silence("a", ends_at=after(60))]
        assert list(await second.acknowledgements()) == [said("a")]
