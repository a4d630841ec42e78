"""How SQLite goes about statements whose cost must not grow with history."""

import sqlite3
from contextlib import closing
from pathlib import Path

from monitor.store import SqliteStore, statements


async def test_a_start_looks_at_recent_samples_only(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    async with SqliteStore(path):
        pass
    with closing(sqlite3.connect(path)) as db:
        plan = [
            row[3]
            for row in db.execute(f"EXPLAIN QUERY PLAN {statements.SAMPLES_SINCE}", (0.0, 0.0))
        ]
    assert "SEARCH samples USING PRIMARY KEY (at>?)" in plan
    assert [step for step in plan if step.startswith(("SCAN s", "SCAN c", "SCAN p"))] == []
