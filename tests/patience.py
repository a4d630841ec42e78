"""Waiting for what another process or thread does: as long as it takes, within a bound that only
a failure reaches."""

import asyncio
from collections.abc import Awaitable, Callable

BOUND_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.05


async def until(
    holds: Callable[[], bool] | Callable[[], Awaitable[bool]], *, bound: float = BOUND_SECONDS
) -> None:
    """Return once `holds()` is true; AssertionError after `bound` seconds."""
    try:
        async with asyncio.timeout(bound):
            while True:
                found = holds()
                if isinstance(found, Awaitable):
                    found = await found
                if found:
                    return
                # another process has no clock of ours
                await asyncio.sleep(LOOK_EVERY_SECONDS)  # noqa: TID251
    except TimeoutError:
        raise AssertionError(
            f"{getattr(holds, '__name__', holds)} did not come to hold within {bound:.0f} s"
        ) from None
