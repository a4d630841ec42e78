"""How much to show of a text in the wrong place: it may be a secret whose key lost its colon."""

import re
from collections.abc import Collection

HIDDEN = "…"
LONGEST_WORD = 40
LONGEST_QUOTE = 80

_RUN = re.compile(r"[A-Za-z0-9_+=~-]{8,}")
_TURN = re.compile(r"[a-z](?=[A-Z0-9])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z])")
_MOST_TURNS = 3
_DURATION = re.compile(r"(?:[0-9]+(?:ms|[ywdhms]))+")
_END_OF_WORD = re.compile(r"""[\s"'`:=,]""")
_WORD = re.compile(r"_*[A-Za-z]+(?:[_-][A-Za-z]+)*[_-]*")
_KNOWN = ("live_", "eyJ", "xoxb-", "xoxp-", "xapp-", "whsec_")
"""How keys and tokens begin."""
_WORDS = ("live_share",)
"""Words of ours that begin like one."""
_ASSIGNED = re.compile(r"(?<![=!<>])=(?![=~])")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://")


def random_stretches(text: str) -> list[tuple[int, int]]:
    """Where in a text stands what looks like a key or token: letters and digits that take turns.
    Ascending, end excluded."""
    return [
        found.span()
        for found in _RUN.finditer(text)
        if (len(_TURN.findall(found[0])) > _MOST_TURNS and not _DURATION.fullmatch(found[0]))
        or (found[0] not in _WORDS and any(known in found[0] for known in _KNOWN))
    ]


def without_random(text: str) -> str:
    """The text with a mark in place of whatever looks like a key or token."""
    for start, end in reversed(random_stretches(text)):
        text = text[:start] + HIDDEN + text[end:]
    return text


def quoted(written: str) -> str:
    """What a message may show of a wrong value: no more than a line, no key or token that
    slipped into it, and nothing of another `NAME=value` or URL that was joined to it."""
    if written.startswith(("live_", "test_", "eyJ")):
        return HIDDEN
    line = written.split("\n", 1)[0]
    scheme = _SCHEME.match(line)
    assigned = _ASSIGNED.search(line)
    cuts = [assigned.end()] if assigned else []
    if (url := line.find("://", scheme.end() if scheme else 0)) >= 0:
        cuts.append(url)
    told = without_random(line[: min([*cuts, LONGEST_QUOTE])])
    return (
        told if line == written and len(line) <= LONGEST_QUOTE and not cuts else f"{told}{HIDDEN}"
    )


def leading_word(key: str) -> str | None:
    """The part of an unknown key that may be shown: what stands before the first space, quote or
    sign, if it looks like an option's name. Otherwise None."""
    word = _END_OF_WORD.split(key, maxsplit=1)[0]
    return (
        word
        if len(word) <= LONGEST_WORD and _WORD.fullmatch(word) and not random_stretches(word)
        else None
    )


def lost_colon(key: str, known: Collection[str]) -> str | None:
    """The known word at the start of a key without its colon, such as `token abc`; None if there is
    none."""
    word = leading_word(key)
    return word if word is not None and word != key and word in known else None
