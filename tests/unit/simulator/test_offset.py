import math

import pytest

from monitor.simulator.plan import parse_offset


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("1h30m", 5400),
        ("-2d", -172_800),
        ("1.5m", 90),
        ("250ms", 0.25),
        ("+5s", 5),
        (12, 12),
        (0.5, 0.5),
        ("forever", math.inf),
    ],
)
def test_a_span_is_read(text: object, seconds: float) -> None:
    assert parse_offset(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "1h 30m", "h", "5 minutes", None, True, math.nan, math.inf, "--5s", []]
)
def test_what_is_no_span_is_refused_with_what_was_expected(text: object) -> None:
    with pytest.raises(ValueError, match="expected seconds, or a text like 90s"):
        parse_offset(text)
