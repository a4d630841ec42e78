"""`settle:`, of a rule or of the whole file: how long reports take to arrive."""

from datetime import timedelta

from monitor.domain.campaign.figures import Settle
from monitor.domain.campaign.snapshot import MessageType
from monitor.yamlfile import values
from monitor.yamlfile.document import Table
from monitor.yamlfile.kinds import DURATION, mapping
from monitor.yamlfile.models import Shape
from monitor.yamlfile.tables import TableReader, one_of

SHORTEST, LONGEST = timedelta(0), timedelta(hours=72)
DEFAULT = "default"
TYPES = (*map(str, MessageType), DEFAULT)

SETTLE_SHAPE: Shape = {"anyOf": [DURATION, mapping(dict.fromkeys(TYPES, DURATION))]}
"""What `settle:` looks like."""


def read_settle(reader: TableReader, otherwise: Settle) -> Settle:
    """A duration for all, or one for each message type with `default` for the others;
    `otherwise` where it is not given."""
    node = reader.table.value("settle")
    if not isinstance(node, Table):
        found = reader.parsed("settle", values.duration(SHORTEST, LONGEST))
        return otherwise if found is None else Settle(found.total_seconds())
    inner = TableReader(node, "settle", reader.findings)
    by_type = dict(otherwise.by_type)
    default = otherwise.default
    for entry in node.entries.values():
        if entry.key not in TYPES:
            message, hint = one_of(TYPES, entry.key)
            reader.findings.wrong(f"settle: {message}", entry.place, hint)
            continue
        found = inner.parsed(entry.key, values.duration(SHORTEST, LONGEST))
        if found is not None and entry.key == DEFAULT:
            default = found.total_seconds()
        elif found is not None:
            by_type[entry.key] = found.total_seconds()
    return Settle(default, tuple(sorted(by_type.items())))
