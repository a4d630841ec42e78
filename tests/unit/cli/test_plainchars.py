"""Drawings where the locale has no characters for them."""

import io

import pytest

from monitor.cli.terminal import write_plainly


@pytest.mark.parametrize(
    ("drawn", "written"),
    [
        ("├ ✓ sent > 5\n└ ✗ final", "| + sent > 5\n` - final"),
        (" ▁▂▃▄▅▆▇█", " .:-=+*%#"),
        ("scheduled → sending …, –", "scheduled -> sending ..., -"),
        ("Ärger 🔥 \u202e", "\\xc4rger \\U0001f525 \\u202e"),
    ],
)
def test_what_the_encoding_lacks_is_drawn_otherwise_or_escaped(drawn: str, written: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    write_plainly(stream)
    stream.write(drawn)
    stream.flush()
    assert raw.getvalue().decode("ascii") == written


def test_an_encoding_that_has_the_character_keeps_it() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1")
    write_plainly(stream)
    stream.write("Ärger · …")
    stream.flush()
    assert raw.getvalue() == "Ärger · ...".encode("latin-1")
