"""The table that `make bench` prints."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: what, how much, the limit, and whether it is kept."""

    what: str
    measured: str
    limit: str
    good: bool


def show(rows: Sequence[Row]) -> None:
    """Print the rows in aligned columns."""
    head = Row("what", "measured", "limit", True)
    width = max(len(row.what) for row in (head, *rows))
    middle = max(len(row.measured) for row in (head, *rows))
    print(f"{head.what:<{width}}  {head.measured:<{middle}}  {head.limit}")
    for row in rows:
        print(
            f"{row.what:<{width}}  {row.measured:<{middle}}  "
            f"{row.limit}{'' if row.good else '   MISSED'}"
        )
