"""What every test may use."""

from collections.abc import Iterator
from typing import Any

import aioresponses.core
import pytest
from aiohttp import ClientResponse, StreamReader
from hypothesis import HealthCheck, settings

# A busy machine is no finding: how long an example takes, or its making, says nothing about what is
# tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "quick",
    settings.get_profile("patient"),
    max_examples=settings.get_profile("patient").max_examples // 5,
)
settings.load_profile("patient")


class _Sent:
    """The writer of a request that has gone out."""

    output_size = 0


class _Response(ClientResponse):
    """aioresponses 0.7.9 does not know that aiohttp 3.14 wants a response to know its request's
    writer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, stream_writer=_Sent(), **kwargs)


class _Unconnected:
    """A connection that is never full: the fake one of aioresponses breaks when a body above 128
    KiB tells it to pause."""

    _reading_paused = False

    def pause_reading(self) -> None:
        pass

    def resume_reading(self, resume_parser: bool = True) -> None:
        pass


def _reader(loop: Any) -> StreamReader:
    return StreamReader(_Unconnected(), limit=2**16, loop=loop)


@pytest.fixture
def http_faults(monkeypatch: pytest.MonkeyPatch) -> Iterator[aioresponses.aioresponses]:
    """aioresponses, for what no server can stage: DNS, TLS, a reset before the status line. It
    refuses real requests."""
    monkeypatch.setattr(aioresponses.core, "ClientResponse", _Response)
    monkeypatch.setattr(aioresponses.core, "stream_reader_factory", _reader)
    with aioresponses.aioresponses() as faults:
        yield faults
