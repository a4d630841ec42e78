"""How long a monitor ran."""

from datetime import timedelta

import pytest

from monitor.dispatcher.uptime import MOST_SPELLS, Uptime, read, written
from tests.clock import START

MINUTE = timedelta(minutes=1)


def seen(*minutes: int) -> Uptime:
    uptime = Uptime()
    for minute in minutes:
        uptime = uptime.seen(START + minute * MINUTE)
    return uptime


def test_what_lies_between_two_looks_counts_unless_they_are_far_apart() -> None:
    assert seen(0, 5, 10, 100, 103).since(START) == 13 * MINUTE


def test_only_what_came_after_the_moment_counts() -> None:
    assert seen(0, 5, 10, 100, 103).since(START + 8 * MINUTE) == 5 * MINUTE
    assert seen(0, 5).since(START + 8 * MINUTE) == timedelta(0)


def test_a_clock_that_was_set_back_has_not_been_ahead() -> None:
    assert seen(0, 5, 500, 505, 6).since(START) == 6 * MINUTE


def test_it_is_read_as_it_was_written() -> None:
    assert read(written(seen(0, 5, 100))) == seen(0, 5, 100)


@pytest.mark.parametrize("text", [None, "", "x", START.isoformat()])
def test_what_is_no_attendance_is_none(text: str | None) -> None:
    assert read(text) == Uptime()


def test_it_does_not_grow_without_end() -> None:
    assert len(seen(*range(0, 100 * MOST_SPELLS, 10)).spells) == MOST_SPELLS
