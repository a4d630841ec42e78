"""Tables as lists of rows, the first of which names the columns; and times in them."""

from collections.abc import Mapping, Sequence

from monitor.config.findings import Findings
from monitor.config.tables import one_of
from monitor.config.yamlfile import Listing, Scalar, YamlNode
from monitor.domain.duration import parse_duration


def rows_of(node: YamlNode | None, what: str, columns: Sequence[str], findings: Findings) -> list[Mapping[str, Scalar]]:
    """The rows of a table that is written as a list of lists, the first of which names the columns."""
    if node is None:
        return []
    if not isinstance(node, Listing) or not all(isinstance(item, Listing) for item in node.items) or not node.items:
        findings.wrong(f"{what}: expected a list of rows", node.place, f"the first names the columns: [{', '.join(columns)}]")
        return []
    lists = [item for item in node.items if isinstance(item, Listing)]
    names: list[str] = []
    for cell in lists[0].items:
        name = cell.text if isinstance(cell, Scalar) else ""
        if name not in columns:
            message, hint = one_of(columns, name)
            findings.wrong(f"{what}: no such column: {message}", cell.place, hint)
        names.append(name)
    rows: list[Mapping[str, Scalar]] = []
    for line in lists[1:]:
        cells = [cell for cell in line.items if isinstance(cell, Scalar)]
        if len(cells) != len(names) or len(cells) != len(line.items):
            findings.wrong(f"{what}: the row has {len(line.items)} cells, its columns are {', '.join(names)}", line.place)
        else:
            rows.append(dict(zip(names, cells, strict=True)))
    return rows


def offset(cell: Scalar, findings: Findings) -> float | None:
    """Seconds since the start: `20m`, `-1h30m`, `0`."""
    written = cell.text.strip()
    try:
        seconds = parse_duration(written.lstrip("+-")).total_seconds()
    except ValueError as error:
        findings.wrong(str(error), cell.place)
        return None
    return -seconds if written.startswith("-") else seconds
