"""The `inhibit_rules:` of the rules file."""

from collections.abc import Iterable
from typing import Annotated, ClassVar

from monitor.domain.routing.inhibition import InhibitRule
from monitor.rulefile.matchers import KnownLabels, Label, MatcherTexts, check_labels, read_matchers
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.models import NARROWS, Items, YamlModel, key

_EXAMPLE = "a list such as ['alertname=\"ApiDown\"']"


class InhibitRuleKeys(YamlModel):
    """One entry of `inhibit_rules:`."""

    what = "an inhibit rule"
    instead: ClassVar = {
        f"{side}_match{suffix}": f"write {side}_matchers: ['name=\"value\"']"
        for side in ("source", "target")
        for suffix in ("", "_re")
    }

    source_matchers: MatcherTexts | None = key(
        "what hides: all of these hold for an alert that fires", example=_EXAMPLE
    )
    target_matchers: MatcherTexts | None = key(
        "what is hidden: alerts that all of these hold for", example=_EXAMPLE
    )
    equal: Annotated[tuple[Label, ...], Items(alone=True, empty=NARROWS)] = key(
        "labels that must have the same value in both", default=(), shown="none"
    )


def inhibit_rules_of(
    entries: Iterable[InhibitRuleKeys], known: KnownLabels, findings: Findings
) -> tuple[InhibitRule, ...]:
    """In the order of the file, without those in which something is wrong, which is noted."""
    found: list[InhibitRule] = []
    for each in entries:
        source = read_matchers(each, "source_matchers", each.source_matchers, known, findings)
        target = read_matchers(each, "target_matchers", each.target_matchers, known, findings)
        check_labels("equal", each.equal, known, findings)
        if not source or not target or not each.sound:
            continue
        if set(source) == set(target):
            hint = "make them differ: an alert on both sides is not hidden by one on both sides"
            message = "inhibit_rules: source and target are the same: nothing is ever hidden"
            findings.warn(message, each.place(), hint)
        equal = tuple(dict.fromkeys(node.text for node in each.equal))
        found.append(InhibitRule(source=source, target=target, equal=equal))
    return tuple(found)
