"""What the provider says in detail of a campaign of a test."""

from typing import Any

from monitor.domain.campaign.detail import COUNTERS, CampaignDetail, Split
from monitor.ruletest.table_rows import count_of, number_of
from monitor.yamlfile.document import Scalar, Table, YamlNode, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.tables import TableReader

TOTALS = ("total_messages", "total_phones", "total_price")


def read_detail(
    node: YamlNode | None, findings: Findings, *, read_at: float
) -> CampaignDetail | None:
    """The detail; None where there is none, or when something in it is wrong, which is noted."""
    if node is None:
        return None
    before = findings.count
    fallback = None
    if isinstance(node, Table) and (below := node.value("fallback")) is not None:
        fallback = Split(**_figures(below, "fallback", COUNTERS, findings))
    figures = _figures(node, "detail", (*COUNTERS, *TOTALS, "fallback"), findings)
    return (
        None
        if findings.count > before
        else CampaignDetail(read_at=read_at, fallback=fallback, **figures)
    )


def _figures(
    node: YamlNode, what: str, keys: tuple[str, ...], findings: Findings
) -> dict[str, Any]:
    if not isinstance(node, Table):
        findings.wrong(
            f"{what}: expected a mapping, found {described(node)}",
            node.place,
            "such as {expired: 90, failed: 10}",
        )
        return {}
    TableReader(node, f"a campaign's {what}", findings).check_keys(keys)
    found: dict[str, Any] = {}
    for entry in node.entries.values():
        if entry.key not in keys or entry.key == "fallback":
            continue
        try:
            found[entry.key] = _figure(entry.key, entry.value)
        except ValueError as error:
            findings.wrong(f"{entry.key}: {error}", entry.value.place)
    return found


def _figure(key: str, node: YamlNode) -> float | None:
    null = isinstance(node, Scalar) and node.value is None
    return number_of(node) if null or key == "total_price" else count_of(node)
