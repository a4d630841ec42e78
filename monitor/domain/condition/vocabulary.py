"""The functions of conditions, and what they mean. The documentation is made from this."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

DAY: Final = 86_400.0
SHORTEST_LOOK_BACK, LONGEST_LOOK_BACK = 1.0, 7 * DAY
"""Seconds. The longest limits the memory needed: a campaign that is sent for a week has ten
thousand samples."""
SHORTEST_BASELINE, LONGEST_BASELINE = 7 * DAY, 84 * DAY
"""Seconds: every hour of the week is in it at least once; campaigns are followed for three
months."""
MOST_ARGUMENTS: Final = 10


@dataclass(frozen=True, slots=True)
class FunctionHelp:
    """An example of how it is written, and what it gives, in Markdown."""

    written: str
    meaning: str


_ALIKE = f"of 2 to {MOST_ARGUMENTS} numbers, durations or times, all of one type"
_BACK = f"{SHORTEST_LOOK_BACK:.0f} second to {LONGEST_LOOK_BACK / DAY:.0f} days"
_WEEKS = f"{SHORTEST_BASELINE / DAY / 7:.0f} to {LONGEST_BASELINE / DAY / 7:.0f} weeks"

FUNCTIONS: Mapping[str, FunctionHelp] = MappingProxyType(
    {
        "matches": FunctionHelp(
            'matches(name, "test|demo")',
            "whether a pattern occurs anywhere in a text. [RE2 "
            "syntax](https://github.com/google/re2/wiki/Syntax): `^` and `$` "
            'anchor, `(?i)` ignores case. For `\\b` write `r"\\bword\\b"`',
        ),
        "min": FunctionHelp("min(a, b, …)", f"the smallest {_ALIKE}"),
        "max": FunctionHelp("max(a, b, …)", f"the largest {_ALIKE}"),
        "abs": FunctionHelp("abs(a)", "a number or a duration without its sign"),
        "ago": FunctionHelp(
            'ago(sent, "10m")',
            "the value of a field that long ago: the last value seen by then; null "
            "before the campaign was first seen. For `status`, `final`, the counters "
            f"and their ratios; {_BACK}",
        ),
        "increase": FunctionHelp(
            'increase(sent, "10m")',
            '`sent - ago(sent, "10m")`: negative if the provider corrected it downwards',
        ),
        "rate": FunctionHelp('rate(sent, "10m")', "`increase` per second"),
        "baseline": FunctionHelp(
            'baseline(reach, "28d")',
            "what is usual: the median of the settled campaigns of the same sender and message "
            "type that started within that time, at the same hour of the week as the campaign "
            "(scope `sender`: as now). Null with fewer than three of them. For `sent`, `delivered` "
            f"and the ratios (scope `sender`: the ratios only); {_WEEKS}. Recalculated hourly. "
            "Hours are in UTC, or in a zone of your choice, which allows for clock changes: "
            '`baseline(reach, "28d", "Europe/Berlin")`',
        ),
    }
)
"""By name, in the order of the documentation."""


def functions_markdown() -> str:
    """The table of `docs/rules.md`, ending in a newline."""
    rows = ((each.written.replace("|", "\\|"), each.meaning) for each in FUNCTIONS.values())
    return "| function | gives |\n| --- | --- |\n" + "".join(
        f"| `{written}` | {meaning} |\n" for written, meaning in rows
    )
