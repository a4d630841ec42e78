"""Tables as lists of rows, the first of which names the columns; and times in them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from monitor.domain.safetext.possible_secrets import quoted
from monitor.domain.times.duration import parse_duration
from monitor.yamlfile.document import Listing, Scalar, YamlNode, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.tables import one_of
from monitor.yamlfile.values import WrongValueError

SAME = "."
"""A cell that says: as above."""
LARGEST = 2**63 - 1
"""Of ids and counters."""
FIRST_YEAR, LAST_YEAR = 2000, 2100
FURTHEST = timedelta(days=366)
"""How far from the start a time of a test may be."""


def rows_of(
    node: YamlNode | None, what: str, columns: Sequence[str], findings: Findings
) -> list[Mapping[str, Scalar]]:
    """The rows of a table that is written as a list of lists, the first of which names the
    columns; "at" is always one."""
    if node is None:
        return []
    if (
        not isinstance(node, Listing)
        or not all(isinstance(item, Listing) for item in node.items)
        or not node.items
    ):
        findings.wrong(
            f"{what}: expected a list of rows",
            node.place,
            f"the first names the columns: [{', '.join(columns)}]",
        )
        return []
    lists = [item for item in node.items if isinstance(item, Listing)]
    names: list[str] = []
    for cell in lists[0].items:
        name = cell.text if isinstance(cell, Scalar) else ""
        if name not in columns:
            message, hint = one_of(columns, name)
            findings.wrong(f"{what}: no such column: {message}", cell.place, hint)
        elif name in names:
            findings.wrong(f'{what}: the column "{name}" is there twice', cell.place)
        names.append(name)
    if "at" not in names:
        findings.wrong(f'{what}: there is no column "at"', lists[0].place)
    if len(set(names)) < len(names) or not set(names) <= set(columns) or "at" not in names:
        return []
    rows: list[Mapping[str, Scalar]] = []
    for line in lists[1:]:
        cells = [cell for cell in line.items if isinstance(cell, Scalar)]
        if len(cells) != len(names) or len(cells) != len(line.items):
            findings.wrong(
                f"{what}: the row has {len(line.items)} cells, its columns are {', '.join(names)}",
                line.place,
            )
        else:
            rows.append(dict(zip(names, cells, strict=True)))
    return rows


def offset(cell: Scalar, findings: Findings) -> float | None:
    """Seconds since the start: `20m`, `-1h30m`, `0s`."""
    try:
        return seconds_of(cell.text)
    except ValueError as error:
        findings.wrong(str(error), cell.place)
        return None


def moment(written: str) -> datetime:
    """A time in ISO 8601, UTC where it names no zone. ValueError."""
    try:
        found = datetime.fromisoformat(written.strip())
    except ValueError:
        raise WrongValueError(
            f'"{quoted(written)}" is not a time', "such as 2026-03-02T09:00Z"
        ) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise WrongValueError(
            f"a time is between {FIRST_YEAR} and {LAST_YEAR}, found {quoted(written)}"
        )
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def seconds_of(written: str) -> float:
    """The same of a text. ValueError."""
    written = written.strip()
    span = parse_duration(written.removeprefix("-").removeprefix("+"))
    if span > FURTHEST:
        raise ValueError(
            f"{quoted(written)} is too far from the start: {FURTHEST.days} days are the most"
        )
    return -span.total_seconds() if written.startswith("-") else span.total_seconds()


def count_of(cell: YamlNode) -> int:
    """A number of messages. ValueError."""
    value = cell.value if isinstance(cell, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise WrongValueError(f"expected a whole number, 0 or more, found {described(cell)}")
    return value


def number_of(node: YamlNode) -> float | None:
    """A number or null. ValueError."""
    value = node.value if isinstance(node, Scalar) else ""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise WrongValueError(f"expected a number, found {described(node)}")
    return value
