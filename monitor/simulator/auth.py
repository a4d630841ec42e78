"""Log-in and tokens: JWTs with `iat` and `exp`, signed, as the provider's own are."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

import msgspec
from aiohttp import web

from monitor.clock import Clock
from monitor.simulator.http_answers import answered_with, invalid, unauthenticated

TEST_PREFIX = "test_"
_HEADER = {"typ": "JWT", "alg": "HS256"}


class Claims(msgspec.Struct, frozen=True, gc=False):
    """What a token says: issued at and expires at (Unix seconds), whose key it came from, and a
    number of its own."""

    iat: int
    exp: int
    sub: str
    jti: int


class _Login(msgspec.Struct, gc=False):
    api_key: str


class Tokens:
    """Issues tokens for the known keys and knows them again until they expire or are revoked.

    `static` tokens are taken as they are, for ever, until revoked.
    """

    def __init__(
        self,
        keys: Iterable[str],
        *,
        clock: Clock,
        life: float,
        seed: int,
        static: Iterable[str] = (),
    ) -> None:
        self.keys = set(keys)
        self.static = set(static)
        self.life = life
        self._clock = clock
        self._secret = hashlib.sha256(f"simulator/{seed}".encode()).digest()
        self._issued = 0
        self._revoked_up_to = 0

    def issue(self, key: str) -> str:
        """A new token."""
        self._issued += 1
        now = self._clock.now().timestamp()
        claims = Claims(
            iat=int(now), exp=int(now + self.life), sub=_fingerprint(key), jti=self._issued
        )
        signed = f"{_encoded(msgspec.json.encode(_HEADER))}.{_encoded(msgspec.json.encode(claims))}"
        return f"{signed}.{self._signature(signed)}"

    def revoke(self) -> None:
        """Make every token issued so far, and every static one, invalid."""
        self._revoked_up_to = self._issued
        self.static.clear()

    def holder(self, authorization: str | None) -> str:
        """The key that a request's Authorization header stands for, or the static token; 401
        when it stands for none."""
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated()
        if token in self.static:
            return token
        claims = self._claims(token)
        if (
            claims is None
            or claims.exp <= self._clock.now().timestamp()
            or claims.jti <= self._revoked_up_to
        ):
            raise unauthenticated()
        for key in self.keys:
            if _fingerprint(key) == claims.sub:
                return key
        raise unauthenticated()

    def _claims(self, token: str) -> Claims | None:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return None
        try:
            return msgspec.json.decode(
                base64.urlsafe_b64decode(signed.partition(".")[2] + "=="), type=Claims
            )
        except (msgspec.MsgspecError, binascii.Error):
            return None

    def _signature(self, signed: str) -> str:
        return _encoded(hmac.new(self._secret, signed.encode(), hashlib.sha256).digest())

    async def login(self, request: web.Request) -> web.Response:
        """`POST /api/auth/login`: 422 without a key, 401 for a wrong one."""
        try:
            login = msgspec.json.decode(await request.read(), type=_Login)
        except msgspec.MsgspecError:
            raise invalid("api_key", "The api key field is required.") from None
        if login.api_key not in self.keys:
            raise unauthenticated()
        return answered_with(request, {"bearer": self.issue(login.api_key)})

    async def refresh(self, request: web.Request) -> web.Response:
        """`POST /api/auth/refresh`: a new token for one that still holds; the old one holds
        until its own end."""
        holder = self.holder(request.headers.get("Authorization"))
        if holder not in self.keys:
            raise unauthenticated()
        return answered_with(request, {"bearer": self.issue(holder)})


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
