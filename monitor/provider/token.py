"""Who we are to the provider: an API key whose token is refreshed ahead of its end, or a token
from the settings."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import msgspec
import structlog

from monitor.clock import Clock
from monitor.errors import ProviderError, ProviderFault
from monitor.provider.client import TRIES, Call, Client, Decode, Query, Tally
from monitor.provider.pacing import LONGEST_RETRY_AFTER, again
from monitor.provider.wire import read_bearer

REFRESH_AT = 0.8
"""Part of a token's life after which it is refreshed."""
FIRST_LOGIN_DELAY = 5.0
LONGEST_LOGIN_DELAY = 60.0
REFRESH_RETRY_DELAY = 60.0
_YEAR_10000 = 253_402_300_800.0

LOGIN = "/api/auth/login"
REFRESH = "/api/auth/refresh"

T = TypeVar("T")
log = structlog.get_logger()


class _Claims(msgspec.Struct, gc=False):
    iat: float | None = None
    exp: float | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token. Each answer of the provider is a `generation` of its own."""

    value: str = field(repr=False)
    generation: int = 0
    refresh_at: float = float("inf")  # on the monotonic clock
    expires_at: float = float("inf")


def life_of(token: str) -> float | None:
    """Seconds between a JWT's `iat` and `exp`; null for a token that does not say (it then lasts
    until a 401)."""
    claims = _claims_of(token)
    if claims is None or claims.iat is None or claims.exp is None or claims.exp <= claims.iat:
        return None
    return claims.exp - claims.iat


def expiry_of(token: str) -> float | None:
    """When a JWT ends (Unix seconds); null for a token that does not say, or names a year beyond
    9999."""
    claims = _claims_of(token)
    if claims is None or claims.exp is None or not 0 <= claims.exp < _YEAR_10000:
        return None
    return claims.exp


def _claims_of(token: str) -> _Claims | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(payload, type=_Claims)
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return None


class Credentials(Protocol):
    """Where the Authorization header comes from. Shared by all requests of an account."""

    async def current(self) -> Token:
        """A token to use now. ProviderError when there is none to be had."""
        ...

    def accepted(self, token: Token) -> None:
        """A request with this token was answered."""
        ...

    def refused(self, token: Token, error: ProviderError, /) -> None:
        """A request with this token got a 401, `error`. Raises ProviderError when no other token
        can be had."""
        ...


class StaticToken:
    """A token from the settings. Nothing can be done about a 401 but say so, each time."""

    def __init__(self, token: str, *, setting: str) -> None:
        """`setting` is the name of the variable that holds it, for the error's text."""
        self._token = Token(token)
        self._setting = setting

    async def current(self) -> Token:
        return self._token

    def accepted(self, token: Token) -> None:
        pass

    def refused(self, _token: Token, error: ProviderError, /) -> None:
        raise ProviderError(
            "the provider refused the API token (HTTP 401): it has expired or was revoked; "
            f"replace {self._setting}",
            reason=ProviderFault.UNAUTHORIZED,
            retryable=False,
            status=401,
        ) from error


