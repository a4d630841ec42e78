"""One campaign of a test: what stays the same, and a table of what it shows when."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from monitor.domain.campaign.snapshot import Campaign, CampaignStatus, MessageType
from monitor.ruletest.cases import Timeline
from monitor.ruletest.detail_table import read_detail
from monitor.ruletest.table_rows import (
    LARGEST,
    SAME,
    count_of,
    moment,
    number_of,
    offset,
    rows_of,
    seconds_of,
)
from monitor.yamlfile.document import Scalar, Table, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.tables import TableReader, one_of
from monitor.yamlfile.values import WrongValueError

GONE = "gone"
"""A status that says the provider no longer knows it."""

TIMES = ("created_at", "start_at", "real_start_at", "finished_at")
COUNTS = ("sent", "delivered", "fallback_sent", "fallback_delivered")
TEXTS = ("name", "sender", "status", "message_type", "currency")
FACTS = (*TEXTS, *TIMES, *COUNTS, "calculated_price")
_OFFSET = re.compile(r"[+-]?(?:[0-9.]+[a-zA-Z]+)+")
_DATE = re.compile(r"[0-9]{4}-")
KEYS = ("id", *FACTS, "detail", "snapshots")
COLUMNS = ("at", *FACTS)


def read_timeline(
    table: Table,
    findings: Findings,
    *,
    account: str,
    start: float,
    statuses: Collection[str],
    number: int,
) -> Timeline | None:
    """The campaign; None when something is wrong, which is noted. `start` (Unix seconds) is what
    offsets count from, `number` its id where none is given."""
    before = findings.count
    reader = TableReader(table, "a campaign", findings)
    reader.check_keys(KEYS)
    facts: dict[str, Any] = {
        "account": account,
        "id": _id(reader, number),
        "name": f"Campaign {number}",
        "sender": "Sender",
        "status": CampaignStatus.SCHEDULED.value,
        "message_type": MessageType.SMS.value,
        "created_at": start,
    }
    facts |= _facts(
        {entry.key: entry.value for entry in table.entries.values() if entry.key in FACTS},
        findings,
        start,
        statuses,
    )
    snapshots: list[tuple[float, Campaign | None]] = []
    gone = False
    rows = rows_of(table.value("snapshots"), "snapshots", COLUMNS, findings)
    for row in rows:
        at = offset(row["at"], findings)
        cells: dict[str, Scalar] = {
            name: cell for name, cell in row.items() if name != "at" and cell.value != SAME
        }
        gone = cells["status"].value == GONE if "status" in cells else gone
        facts |= _facts(
            {name: cell for name, cell in cells.items() if not (gone and name == "status")},
            findings,
            start,
            statuses,
        )
        if at is None:
            continue
        if snapshots and at <= snapshots[-1][0]:
            findings.wrong("snapshots: it is not later than the row above", row["at"].place)
        if findings.count == before:
            snapshots.append((at, None if gone else Campaign(**facts)))
    detail = read_detail(table.value("detail"), findings, read_at=start)
    if findings.count > before:
        return None
    if not rows:
        snapshots = [(0.0, Campaign(**facts))]
    return Timeline(id=facts["id"], snapshots=tuple(snapshots), detail=detail)


def _id(reader: TableReader, number: int) -> int:
    node = reader.table.value("id")
    if node is None:
        return number
    if (
        isinstance(node, Scalar)
        and isinstance(node.value, int)
        and not isinstance(node.value, bool)
        and 0 < node.value <= LARGEST
    ):
        return node.value
    reader.findings.wrong(
        f"id: expected a whole number from 1 to {LARGEST}, found {described(node)}", node.place
    )
    return number


def _facts(
    cells: Mapping[str, object], findings: Findings, start: float, statuses: Collection[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, cell in cells.items():
        if not isinstance(cell, Scalar):
            place = getattr(cell, "place", None)
            findings.wrong(f"{name}: expected one value", place)
            continue
        try:
            found[name] = _value(name, cell, start, statuses)
        except ValueError as error:
            findings.wrong(
                f"{name}: {error}",
                cell.place,
                error.hint if isinstance(error, WrongValueError) else None,
            )
    return found


def _value(name: str, cell: Scalar, start: float, statuses: Collection[str]) -> object:
    value = cell.value
    if name in TEXTS:
        if value is None and name == "currency":
            return None
        if name == "status" and cell.text not in statuses:
            raise WrongValueError(
                *one_of(statuses if cell.text == GONE else (*statuses, GONE), cell.text)
            )
        if name == "message_type" and cell.text not in tuple(MessageType):
            raise WrongValueError(*one_of(tuple(map(str, MessageType)), cell.text))
        return cell.text
    if value is None and name != "created_at":
        return None
    if name in TIMES:
        return _time(cell, start)
    if name in COUNTS:
        return count_of(cell)
    return number_of(cell)


def _time(cell: Scalar, start: float) -> float:
    written = cell.text.strip()
    if _OFFSET.fullmatch(written):
        return start + seconds_of(written)
    if _DATE.match(written):
        return moment(written).timestamp()
    raise WrongValueError(
        f"expected a time, found {described(cell)}",
        "such as -5m, since the start, or 2026-03-02T09:00Z",
    )
