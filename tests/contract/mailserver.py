"""A real mail server in process (aiosmtpd) that refuses whom and what it is told to."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from monitor.notify import INTEGRATIONS, Context, open_session
from monitor.ports import Notifier
from tests.clock import FakeClock
from tests.contract.receivers import SECRET

CERTIFICATES = Path(__file__).parents[1] / "certificates"
CA = str(CERTIFICATES / "ca.pem")


@dataclass
class MailServer:
    """`replies` are answers to give instead of taking it, by command (`MAIL`, `DATA`) or
    recipient, one for each attempt.

    `mails` are those taken: who sent it to whom, and what. `greetings` are what clients called
    themselves.
    """

    replies: dict[str, list[str]] = field(default_factory=dict)
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    port: int = 0

    def reply(self, key: str) -> str | None:
        waiting = self.replies.get(key)
        return waiting.pop(0) if waiting else None

    def authenticate(
        self,
        _server: SMTP,
        _session: Session,
        _envelope: Envelope,
        _mechanism: str,
        data: LoginPassword,
    ) -> AuthResult:
        self.logins.append((data.login, data.password))
        if answer := self.reply("AUTH"):
            return AuthResult(success=False, handled=False, message=answer)
        return AuthResult(success=data.password == SECRET.encode(), handled=False)

    # --- aiosmtpd's hooks -------------------------------------------------------------------------

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, lines: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.greetings.append(hostname)
        return lines

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.reply("MAIL"):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.reply(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if answer := self.reply("DATA"):
            return answer
        content = envelope.content
        assert isinstance(content, bytes)
        assert envelope.mail_from is not None
        self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), content))
        self.encrypted.append(
            session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None
        )
        return "250 OK"


@asynccontextmanager
async def mail_server(*, tls: str = "none", login: bool = False) -> AsyncIterator[MailServer]:
    """`tls`: none, starttls or tls. `login`: takes mail only from those who know SECRET."""
    server = MailServer()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    options: dict[str, Any] = {"hostname": "mail.example", "enable_SMTPUTF8": False}
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if login:
        options |= {
            "authenticator": server.authenticate,
            "auth_required": True,
            "auth_require_tls": False,
        }
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a login over loopback is not encrypted
            return SMTP(server, loop=loop, **options)

    listening = await loop.create_server(
        protocol, "127.0.0.1", 0, ssl=context if tls == "tls" else None
    )
    server.port = listening.sockets[0].getsockname()[1]
    yield server
    listening.close()


@asynccontextmanager
async def mailer(port: int, *, seconds: float = 10.0, **given: object) -> AsyncIterator[Notifier]:
    """A notifier as the monitor builds it."""
    integration = INTEGRATIONS["email"]
    plain = {
        "host": "localhost" if given.get("tls", "none") != "none" else "127.0.0.1",
        "port": port,
        "tls": "none",
        "from": "BSG monitor <monitor@example.org>",
        "to": ["ops@example.org", "Léa <lea@example.org>"],
    }
    options = integration.options.model_validate(plain | given)
    async with open_session() as session:
        context = Context(
            session=session,
            clock=FakeClock(),
            console=None,
            external_url="https://m.example",
            attempt_seconds=seconds,
        )
        notifier = integration.build("ops", options, context)
        yield notifier
        await notifier.close()
