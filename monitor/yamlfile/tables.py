"""Taking a mapping of the rules file apart: what is there, what must be there, and what is
neither."""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import TypeVar

from monitor.domain.safetext.possible_secrets import leading_word, lost_colon, quoted
from monitor.yamlfile import values
from monitor.yamlfile.document import Entry, Listing, Scalar, Table, YamlNode, described, plain
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.suggestion import did_you_mean, listed
from monitor.yamlfile.values import WrongValueError

Value = TypeVar("Value")


class TableReader:
    """One mapping, `what` it is in words. Every method notes what is wrong and returns None (or
    a default) for it."""

    def __init__(self, table: Table, what: str, findings: Findings) -> None:
        self.table = table
        self.what = what
        self.findings = findings

    def check_keys(
        self, allowed: Collection[str], *, instead: Mapping[str, str] | None = None
    ) -> None:
        """Refuse every other key. `instead` says what to write for those that people may expect."""
        for entry in self.table.entries.values():
            if entry.key not in allowed:
                message, hint = unknown_key(self.what, entry, allowed)
                self.findings.wrong(message, entry.place, (instead or {}).get(entry.key) or hint)

    def has(self, key: str) -> bool:
        return key in self.table.entries

    def require(self, key: str, hint: str | None = None) -> YamlNode | None:
        """The key's value; its absence is a problem."""
        if key not in self.table.entries:
            self.findings.wrong(f'{self.what} needs "{key}"', self.table.place, hint)
        return self.table.value(key)

    def text(self, key: str) -> Scalar | None:
        """A text that is not empty."""
        node = self.table.value(key)
        if node is None:
            return None
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            hint = "put it in quotes" if not isinstance(node, Listing) else None
            self.findings.wrong(
                f"{key}: expected a text, found {described(node)}", node.place, hint
            )
            return None
        if not node.text.strip():
            self.findings.wrong(f"{key} is empty", node.place, "leave it out or give it a value")
            return None
        return node

    def parsed(self, key: str, parse: Callable[[object], Value]) -> Value | None:
        """What `parse` makes of the value; it raises ValueError for what it does not take."""
        node = self.table.value(key)
        if node is None:
            return None
        try:
            return parse(plain(node))
        except ValueError as error:
            hint = error.hint if isinstance(error, WrongValueError) else None
            self.findings.wrong(f"{key}: {error}", node.place, hint)
            return None

    def duration(
        self,
        key: str,
        default: timedelta,
        *,
        shortest: timedelta = timedelta(0),
        longest: timedelta,
    ) -> timedelta:
        found = self.parsed(key, values.duration(shortest, longest))
        return default if found is None else found

    def refuse_empty(self, *keys: str) -> None:
        """Refuse an empty list under any of these keys, where a list narrows: it would ask for
        nothing and so narrow nothing."""
        for key in keys:
            node = self.table.value(key)
            if isinstance(node, Listing) and not node.items:
                self.findings.wrong(
                    f"{key}: the list is empty",
                    node.place,
                    f'name at least one, or leave "{key}" out',
                )

    def texts(self, key: str) -> list[Scalar]:
        """A list of texts, or one text for a list of one."""
        node = self.table.value(key)
        items = node.items if isinstance(node, Listing) else () if node is None else (node,)
        found: list[Scalar] = []
        for item in items:
            if isinstance(item, Scalar) and isinstance(item.value, str) and item.text.strip():
                found.append(item)
            else:
                self.findings.wrong(
                    f"{key}: expected a list of texts, found {described(item)} in it", item.place
                )
        return found


def unknown_key(
    what: str, entry: Entry, allowed: Collection[str], *, prefix: str = ""
) -> tuple[str, str]:
    """The message about a key that `what` does not have, and a hint. `prefix` leads to the key,
    such as `basic.`. What is shown of the key is no more than may be: it may hold a secret whose
    own key lost its colon."""
    if word := lost_colon(entry.key, allowed):
        return (
            f'{what}: a colon is missing after "{prefix}{word}"',
            f"write {word}: and a space before its value",
        )
    word = leading_word(entry.key)
    close = did_you_mean(word or entry.key, allowed)
    hint = close or (f"allowed are {', '.join(allowed)}" if allowed else "it has no options")
    if word is None or (entry.is_bare and close is None):
        return f"{what} has no such key as stands here", hint
    return f'{what} has no "{prefix}{word}"', hint


def tables(
    node: YamlNode | None, what: str, findings: Findings, *, veiled: bool = False
) -> list[Table]:
    """The mappings of a list of mappings, such as `rules:`. `veiled`: what is found instead may
    be secret."""
    if node is None:
        return []
    if not isinstance(node, Listing):
        findings.wrong(
            f"{what}: expected a list, found {described(node, veiled=veiled)}",
            node.place,
            'each begins with "- "',
        )
        return []
    found: list[Table] = []
    for item in node.items:
        if isinstance(item, Table):
            found.append(item)
        else:
            findings.wrong(
                f"{what}: expected a mapping, found {described(item, veiled=veiled)}", item.place
            )
    return found


def one_of(allowed: Collection[str], found: str) -> tuple[str, str | None]:
    """The end of a message about a word that is none of the allowed, and a hint."""
    return f'expected {listed(allowed)}, found "{quoted(found)}"', did_you_mean(found, allowed)
