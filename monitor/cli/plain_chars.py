"""What is drawn with characters beyond ASCII, on a terminal or into a file whose encoding lacks
them."""

import codecs
import io

PLAIN = "bsg-monitor-plain"
"""The name under which this way of writing is known to Python's codecs."""

_INSTEAD = {
    **dict(zip("▁▂▃▄▅▆▇█", ".:-=+*%#", strict=True)),
    **dict(zip("✓✗│├└–·", "+-||`-.", strict=True)),
    "…": "...",
    "→": "->",
    "─": "-",
}


def write_plainly(stream: object) -> None:
    """Have what the stream's encoding lacks written with other characters, or as an escape where
    there is nothing alike: a locale that lacks a character is no reason to fail."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=PLAIN)


def _instead(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    char = error.object[error.start]
    if char in _INSTEAD:
        return _INSTEAD[char], error.start + 1
    written, _ = codecs.backslashreplace_errors(
        UnicodeEncodeError(error.encoding, char, 0, 1, error.reason)
    )
    return written, error.start + 1


codecs.register_error(PLAIN, _instead)
