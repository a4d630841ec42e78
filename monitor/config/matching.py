"""Matchers of labels in the rules file: in routes and in inhibit rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from monitor.config.suggestion import did_you_mean
from monitor.config.tables import TableReader
from monitor.config.yamlfile import Scalar
from monitor.domain.matcher import Matcher, MatcherError, Matchers, MatchOperator, parse_matchers
from monitor.domain.rule import RESERVED_LABELS, Rule

MONITOR_LABELS = tuple(sorted(RESERVED_LABELS - {"scope"}))
"""Those that the monitor gives alerts by itself."""


@dataclass(frozen=True, slots=True)
class KnownLabels:
    """What labels the alerts of a file's rules can have, and what its rules are called."""

    names: frozenset[str]
    rules: frozenset[str]

    @classmethod
    def of(cls, rules: Sequence[Rule], alerts: Sequence[str]) -> Self:
        """`alerts` are the names of all rules in the file, also of those in which something is wrong."""
        own = {label for rule in rules for label in rule.labels}
        return cls(frozenset(MONITOR_LABELS) | own, frozenset(alerts))

    def doubt(self, reader: TableReader, key: str, name: str, node: Scalar) -> None:
        """Warn of a label that no alert has."""
        if name not in self.names:
            hint = did_you_mean(name, self.names) or f"there are {', '.join(sorted(self.names))}"
            reader.findings.warn(f'{key}: no alert has a label "{name}"', node.place, hint)


def read_matchers(reader: TableReader, key: str, known: KnownLabels) -> Matchers | None:
    """The matchers of a list of texts, in its order; () where there is no such key, None when one is wrong, which is noted."""
    before = reader.findings.count
    found: dict[Matcher, None] = {}
    for node in reader.texts(key):
        try:
            matchers = parse_matchers(node.text)
        except MatcherError as error:
            above = node.text[: error.offset]
            place = node.position(above.count("\n") + 1, len(above) - (above.rfind("\n") + 1) + 1)
            reader.findings.wrong(f"{key}: {error}", place, error.hint)
            continue
        for matcher in matchers:
            _doubt(reader, key, matcher, node, known)
            found[matcher] = None
    node = reader.table.value(key)
    if node is not None and not found and reader.findings.count == before:
        message = f"{key}: there are none, so it would hold for every alert"
        reader.findings.wrong(message, node.place, 'name what it is for, such as severity="critical"')
    return tuple(found) if reader.findings.count == before else None


def _doubt(reader: TableReader, key: str, matcher: Matcher, node: Scalar, known: KnownLabels) -> None:
    known.doubt(reader, key, matcher.name, node)
    exact = matcher.operator in (MatchOperator.EQUAL, MatchOperator.NOT_EQUAL)
    if matcher.name == "alertname" and exact and matcher.value and matcher.value not in known.rules:
        hint = did_you_mean(matcher.value, known.rules)
        reader.findings.warn(f'{key}: there is no rule named "{matcher.value}"', node.place, hint)
