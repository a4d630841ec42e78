"""By how much a zone is off: in quarters of an hour, whatever the clocks and the polls add to
it."""

import pytest

from monitor.domain.times.zones import at_least_further_east, at_most_further_west

HOUR = 3600.0


@pytest.mark.parametrize(
    ("seconds", "shift"),
    [
        (5 * HOUR - 59, 5),
        (5 * HOUR + 90, 5),
        (4.6 * HOUR, 4.75),
        (5.5 * HOUR, 5.5),
        (11 * 60, 0.25),
        (60, 0.25),
    ],
)
def test_what_is_created_in_the_future_moves_the_zone_east(seconds: float, shift: float) -> None:
    assert at_least_further_east(seconds) == shift * HOUR


@pytest.mark.parametrize(
    ("seconds", "shift"),
    [(2 * HOUR + 50, 2), (2 * HOUR - 50, 2), (2.3 * HOUR, 2.25), (0.6 * HOUR, 0.5)],
)
def test_what_is_old_when_it_is_first_seen_moves_it_west(seconds: float, shift: float) -> None:
    assert at_most_further_west(seconds) == shift * HOUR
