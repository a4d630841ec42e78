"""Which path the provider's list of campaigns answers on. Its own pages name three."""

from collections.abc import Sequence

import structlog

AUTO = "auto"
CANDIDATES = ("/api/campaigns", "/api/campaign", "/campaigns")

log = structlog.get_logger()


class CampaignPaths:
    """The paths to try, the one that answered last first; and the same for single campaigns and
    for their details, which may differ from it."""

    def __init__(self, setting: str, *, account: str) -> None:
        """`setting` is `auto` or a path."""
        self._account = account
        self._candidates: Sequence[str] = (
            CANDIDATES if setting == AUTO else ("/" + setting.strip("/"),)
        )
        self._single: str | None = None
        self._detail: str | None = None
        self.answered: str | None = None
        """The path a list has answered on; null before the first."""

    @property
    def for_list(self) -> Sequence[str]:
        """In the order to try them."""
        return self._beginning_with(self.answered)

    @property
    def for_single(self) -> Sequence[str]:
        """Where `/{id}` may be put behind, in the order to try them."""
        return self._beginning_with(self._single or self.answered)

    @property
    def for_detail(self) -> Sequence[str]:
        """Where `/{id}/detail` may be put behind: the one that has given a detail, else as
        `for_single`."""
        return self.for_single if self._detail is None else (self._detail,)

    def list_answered(self, path: str) -> None:
        """Logged when it is news."""
        if path != self.answered:
            log.info("campaigns_path_chosen", account=self._account, path=path)
            self.answered = path

    def single_answered(self, path: str) -> None:
        self._single = path

    def detail_answered(self, path: str) -> None:
        self._detail = path

    def _beginning_with(self, path: str | None) -> Sequence[str]:
        if path is None:
            return self._candidates
        return (path, *(other for other in self._candidates if other != path))
