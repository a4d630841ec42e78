"""Containers as processes of this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp


@asynccontextmanager
async def started(command: list[str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process while the context lasts; what it prints is in `log`."""
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(*command, stdout=out, stderr=out)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def innermost(pid: int) -> int:
    """The process at the end of a line of processes that each have one child: what runs in the
    namespaces that `pid` made."""
    while children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pid = int(children[0])
    return pid


async def status(url: str, **headers: str) -> int | None:
    """The answer's status; None without one."""
    try:
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            return answer.status
    except aiohttp.ClientError:
        return None
