"""The fields of an account, read from the `AccountView` `_v`."""

from monitor.domain.campaign.feed import ApiError
from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES
from monitor.domain.fields.field import Field, FieldType, quiet, read

_N, _X, _B, _T, _D = (
    FieldType.NUMBER,
    FieldType.TEXT,
    FieldType.BOOL,
    FieldType.TIME,
    FieldType.DURATION,
)


def _balance(name: str, description: str) -> Field:
    return read(
        name,
        _N,
        f"(None if _v.balance is None else _v.balance.{name})",
        description,
        "`currency`",
        nullable=True,
    )


ACCOUNT_FIELDS = (
    read("account", _X, "_v.account", "its name in the settings"),
    read("now", _T, "_v.now.timestamp()", "the time of the evaluation"),
    quiet(),
    read("api_up", _B, "_v.api_up", "whether the last poll of every feed was answered"),
    read(
        "last_success_age",
        _D,
        "_v.last_success_age",
        "how long ago the stalest feed was last read completely; before its first "
        "complete reading, how long the monitor has tried",
        "seconds",
    ),
    read(
        "consecutive_failures",
        _N,
        "_v.consecutive_failures",
        "failed or partial polls in a row, for the feed with the most",
        "polls",
    ),
    Field(
        name="api_error",
        type=_X,
        read="_v.api_error",
        description="why the last poll of a feed was not answered in full; null when all were",
        nullable=True,
        values=tuple(map(str, ApiError)),
    ),
    read(
        "incomplete_for",
        _D,
        "_v.incomplete_for",
        "since the first incomplete poll after a complete one, of the feed for which that is "
        "longest; 0 when every feed was read completely, null until each was tried",
        "seconds",
        nullable=True,
    ),
    read(
        "rejected_rows",
        _N,
        "_v.rejected_rows",
        "rows that could not be used at all, over all feeds: each until it is read well or a "
        "complete reading no longer lists it; null until each feed was read",
        "rows",
        nullable=True,
    ),
    read(
        "unreadable_fields",
        _N,
        "_v.unreadable_fields",
        "fields of watched campaigns that a rule, `BSG_IGNORE` or tracking needs and that cannot "
        "be read now, over all feeds; null until each feed was read",
        "fields",
        nullable=True,
    ),
    read(
        "read_ratio",
        _N,
        "_v.read_ratio",
        "rows read with every field that a rule, `BSG_IGNORE` or tracking needs, as a share of "
        "all rows of the last answered poll, of the feed where it is lowest; null until each feed "
        "was read",
        "ratio",
        nullable=True,
    ),
    read(
        "token_expires_in",
        _D,
        "_v.token_expires_in",
        "until the token of `API_TOKEN` ends, negative once it has; null for a key, and for a "
        "token that does not say",
        "seconds",
        nullable=True,
    ),
    _balance("balance", "the account's balance; null until read"),
    _balance("credit", "the account's credit; null until read"),
    _balance("spendable", "`balance + credit`; null until read"),
    read(
        "runway",
        _D,
        "_v.runway",
        "how long `spendable` lasts at the pace of the last 24 hours: the cost of the "
        "campaigns that started in that time; null when none of them has a price, or "
        "when one is priced in a currency other than the balance's",
        "seconds",
        nullable=True,
    ),
    read(
        "currency",
        _X,
        "(None if _v.balance is None else _v.balance.currency)",
        "the currency of the balance; null until read",
        nullable=True,
    ),
    read(
        "campaigns",
        _N,
        "sum(_v.counts.values())",
        "watched campaigns (live or settling), whatever their status",
        "campaigns",
    ),
    *(
        read(
            f"campaigns_{status}",
            _N,
            f"_v.counts.get({status!r}, 0)",
            f"watched campaigns that are `{status}`",
            "campaigns",
        )
        for status in DOCUMENTED_STATUSES
    ),
)

CAMPAIGN_COUNTS = frozenset(
    {"campaigns", *(f"campaigns_{status}" for status in DOCUMENTED_STATUSES)}
)
"""The fields that count campaigns of the account."""
