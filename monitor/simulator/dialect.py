"""Where the provider's sources disagree, or where it may answer in several ways: one switch
each."""

from dataclasses import dataclass
from typing import Literal

SINGULAR = "/api/campaign"
PLURAL = "/api/campaigns"
EXAMPLE = "/campaigns"
"""Where the documentation's example asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the stand-in speaks. The defaults are the documented shapes that the provider's own
    client can read.

    `paths` answer the list, the others are a 404 (the calls on one campaign exist under each).
    `statistics` is how a row's counters come; `fallback` how the alternative channel spells
    them: by default `statistic` on the path of the page that shows it so (/api/campaign) and
    `statistics` on the other. `no_fallback` stands where there is none. `search` names the
    spellings that are understood; the other is passed over, as an unknown parameter is.
    `page_at_top` puts `page` beside `data` instead of under `meta`. `largest_page` clamps
    `page[limit]` without a word. `read_in_sent=False` leaves READ out of a row's `sent`, as the
    documentation's list of states does, so that `delivered` can exceed it. `planned_start` is
    the detail's name for `start_at`. `price` is a row's `calculated_price`; `numbers_as_text`
    sends it and the counters as strings; `zero_dates` sends `0000-00-00 00:00:00` where a time
    is null; `iso_times` sends ISO 8601 with the zone. Identical requests within
    `duplicate_window` seconds are refused with 429; 0 allows them.
    """

    paths: frozenset[str] = frozenset({SINGULAR, PLURAL})
    statistics: Literal["object", "array", "null", "empty"] = "object"
    fallback: Literal["by_path", "statistic", "statistics"] = "by_path"
    no_fallback: Literal["null", "array", "object"] = "null"
    search: frozenset[Literal["filter", "search"]] = frozenset({"filter", "search"})
    page_at_top: bool = False
    largest_page: int | None = None
    read_in_sent: bool = True
    planned_start: Literal["started_at", "start_date"] = "started_at"
    price: Literal["zero", "null", "number", "text"] = "zero"
    numbers_as_text: bool = False
    zero_dates: bool = False
    iso_times: bool = False
    duplicate_window: float = 0.0

    def fallback_key(self, path: str) -> str:
        """How the alternative channel's counters are called in an answer on this path."""
        if self.fallback != "by_path":
            return self.fallback
        return "statistics" if path.startswith(PLURAL) else "statistic"