class KeyLogin:
    """Logs in with an API key. One log-in or refresh at a time; requests that wait for it share
    its outcome.

    A log-in that failed is not tried again for 5 s, then 10, 20, 40, 60; meanwhile every request
    gets its error at once, so that no poll is held up. A token that is refused before it ever
    worked counts as a log-in that failed.
    """

    def __init__(
        self,
        key: str,
        *,
        account: str,
        setting: str,
        client: Client,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self._key = key
        self._account = account
        self._setting = setting
        self._client = client
        self._clock = clock
        self._random = random
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._generation = 0
        self._worked = False
        self._failures = 0
        self._failure: ProviderError | None = None
        self._not_before = float("-inf")
        self._refresh_failing = False

    async def current(self) -> Token:
        token = self._usable(others_refresh=self._lock.locked())
        if token is not None:
            return token
        async with self._lock:
            token = self._usable(others_refresh=False)
            if token is None and self._token is not None:
                token = await self._refreshed(self._token)
            return token or await self._logged_in()

    def accepted(self, token: Token) -> None:
        if self._is_current(token) and not self._worked:
            self._worked = True
            if self._failures:
                log.info("login_recovered", account=self._account, failures=self._failures)
            self._failures = 0

    def refused(self, token: Token, error: ProviderError, /) -> None:
        if not self._is_current(token):
            return  # another request was refused too, and there is a new token since
        self._token = None
        if not self._worked:
            self._remember(error, f"the provider refuses the token that it has just given: {error}")

    def _is_current(self, token: Token) -> bool:
        return self._token is not None and self._token.generation == token.generation

    def _usable(self, *, others_refresh: bool) -> Token | None:
        """The token we have, unless it must be refreshed or replaced first. While one refreshes,
        others use the old one."""
        token, now = self._token, self._clock.monotonic()
        if token is None or now >= token.expires_at:
            return None
        return token if others_refresh or now < token.refresh_at else None

    async def _refreshed(self, old: Token) -> Token | None:
        """A new token for the old; the old one while it lasts and nothing better is to be had;
        null when it has ended."""
        if self._clock.monotonic() < old.expires_at:
            try:
                value = await self._client.request(
                    Call(method="POST", path=REFRESH), read_bearer, bearer=old.value, tries=1
                )
            except ProviderError as error:
                if not self._refresh_failing:
                    log.warning(
                        "token_refresh_failed",
                        account=self._account,
                        reason=error.reason.value,
                        error=str(error),
                    )
                self._refresh_failing = True
                return await self._without_refresh(old, error)
            return self._received(value, worked=True)
        return None

    async def _without_refresh(self, old: Token, error: ProviderError) -> Token | None:
        if not error.retryable:  # refused for good: a log-in may still be granted
            try:
                return await self._logged_in()
            except ProviderError:
                pass  # remembered; the old token may serve until it ends
        now = self._clock.monotonic()
        if now >= old.expires_at or self._token is None:
            return None
        self._token = replace(old, refresh_at=now + REFRESH_RETRY_DELAY)
        return self._token

    async def _logged_in(self) -> Token:
        if self._failure is not None and self._clock.monotonic() < self._not_before:
            raise again(self._failure)
        try:
            value = await self._client.request(
                Call(method="POST", path=LOGIN, body={"api_key": self._key}), read_bearer, tries=1
            )
        except ProviderError as error:
            refused = error.reason in (ProviderFault.UNAUTHORIZED, ProviderFault.INVALID_REQUEST)
            text = (
                f"log-in refused, check {self._setting}: {error}"
                if refused
                else f"log-in failed: {error}"
            )
            raise self._remember(error, text) from error
        return self._received(value, worked=False)

    def _received(self, value: str, *, worked: bool) -> Token:
        self._client.keep_secret(value)
        now, life = self._clock.monotonic(), life_of(value)
        self._generation += 1
        token = Token(value, self._generation)
        self._token = (
            token
            if life is None
            else replace(token, refresh_at=now + REFRESH_AT * life, expires_at=now + life)
        )
        self._worked = worked
        self._failure = None
        self._refresh_failing = False
        return self._token

    def _remember(self, error: ProviderError, text: str) -> ProviderError:
        """Note a log-in that failed; the error to tell."""
        self._failures += 1
        spread = FIRST_LOGIN_DELAY * 2 ** min(self._failures - 1, 10) * (1 + 0.2 * self._random())
        wish = min(error.retry_after or 0.0, LONGEST_RETRY_AFTER)
        self._not_before = self._clock.monotonic() + max(min(LONGEST_LOGIN_DELAY, spread), wish)
        self._failure = ProviderError(
            text,
            reason=error.reason,
            retryable=error.retryable,
            status=error.status,
            retry_after=error.retry_after,
        )
        if self._failures == 1:
            log.warning(
                "login_failed" if error.retryable else "login_refused",
                account=self._account,
                reason=error.reason.value,
                error=text,
            )
        return self._failure


class AuthorizedClient:
    """A client whose requests carry a token. One that gets a 401 is made once more with a new
    token."""

    def __init__(self, client: Client, credentials: Credentials) -> None:
        self._client = client
        self._credentials = credentials

    async def get(
        self,
        path: str,
        query: Query,
        decode: Decode[T],
        *,
        tally: Tally | None = None,
        tries: int = TRIES,
        timeout: float | None = None,
    ) -> T:
        """GET and decode. ProviderError."""
        call = Call(method="GET", path=path, query=query, timeout=timeout)

        async def ask(token: Token) -> T:
            answer = await self._client.request(
                call, decode, bearer=token.value, tally=tally, tries=tries
            )
            self._credentials.accepted(token)
            return answer

        token = await self._credentials.current()
        try:
            return await ask(token)
        except ProviderError as error:
            if error.status != 401:
                raise
            self._credentials.refused(token, error)
        return await self._second(ask)

    async def _second(self, ask: Callable[[Token], Awaitable[T]]) -> T:
        token = await self._credentials.current()
        try:
            return await ask(token)
        except ProviderError as error:
            if error.status == 401:
                self._credentials.refused(token, error)
            raise
