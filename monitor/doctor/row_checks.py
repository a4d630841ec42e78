"""What of the provider's rows cannot be read, and what it writes that its documentation does not
know."""

from collections import Counter
from collections.abc import Mapping

from monitor.doctor.finding import Finding, problem, warning
from monitor.domain.campaign.feed import LEAST_READ_RATIO
from monitor.domain.campaign.snapshot import (
    DOCUMENTED_STATUSES,
    MessageType,
    PartlyRead,
    Unreadable,
)
from monitor.domain.safetext.shown_text import clean, counted
from monitor.ports import Sweep

_TIME = "a time, as 2026-11-30 12:00:00"
_COUNT = "a whole number, 0 or more"
EXPECTED = {
    "created_at": _TIME,
    "start_at": _TIME,
    "real_start_at": _TIME,
    "finished_at": _TIME,
    "sent": _COUNT,
    "delivered": _COUNT,
    "fallback_sent": _COUNT,
    "fallback_delivered": _COUNT,
    "calculated_price": "a number",
}
"""By field; the others are texts."""

ADVICE = (
    "rules that need it leave their alerts as they are; show this to BSG, and look for a newer "
    "version of bsg-monitor"
)


def examine_rows(subject: str, sweeps: Mapping[str, Sweep]) -> list[Finding]:
    """Explain every field that could not be read, and every status and type that is not
    documented, in the lists of some message types."""
    found: list[Finding] = []
    for message_type, sweep in sweeps.items():
        found += _unreadable(subject, message_type, sweep)
        for what, values, known in (
            ("status", (row.status for row in sweep.campaigns), DOCUMENTED_STATUSES),
            ("type", (row.message_type for row in sweep.campaigns), tuple(MessageType)),
        ):
            news = Counter(value for value in values if value and value not in known)
            found += [
                warning(
                    subject,
                    f"{counted(count, 'row')} of the {message_type} list with the {what} "
                    f'"{clean(value)}", which BSG does not document',
                    "ask BSG what it means; rules can name it once it is in extra_statuses"
                    if what == "status"
                    else "ask BSG what it means",
                )
                for value, count in news.most_common()
            ]
    return found


def _unreadable(subject: str, message_type: str, sweep: Sweep) -> list[Finding]:
    given = sweep.rows_given
    rows: Counter[str] = Counter()
    examples: dict[str, tuple[int, Unreadable]] = {}
    partly = [row for row in sweep.campaigns if isinstance(row, PartlyRead)]
    for row in partly:
        for mark in row.unreadable:
            rows[mark.field] += 1
            examples.setdefault(mark.field, (row.id, mark))
    of_all = f"of {counted(given, 'row')} of the {message_type} list"
    found = [
        warning(
            subject,
            f"{field} cannot be read in {count:,} {of_all}: campaign {examples[field][0]} has "
            f"{examples[field][1].found}, and {EXPECTED.get(field, 'a text')} was expected",
            ADVICE,
        )
        for field, count in rows.most_common()
    ]
    if unusable := len(sweep.unreadable) + sweep.nameless:
        found.append(
            warning(
                subject,
                f"{unusable:,} {of_all} cannot be used: their id or status cannot be read",
                "the daemon's log says which and why: `rows_rejected`",
            )
        )
    bad = len(partly) + unusable
    if given and given - bad < LEAST_READ_RATIO * given:
        found.append(
            problem(
                subject,
                f"{bad:,} {of_all} cannot be read in full: most of it",
                "where rules need these fields, the monitor sends no heartbeat, and `once` exits "
                "with 2; look for a newer version of bsg-monitor",
            )
        )
    return found
