"""The `inhibit_rules:` of the rules file."""

from monitor.domain.routing.inhibition import InhibitRule
from monitor.rulefile.keys import Key, Keys
from monitor.rulefile.matchers import MONITOR_LABELS, KnownLabels, check_labels, read_matchers
from monitor.yamlfile.kinds import TEXT, several, suggesting
from monitor.yamlfile.tables import TableReader, tables

_SOME = several(TEXT, least=1)
KEYS: Keys = {
    "source_matchers": Key(
        meaning="what hides: all of these hold for an alert that fires", shape=_SOME, required=True
    ),
    "target_matchers": Key(
        meaning="what is hidden: alerts that all of these hold for", shape=_SOME, required=True
    ),
    "equal": Key(
        meaning="labels that must have the same value in both",
        shape=several(suggesting(MONITOR_LABELS, TEXT), least=1),
        default="none",
    ),
}
OLD = {
    **dict.fromkeys(
        ("source_match", "source_match_re"), "write source_matchers: ['name=\"value\"']"
    ),
    **dict.fromkeys(
        ("target_match", "target_match_re"), "write target_matchers: ['name=\"value\"']"
    ),
}


def read_inhibit_rules(reader: TableReader, known: KnownLabels) -> tuple[InhibitRule, ...]:
    """In the order of the file, without those in which something is wrong, which is noted."""
    found: list[InhibitRule] = []
    findings = reader.findings
    for table in tables(reader.table.value("inhibit_rules"), "inhibit_rules", findings):
        entry = TableReader(table, "an inhibit rule", findings)
        before = findings.count
        entry.check_keys(KEYS, instead=OLD)
        for key in ("source_matchers", "target_matchers"):
            if not any(
                old.startswith(key.removesuffix("ers")) for old in table.entries.keys() & OLD.keys()
            ):
                entry.require(key, "a list such as ['alertname=\"ApiDown\"']")
        source = read_matchers(entry, "source_matchers", known)
        target = read_matchers(entry, "target_matchers", known)
        entry.refuse_empty("equal")
        equal = entry.texts("equal")
        check_labels(entry, "equal", equal, known)
        if source is None or target is None or findings.count > before:
            continue
        if set(source) == set(target):
            hint = "make them differ: an alert on both sides is not hidden by one on both sides"
            findings.warn(
                "inhibit_rules: source and target are the same: nothing is ever hidden",
                table.place,
                hint,
            )
        found.append(
            InhibitRule(
                source=source,
                target=target,
                equal=tuple(dict.fromkeys(node.text for node in equal)),
            )
        )
    return tuple(found)
