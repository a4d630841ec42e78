"""What a campaign showed at one moment: the figures that move while it is sent."""

from typing import Self

import msgspec

from monitor.domain.campaign.snapshot import Campaign


class Sample(msgspec.Struct, frozen=True, gc=False):
    """The figures of a campaign as first seen at `at` (Unix seconds); they held until the sample
    after it.

    The other names are those of `Campaign`, so that a field can be read from either.
    """

    at: float
    status: str
    sent: int | None = None
    delivered: int | None = None
    fallback_sent: int | None = None
    fallback_delivered: int | None = None

    @classmethod
    def of(cls, campaign: Campaign, at: float) -> Self:
        """What the campaign shows at `at`."""
        return cls(
            at,
            campaign.status,
            campaign.sent,
            campaign.delivered,
            campaign.fallback_sent,
            campaign.fallback_delivered,
        )


SAMPLED = frozenset(Sample.__struct_fields__) - {"at"}
"""The names a sample has in common with a campaign: what is known of the past."""
