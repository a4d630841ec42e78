"""What a campaign of a scenario will do: its state at any time follows from this. Spans of time as
scenario files write them."""

import math
import re

import msgspec

HOURS = 3600.0
FOREVER = math.inf
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_TEXT = re.compile(r"([+-]?)((?:\d+(?:\.\d+)?(?:ms|[dhms]))+)\Z")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")


def parse_offset(value: object) -> float:
    """Seconds, negative for the past: a number of seconds, or `90s`, `1h30m`, `-2d`, `forever`.
    ValueError says what was expected."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if value == "forever":
        return FOREVER
    match = _TEXT.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("expected seconds, or a text like 90s, 1h30m, -2d or forever")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(match[2]))
    return -seconds if match[1] == "-" else seconds


class Hold(msgspec.Struct, frozen=True, gc=False):
    """A span without sending, in seconds since the campaign's creation; `end` may be infinite.

    `status` is what the campaign shows meanwhile ("paused"), or None for a stall: it still says
    that it is sending.
    """

    begin: float
    end: float
    status: str | None = None


class CampaignPlan(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One campaign from creation to the last delivery report. Spans are seconds.

    `created` counts from the simulator's start (negative: already happened), everything else
    from the creation. The campaign is `creation` long being created, then `moderation` long in
    `moderation_status`; it starts `late` after the later of that and the planned `start`, hands
    `size` messages over evenly within `duration` (holds come on top), and ends by itself or at
    `stop`. Shares are of `size`: `delivered_share` arrive on the own channel (`read_share` of
    those are read), `not_rcs_share` meet a phone without RCS and, with `fallback`, go out again
    as SMS `fallback_delay` later, of which `fallback_delivered_share` arrive; the rest is lost
    in the usual ways. `reports` is how long a prompt delivery report takes; a message without
    one expires after `validity`.
    """

    name: str
    sender: str
    size: int
    message_type: str = "sms"
    created: float = 0.0
    start: float = 0.0
    creation: float = 0.0
    moderation: float = 0.0
    moderation_status: str = "spam"
    late: float = 0.0
    duration: float = 60.0
    holds: tuple[Hold, ...] = ()
    stop: float = math.inf
    delivered_share: float = 0.97
    read_share: float = 0.0
    not_rcs_share: float = 0.0
    fallback: bool = False
    fallback_delay: float = 30.0
    fallback_delivered_share: float = 0.95
    reports: float = 12.0
    validity: float = 72 * HOURS
    price: float = 0.01
    currency: str = "EUR"
    id: int | None = None


class BalancePlan(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The account's money: `amount` at the start, falling by `per_minute` down to `floor`;
    `credit` is constant."""

    amount: float = 250.0
    credit: float = 0.0
    currency: str = "EUR"
    per_minute: float = 0.0
    floor: float = -math.inf

    def at(self, elapsed: float) -> float:
        """What is left `elapsed` seconds after the start, to the cent."""
        return round(
            max(min(self.amount, self.floor), self.amount - self.per_minute * elapsed / 60.0), 2
        )
