"""How the account of a test stands when: a table like that of a campaign."""

from monitor.ruletest.cases import AccountMoment
from monitor.ruletest.table_rows import SAME, number_of, offset, rows_of
from monitor.yamlfile.document import Scalar, YamlNode, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.tables import one_of

ANSWERS = ("up", "partial", "down")
COLUMNS = ("at", "answers", "balance", "credit", "currency")


def read_accounts(node: YamlNode | None, findings: Findings) -> tuple[AccountMoment, ...]:
    """The moments, ascending; what is wrong is noted."""
    before = findings.count
    moments: list[AccountMoment] = []
    above: dict[str, Scalar] = {}
    for row in rows_of(node, "accounts", COLUMNS, findings):
        changed = {column: cell for column, cell in row.items() if cell.value != SAME}
        above |= changed
        for column, cell in changed.items():
            _check(column, cell, findings)
        at = offset(row["at"], findings)
        if at is not None and moments and at <= moments[-1].at:
            findings.wrong("accounts: it is not later than the row above", row["at"].place)
        elif at is not None and findings.count == before:
            moments.append(_moment(at, above))
    return tuple(moments)


def _check(column: str, cell: Scalar, findings: Findings) -> None:
    if column == "answers" and cell.text not in ANSWERS:
        message, hint = one_of(ANSWERS, cell.text)
        findings.wrong(f"answers: {message}", cell.place, hint)
    elif column in ("balance", "credit"):
        try:
            number_of(cell)
        except ValueError as error:
            findings.wrong(f"{column}: {error}", cell.place)
    elif column == "currency" and not isinstance(cell.value, str | None):
        findings.wrong(
            f"currency: expected a text, found {described(cell)}", cell.place, "such as EUR"
        )


def _moment(at: float, cells: dict[str, Scalar]) -> AccountMoment:
    balance, credit, currency = cells.get("balance"), cells.get("credit"), cells.get("currency")
    return AccountMoment(
        at=at,
        answers=cells["answers"].text if "answers" in cells else "up",
        balance=number_of(balance) if balance else None,
        credit=(number_of(credit) if credit else None) or 0.0,
        currency=currency.text if currency and currency.value is not None else None,
    )
