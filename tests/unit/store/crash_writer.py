"""Commits generation after generation until it is killed: `python -m
tests.unit.store.crash_writer FILE`.

Everything that one commit writes names its generation, so that half a commit shows. Each
committed generation is printed.
"""

import asyncio
import itertools
import sys
from pathlib import Path

from monitor.domain.campaign.event import EventKind
from monitor.domain.routing.flush import Told
from monitor.ports import CycleCommit, FlushCommit
from monitor.store import SqliteStore
from tests.contract.stores import balance, event, feed_state, group, ledger, resolved, row, tracked

CAMPAIGNS = 200


def cycle(generation: int) -> CycleCommit:
    return CycleCommit(
        account="default",
        campaigns=[tracked(n, sent=generation) for n in range(CAMPAIGNS)],
        events=[
            event(f"{generation}-{n}", kind=EventKind.EDITED, at=float(generation))
            for n in range(CAMPAIGNS)
        ],
        alerts=[resolved(f"alert-{generation}")],
        feed=feed_state(failures=generation),
        balance=balance(float(generation)),
    )


def flush(generation: int, replaced: list[str]) -> FlushCommit:
    return FlushCommit(
        rows=[row(f"message-{generation}")],
        superseded=replaced,
        ledgers=[ledger(told={str(generation): Told.FIRING})],
    )


async def write(path: Path) -> None:
    async with SqliteStore(path) as store:
        balances = (await store.load()).balances
        start = int(balances["default"].balance) if balances else 0
        for generation in itertools.count(start + 1):
            await store.commit_cycle(cycle(generation))
            replaced = [
                r.notification.id
                for rows in (await store.replaceable([group()])).values()
                for r in rows
            ]
            await store.commit_flush(flush(generation, replaced))
            print(generation, flush=True)


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1])))
