"""One campaign of a test: what stays the same, and a table of what it shows when."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec

from monitor.config.findings import Findings
from monitor.config.tables import TableReader, one_of
from monitor.config.yamlfile import Scalar, Table, described
from monitor.domain.campaign import Campaign, CampaignStatus, MessageType
from monitor.domain.detail import COUNTERS, CampaignDetail
from monitor.domain.duration import parse_duration
from monitor.ruletest.cases import Timeline
from monitor.ruletest.rows import offset, rows_of

GONE = "gone"
"""A status that says the provider no longer knows it."""

SAME = "."
TIMES = ("created_at", "start_at", "real_start_at", "finished_at")
COUNTS = ("sent", "delivered", "fallback_sent", "fallback_delivered")
TEXTS = ("name", "sender", "status", "message_type", "currency")
FACTS = (*TEXTS, *TIMES, *COUNTS, "calculated_price")
KEYS = ("id", *FACTS, "detail", "snapshots")
COLUMNS = ("at", *FACTS)
DETAIL_KEYS = (*COUNTERS, "total_messages", "total_phones", "total_price")


def read_timeline(
    table: Table, findings: Findings, *, account: str, start: float, statuses: Collection[str], number: int
) -> Timeline | None:
    """The campaign; None when something is wrong, which is noted. `start` (Unix seconds) is what offsets count from, `number` its
    id where none is given."""
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
    facts |= _facts({entry.key: entry.value for entry in table.entries.values() if entry.key in FACTS}, findings, start, statuses)
    snapshots: list[tuple[float, Campaign | None]] = []
    rows = rows_of(table.value("snapshots"), "snapshots", COLUMNS, findings)
    for row in rows:
        at = offset(row["at"], findings) if "at" in row else None
        cells: dict[str, Scalar] = {name: cell for name, cell in row.items() if name != "at" and cell.value != SAME}
        gone = cells.get("status") is not None and cells["status"].value == GONE
        facts |= _facts(
            {name: cell for name, cell in cells.items() if not (gone and name == "status")}, findings, start, statuses
        )
        if at is None:
            if "at" not in row:
                findings.wrong('snapshots: there is no column "at"', table.entries["snapshots"].place)
            continue
        if snapshots and at <= snapshots[-1][0]:
            findings.wrong("snapshots: it is not later than the row above", row["at"].place)
        if findings.count == before:
            snapshots.append((at, None if gone else Campaign(**facts)))
    if findings.count > before:
        return None
    if not rows:
        snapshots = [(0.0, Campaign(**facts))]
    return Timeline(id=facts["id"], snapshots=tuple(snapshots), detail=_detail(table, findings, start))


def _id(reader: TableReader, number: int) -> int:
    node = reader.table.value("id")
    if node is None:
        return number
    if isinstance(node, Scalar) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return node.value
    reader.findings.wrong(f"id: expected a whole number, found {described(node)}", node.place)
    return number


def _facts(cells: Mapping[str, object], findings: Findings, start: float, statuses: Collection[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, cell in cells.items():
        if not isinstance(cell, Scalar):
            place = getattr(cell, "place", None)
            findings.wrong(f"{name}: expected one value", place)
            continue
        try:
            found[name] = _value(name, cell, start, statuses)
        except ValueError as error:
            findings.wrong(f"{name}: {error}", cell.place)
    return found


def _value(name: str, cell: Scalar, start: float, statuses: Collection[str]) -> object:
    value = cell.value
    if name in TEXTS:
        if value is None and name == "currency":
            return None
        if name == "status" and cell.text not in statuses:
            raise ValueError(one_of((*statuses, GONE), cell.text)[0])
        if name == "message_type" and cell.text not in tuple(MessageType):
            raise ValueError(one_of(tuple(map(str, MessageType)), cell.text)[0])
        return cell.text
    if value is None and name != "created_at":
        return None
    if name in TIMES:
        return _time(cell, start)
    if isinstance(value, bool) or not isinstance(value, int | float) or (name in COUNTS and not isinstance(value, int)):
        raise ValueError(f"expected a number, found {described(cell)}")
    return value


def _time(cell: Scalar, start: float) -> float:
    written = cell.text.strip()
    try:
        seconds = parse_duration(written.lstrip("+-")).total_seconds()
        return start - seconds if written.startswith("-") else start + seconds
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(written).timestamp()
    except ValueError:
        raise ValueError(
            f"expected a time, found {described(cell)}: such as -5m, since the start, or 2026-03-02T09:00Z"
        ) from None


def _detail(table: Table, findings: Findings, start: float) -> CampaignDetail | None:
    node = table.value("detail")
    if node is None:
        return None
    if not isinstance(node, Table):
        findings.wrong(f"detail: expected a mapping, found {described(node)}", node.place)
        return None
    reader = TableReader(node, "a detail", findings)
    reader.check_keys(DETAIL_KEYS)
    values = {entry.key: entry.value.value for entry in node.entries.values() if isinstance(entry.value, Scalar)}
    try:
        return msgspec.convert({"read_at": start, **values}, CampaignDetail)
    except msgspec.ValidationError as error:
        findings.wrong(f"detail: {error}", node.place)
        return None
