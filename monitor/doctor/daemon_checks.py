"""The daemon that should be running: does it have the database, and does it answer?"""

import json
from typing import Any

import aiohttp

from monitor.doctor.finding import Finding, ok, problem, warning
from monitor.settings import Listen

SECONDS = 5.0
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (listened on, not by us)
SUBJECT = "daemon"


async def examine_daemon(listen: Listen, holder: str | None) -> Finding:
    """Ask the daemon whether it is ready. `holder` is the id of the process that has the
    database open; None when there is none."""
    running = f"runs (pid {holder})"
    if listen.port == 0:
        if holder is None:
            return _not_running()
        return ok(
            SUBJECT, f"{running}; BSG_LISTEN has port 0, so doctor cannot ask whether it is ready"
        )
    address = str(Listen(EVERY_ADDRESS.get(listen.host, listen.host), listen.port))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as session:
        alive = await _ask(session, f"http://{address}/healthz")
        if alive is None:
            if holder is None:
                return _not_running()
            return problem(
                SUBJECT,
                f"{running} and does not answer at {address}/healthz",
                "does it have another BSG_LISTEN than this command? Otherwise it hangs: restart it",
            )
        ready = await _ask(session, f"http://{address}/readyz")
    if holder is None:
        return warning(
            SUBJECT,
            f"something answers at {address}, but no process has this database: another monitor, "
            "or another program",
            "compare BSG_DATABASE_URL and BSG_LISTEN with those of the daemon",
        )
    if ready is None or ready[0] != 200:
        return problem(
            SUBJECT,
            f"{running} and is not ready: {_reasons(ready)}",
            "its log says more; after a start it needs one poll",
        )
    return ok(SUBJECT, f"{running}, answers at {address} and is ready")


def _not_running() -> Finding:
    return warning(
        SUBJECT,
        "none runs with this database: no alerts are sent",
        "start `bsg-monitor run`, or its service",
    )


async def _ask(session: aiohttp.ClientSession, url: str) -> tuple[int, str] | None:
    """Status and text; None when there was no answer."""
    try:
        async with session.get(url, allow_redirects=False) as answer:
            return answer.status, (await answer.content.read(65536)).decode("utf-8", "replace")
    except (TimeoutError, aiohttp.ClientError, OSError):
        return None


def _reasons(answer: tuple[int, str] | None) -> str:
    if answer is None:
        return "/readyz does not answer"
    try:
        said: Any = json.loads(answer[1])
        return "; ".join(map(str, said["reasons"]))
    except (ValueError, KeyError, TypeError):
        return f"/readyz answers {answer[0]}"
