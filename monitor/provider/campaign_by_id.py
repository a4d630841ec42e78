"""One campaign by its id, and when a 404 may be believed.

An API that moved must not make campaigns vanish: a 404 for `/api/campaigns/7` says that campaign
7 is gone only if that path gives campaigns at all. So it is believed when the same path has
given one within the last five minutes, or gives one that the last sweep saw (the witness). Where
no campaign is known to ask for, the list's own path and the provider's own JSON must do.
"""

from collections.abc import Callable, Sequence

import msgspec

from monitor.clock import Clock
from monitor.domain.campaign.snapshot import Campaign
from monitor.errors import ProviderError, ProviderFault
from monitor.provider.paths import CampaignPaths
from monitor.provider.token import AuthorizedClient
from monitor.provider.wire import read_single

PROOF_LASTS = 300.0
MOST_WITNESSES = 2
"""One may itself have just vanished."""


class CampaignLookup:
    """Single look-ups of one account."""

    def __init__(
        self,
        client: AuthorizedClient,
        paths: CampaignPaths,
        decode: Callable[[msgspec.Raw], Campaign],
        clock: Clock,
    ) -> None:
        """`decode` makes a row a campaign; raises BodyError."""
        self._client = client
        self._paths = paths
        self._decode = decode
        self._clock = clock
        self._witnesses: dict[str, Sequence[int]] = {}
        self._proofs: dict[
            str, float
        ] = {}  # path → when it last gave a campaign, on the monotonic clock

    def seen(self, message_type: str, ids: Sequence[int]) -> None:
        """Campaigns that a sweep of a feed has just seen, the best witness first."""
        self._witnesses[message_type] = ids

    async def find(self, campaign_id: int) -> Campaign | None:
        """The campaign, or null when the provider says that there is none, on a path that is
        known to work. ProviderError."""
        missing: ProviderError | None = None
        for path in self._paths.for_single:
            try:
                return await self._read(path, campaign_id)
            except ProviderError as error:
                if error.status != 404:
                    raise
                missing = error
            if missing.reason is ProviderFault.NOT_FOUND and await self._works(
                path, besides=campaign_id
            ):
                return None
        raise ProviderError(
            f"cannot tell whether campaign {campaign_id} is gone: the path for single campaigns "
            "answers 404 for others too",
            reason=ProviderFault.NOT_FOUND,
            retryable=False,
            status=404,
        ) from missing

    async def _works(self, path: str, *, besides: int) -> bool:
        proof = self._proofs.get(path)
        if proof is not None and self._clock.monotonic() - proof < PROOF_LASTS:
            return True
        witnesses = [id_ for ids in self._witnesses.values() for id_ in ids if id_ != besides]
        for witness in witnesses[:MOST_WITNESSES]:
            try:
                await self._read(path, witness)
            except ProviderError as error:
                if error.status != 404:
                    raise
            else:
                return True
        return not witnesses and path == self._paths.answered

    async def _read(self, path: str, campaign_id: int) -> Campaign:
        def decode(body: bytes) -> Campaign:
            return self._decode(read_single(body))

        campaign = await self._client.get(f"{path}/{campaign_id}", (), decode)
        if campaign.id != campaign_id:
            raise ProviderError(
                f"the provider answered with another campaign than {campaign_id}",
                reason=ProviderFault.BAD_BODY,
                retryable=True,
            )
        self._proofs[path] = self._clock.monotonic()
        self._paths.single_answered(path)
        return campaign
