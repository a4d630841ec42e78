"""Runs programs in a network of their own and asks them things: `python -m
tests.deploy.private_network PLAN`.

A plan is JSON: `start`, a list of commands; `last_waits_for`, URLs that answer before the last
of them is started; `ask`, by name, a URL and a text that its answer has to contain. All of it
sees the loopback of a new network namespace alone: ports that files name are free, and no
other machine is reached. Prints the answers as JSON, once they are as expected or time is up.
"""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from tests.patience import BOUND_SECONDS, LOOK_EVERY_SECONDS
from tests.real import require


def asked(plan: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Carry out a plan in a new network; the last answer to each question, "" without one. Logs
    are in `folder`."""
    path = folder / "plan.json"
    path.write_text(json.dumps({**plan, "folder": str(folder)}))
    network = (
        require("bwrap"),
        "--unshare-net",
        "--die-with-parent",
        "--cap-add",
        "ALL",
        "--dev-bind",
        "/",
        "/",
    )
    command = [*network, sys.executable, "-m", __name__, path]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    answers: dict[str, str] = json.loads(done.stdout)
    return answers


def _carry_out(plan: Mapping[str, Any]) -> dict[str, str]:
    folder = Path(plan["folder"])
    answers = dict.fromkeys(plan["ask"], "")
    running: list[subprocess.Popen[bytes]] = []

    def start(command: list[str]) -> None:
        with (folder / f"{len(running)}.log").open("wb") as log:
            running.append(subprocess.Popen(command, stdout=log, stderr=log))

    def answered(name: str) -> bool:
        url, expected = plan["ask"][name]
        answers[name] = _answer(url) or ""
        return expected in answers[name]

    try:
        for command in plan["start"][:-1]:
            start(command)
        _wait(set(plan["last_waits_for"]), lambda url: _answer(url) is not None)
        start(plan["start"][-1])
        _wait(set(plan["ask"]), answered)
    finally:
        for process in running:
            process.kill()
            process.wait()
    return answers


def _wait(open_: set[str], done: Callable[[str], bool]) -> None:
    """Until everything is done, or time is up."""
    end = time.monotonic() + BOUND_SECONDS  # noqa: TID251 (other processes have no clock of ours)
    while open_ and time.monotonic() < end:  # noqa: TID251
        open_ = {each for each in open_ if not done(each)}
        time.sleep(LOOK_EVERY_SECONDS)  # noqa: TID251


def _answer(url: str) -> str | None:
    """The body of an answer, whatever its status; None without one."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            text: str = answer.read().decode()
            return text
    except HTTPError as error:
        return error.read().decode()
    except OSError:
        return None


if __name__ == "__main__":
    print(json.dumps(_carry_out(json.loads(Path(sys.argv[1]).read_text()))))
