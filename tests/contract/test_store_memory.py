"""What every store promises of the texts that integrations keep."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.ports import Store
from tests.contract.stores import KINDS, NOW, StoreKind, after


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> StoreKind:
    return request.param


@pytest.fixture
async def store(kind: StoreKind, tmp_path: Path) -> AsyncIterator[Store]:
    async with kind.open(tmp_path) as opened:
        yield opened


async def test_what_was_never_kept_is_not_there(store: Store) -> None:
    assert await store.recall("ops", "group") is None


async def test_the_last_text_is_the_one_that_is_kept_apart_by_receiver_and_key(
    store: Store,
) -> None:
    for receiver, key, value in (
        ("ops", "a", "1"),
        ("ops", "a", "2 ☀"),
        ("ops", "b", "3"),
        ("pager", "a", ""),
    ):
        await store.remember(receiver, key, value, now=NOW)
    assert await store.recall("ops", "a") == "2 ☀"
    assert await store.recall("ops", "b") == "3"
    assert await store.recall("pager", "a") == ""
    assert await store.recall("pager", "b") is None


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.durable], ids=lambda kind: kind.name
)
async def test_what_was_kept_survives_a_restart(kind: StoreKind, tmp_path: Path) -> None:
    async with kind.open(tmp_path) as first:
        await first.remember("ops", "a", "1", now=NOW)
    async with kind.open(tmp_path) as second:
        assert await second.recall("ops", "a") == "1"


async def test_pruning_forgets_what_was_not_renewed(store: Store) -> None:
    await store.remember("ops", "old", "1", now=after(0))
    await store.remember("ops", "renewed", "1", now=after(0))
    await store.remember("ops", "renewed", "2", now=after(100))
    assert await store.prune(before=after(100)) == 1
    assert await store.recall("ops", "old") is None
    assert await store.recall("ops", "renewed") == "2"
