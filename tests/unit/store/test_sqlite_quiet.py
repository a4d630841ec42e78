"""Silences that were damaged by hand."""

from pathlib import Path

from monitor.store import SqliteStore
from tests.contract.test_store_quiet import silence
from tests.unit.store.test_sqlite_file import by_hand


async def test_a_silence_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    async with SqliteStore(path) as store:
        for id_ in ("a", "b", "c"):
            await store.add_silence(silence(id_))
    by_hand(
        path,
        "UPDATE silences SET matchers = 'nonsense' WHERE id = 'a'",
        """UPDATE silences SET matchers = '[{"name":"a","operator":"=~","value":"("}]' WHERE id = 'b'""",
    )
    async with SqliteStore(path) as store:
        assert [each.id for each in await store.silences()] == ["c"]
