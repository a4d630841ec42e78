"""Matchers of labels: reading them in the rules file, and warnings about those that match no
alert, wherever they stand."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Self

from monitor.domain.alerting.notified import SEVERITIES
from monitor.domain.alerting.rule import RESERVED_LABELS, Rule
from monitor.domain.campaign.snapshot import MessageType
from monitor.domain.routing.matcher import (
    Matcher,
    MatcherError,
    Matchers,
    MatchOperator,
    parse_matchers,
)
from monitor.domain.safetext.possible_secrets import quoted
from monitor.errors import Problem
from monitor.yamlfile.document import Scalar, YamlNode
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.kinds import TEXT, suggesting, text_node
from monitor.yamlfile.models import Items, Leaf, WrongPlacesError, YamlModel
from monitor.yamlfile.suggestion import did_you_mean, meant_of_several

MONITOR_LABELS = tuple(sorted(RESERVED_LABELS - {"scope"}))
"""Those that the monitor gives alerts by itself."""
LISTED = 8
"""So many values are listed in a hint."""

_EXACT = frozenset({MatchOperator.EQUAL, MatchOperator.NOT_EQUAL})
_WORDS = re.compile(r"[\w:-]+(?:\|[\w:-]+)*")
"""A pattern that is nothing but alternatives."""

Doubt = tuple[str, str]
"""What is doubtful, and what to write instead."""


@dataclass(frozen=True, slots=True)
class KnownLabels:
    """What labels alerts can have, and the `values` of those of which all are known: "" where an
    alert can be without it."""

    names: frozenset[str]
    values: Mapping[str, frozenset[str]]

    @classmethod
    def of(
        cls,
        rules: Sequence[Rule],
        *,
        alerts: Iterable[str],
        receivers: Iterable[str],
        accounts: Collection[str],
    ) -> Self:
        """`alerts` are the names of all rules in the file, also of those in which something is
        wrong. `accounts` are those of the settings; none at all: it is not known which there
        are."""
        own = {label for rule in rules for label in rule.labels}
        values = {label: frozenset(rule.labels.get(label, "") for rule in rules) for label in own}
        values["alertname"] = frozenset(alerts)
        values["severity"] = frozenset(SEVERITIES) | {rule.severity for rule in rules}
        values["message_type"] = frozenset(MessageType) | {""}
        values["receiver"] = frozenset(receivers) | {""}
        if accounts:
            values["account"] = frozenset(accounts)
        return cls(frozenset(MONITOR_LABELS) | own, values)

    def and_those_of(self, labels: Sequence[Mapping[str, str]]) -> Self:
        """With the labels that alerts have, whatever rules and settings say."""
        return replace(
            self,
            names=self.names.union(*labels),
            values={
                name: known.union(each.get(name, "") for each in labels)
                for name, known in self.values.items()
            },
        )

    def label_doubt(self, name: str) -> Doubt | None:
        """That no alert has this label."""
        if name in self.names:
            return None
        hint = meant_of_several(name, self.names) or f"there are {', '.join(sorted(self.names))}"
        return f'no alert has a label "{quoted(name)}"', hint

    def doubt(self, matcher: Matcher) -> Doubt | None:
        """That no alert has this label, or a value that the matcher names or matches: it never
        makes a difference."""
        if found := self.label_doubt(matcher.name):
            return found
        known = self.values.get(matcher.name)
        if known is None or not matcher.value:
            return None
        exact = matcher.operator in _EXACT
        if exact or _WORDS.fullmatch(matcher.value):
            words = [matcher.value] if exact else matcher.value.split("|")
            unknown = next((word for word in words if word not in known), None)
            return (
                None
                if unknown is None
                else (_no_alert(matcher.name, unknown), _hint(unknown, known))
            )
        pattern = Matcher(matcher.name, MatchOperator.MATCHES, matcher.value)
        if any(pattern.matches({matcher.name: value}) for value in known):
            return None
        return (
            f'no {_CALLED.get(matcher.name, matcher.name)} matches "{quoted(matcher.value)}"',
            _hint(matcher.value, known),
        )


_CALLED = {"alertname": "rule's name", "message_type": "message type"}


def _no_alert(name: str, value: str) -> str:
    if name == "alertname":
        return f'there is no rule named "{quoted(value)}"'
    return f'no alert has the {_CALLED.get(name, name)} "{quoted(value)}"'


def _hint(value: str, known: frozenset[str]) -> str:
    named = sorted(known - {""})
    more = f" and {len(named) - LISTED} more" if len(named) > LISTED else ""
    return did_you_mean(value, named) or f"there are {', '.join(named[:LISTED]) or 'none'}{more}"


def _matcher_text(node: YamlNode) -> "MatcherText":
    text = text_node(node)
    try:
        return MatcherText(text, parse_matchers(text.text))
    except MatcherError as error:
        above = text.text[: error.offset]
        place = text.position(above.count("\n") + 1, len(above) - (above.rfind("\n") + 1) + 1)
        raise WrongPlacesError(Problem(str(error), place, error.hint)) from None


@dataclass(frozen=True, slots=True)
class MatcherText:
    """One text of a list of matchers, and what it says."""

    node: Scalar
    matchers: Matchers


_NONE = "there are none, so it would hold for every alert"
_NAME_IT = 'name what it is for, such as severity="critical"'
MatcherTexts = Annotated[
    tuple[Annotated[MatcherText, Leaf(_matcher_text, TEXT)], ...],
    Items(alone=True, empty=_NONE, hint=_NAME_IT, whole=True),
]
"""A key whose value is matchers."""
Label = Annotated[Scalar, Leaf(text_node, suggesting(MONITOR_LABELS, TEXT))]
"""The name of a label, as its node."""


def read_matchers(
    keys: YamlModel,
    name: str,
    texts: tuple[MatcherText, ...] | None,
    known: KnownLabels,
    findings: Findings,
) -> Matchers | None:
    """The matchers of the key `name`, in its order; () without the key, None where one is wrong."""
    if texts is None:
        return None if keys.given(name) else ()
    found: dict[Matcher, None] = {}
    for each in texts:
        for matcher in each.matchers:
            _warn(name, known.doubt(matcher), each.node, findings)
            found[matcher] = None
    if not found:
        findings.wrong(f"{name}: {_NONE}", keys.place(name), _NAME_IT)
    return tuple(found) or None


def check_labels(
    name: str, labels: Iterable[Scalar], known: KnownLabels, findings: Findings
) -> None:
    """Warn of labels under the key `name` that no alert has."""
    for node in labels:
        _warn(name, known.label_doubt(node.text), node, findings)


def _warn(name: str, doubt: Doubt | None, node: Scalar, findings: Findings) -> None:
    if doubt is not None:
        message, hint = doubt
        findings.warn(f"{name}: {message}", node.place, hint)
