"""What the YAML parser complains of, for people: what is wrong, where, and what to do."""

import re

from yaml.error import MarkedYAMLError

from monitor.errors import Place

MISSING_SPACE = re.compile(r"(?<![A-Za-z_-])[A-Za-z_-]+[:=](?=\S)")
"""Of a key such as `url:https://…`. It is not shown as a whole: it may hold a secret."""
_KEY_BEFORE = re.compile(r":(?:\s|\Z)")
_NAMED = re.compile(r"(undefined alias|duplicate anchor|undefined tag handle) .*")
"""What the parser quotes there may be a secret that begins with `*`, `&` or `!`."""
_HINTS = {
    "could not find expected ':'": "a key is followed by a colon and a space",
    "expected <block end>": "check the indentation, and that every text with quotes in it is "
    "quoted as a whole",
    "did not find expected": "check the indentation, brackets and quotes",
    "expected ',' or": "a bracket is not closed, or a text that begins with one needs quotes",
    "unexpected end of stream": "a quote is not closed",
    "unknown escape character": r"write \\ for a backslash in double quotes, or use single quotes",
    "that cannot start any token": "put the text in quotes",
    "undefined alias": 'a text that begins with "*" needs quotes',
    "duplicate anchor": 'a text that begins with "&" needs quotes',
    "undefined tag handle": 'a text that begins with "!" needs quotes',
}


def explained(error: MarkedYAMLError, place: Place, text: str) -> tuple[str, Place, str | None]:
    """What is wrong in `text`, where, and a hint where there is one."""
    problem = _NAMED.sub(r"\1", " ".join((error.problem or error.context or "").split()))
    context = " ".join((error.context or "").split())
    if "'\\t'" in problem:
        return "a tab: YAML is indented with spaces", place, "replace the tab by spaces"
    if "another document" in problem:
        return "a second document begins here", place, "only one document a file: remove the ---"
    if "mapping values are not allowed" in problem:
        return f"not valid YAML: {problem}", place, _misplaced_value(place, text)
    hint = next((hint for part, hint in _HINTS.items() if part in problem or part in context), None)
    return f"not valid YAML: {problem}", place, hint


def _misplaced_value(place: Place, text: str) -> str:
    """What to do about a colon that has no key: another stands before it, or the line goes on
    with a text above."""
    lines = text.splitlines()[: place.line]
    if not lines or _KEY_BEFORE.search(lines[-1][: (place.column or 1) - 1]):
        return 'a text with ": " in it needs quotes'
    above = next((line for line in reversed(lines[:-1]) if line.strip()), "")
    if MISSING_SPACE.search(above) and not _KEY_BEFORE.search(above):
        return "a space is missing after the colon in the line above"
    return (
        "it is indented further than the line above, and so goes on with its text: begin both in "
        "the same column"
    )
