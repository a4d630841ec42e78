"""What the service manager is told, on a socket of the test's own."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.daemon.systemd import ServiceManager


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "notify")


@pytest.fixture
def listener(path: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(path)
        bound.setblocking(False)
        yield bound


def heard(listener: socket.socket) -> list[str]:
    messages: list[str] = []
    while True:
        try:
            messages.append(listener.recv(4096).decode())
        except BlockingIOError:
            return messages


def test_each_state_is_a_datagram(path: str, listener: socket.socket) -> None:
    manager = ServiceManager(path, watchdog_seconds=30)
    manager.ready()
    manager.alive()
    manager.reloading(12.5)
    manager.stopping()
    assert heard(listener) == [
        "READY=1",
        "WATCHDOG=1",
        "RELOADING=1\nMONOTONIC_USEC=12500000",
        "STOPPING=1",
    ]


def test_an_abstract_socket_is_written_with_an_at() -> None:
    name = f"bsg-monitor-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind("\0" + name)
        bound.setblocking(False)
        ServiceManager("@" + name).ready()
        assert heard(bound) == ["READY=1"]


def test_a_status_is_one_line_whatever_is_in_it(path: str, listener: socket.socket) -> None:
    ServiceManager(path).status("well\nMAINPID=1  and\tgood")
    assert heard(listener) == ["STATUS=well MAINPID=1 and good"]


def test_nothing_is_said_without_a_listener() -> None:
    with capture_logs() as logs:
        manager = ServiceManager.of({})
        manager.ready()
        manager.status("x")
        manager.alive()
    assert logs == []


def test_who_wants_no_sign_of_life_gets_none(path: str, listener: socket.socket) -> None:
    ServiceManager(path).alive()
    assert heard(listener) == []


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "77"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "78"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
    ids=["for every process", "for us", "for another process", "zero", "no number", "none"],
)
def test_the_watchdogs_period_is_the_environments(
    environ: dict[str, str], expected: float | None
) -> None:
    assert ServiceManager.of(environ, pid=77).watchdog_seconds == expected


def test_a_state_that_was_not_taken_goes_out_with_the_next_thing_said(path: str) -> None:
    manager = ServiceManager(path)
    with capture_logs() as logs:
        manager.reloading(1)
        manager.ready()
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("service_manager_not_told", "warning")
    ]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(path)
        bound.setblocking(False)
        manager.status("well")
        manager.status("better")
        assert heard(bound) == ["READY=1\nSTATUS=well", "STATUS=better"]


def test_a_full_queue_does_not_hold_us_up(path: str, listener: socket.socket) -> None:
    manager = ServiceManager(path, watchdog_seconds=1)
    with capture_logs() as logs:
        for _ in range(5000):
            manager.alive()
    assert len(logs) == 1
    full = heard(listener)
    manager.ready()
    assert heard(listener) == ["READY=1"]
    assert 0 < len(full) < 5000
