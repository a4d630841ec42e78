"""The connection pool to the provider."""

import aiohttp

from monitor import __version__

HEADERS = {
    "User-Agent": f"bsg-monitor/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
}
"""Sent with every request."""


def open_session() -> aiohttp.ClientSession:
    """A session that keeps no cookies and sets no time limit of its own.

    Certificates are checked as OpenSSL's defaults say: SSL_CERT_FILE and SSL_CERT_DIR are honoured.
    """
    return aiohttp.ClientSession(
        read_bufsize=2**20,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
    )
