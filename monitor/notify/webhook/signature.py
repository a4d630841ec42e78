"""Signatures as Standard Webhooks 1.0 describes them, https://www.standardwebhooks.com."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

BASE64_PREFIX = "whsec_"


def signing_key(secret: str) -> bytes:
    """The bytes to sign with: of `whsec_` and base64, as Standard Webhooks writes keys, or of any
    other text as it is (UTF-8). Raises ValueError if the base64 is wrong."""
    if not secret.startswith(BASE64_PREFIX):
        return secret.encode()
    encoded = secret.removeprefix(BASE64_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError("begins with whsec_, but what follows is not base64")
    return key


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over `id.timestamp.body`, base64, version v1."""
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def signatures(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """One signature for each key, separated by spaces. Any one key is enough to verify, so keys can
    be changed without a gap."""
    return " ".join(signature(key, message_id, timestamp, body) for key in keys)
