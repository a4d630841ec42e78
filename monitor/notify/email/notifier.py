"""Email over SMTP: sends one mail to all recipients."""

import asyncio
import socket
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import aiosmtplib
import structlog

from monitor.domain.alerting.notification import Notification
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify.email.message import compose
from monitor.notify.email.options import EmailOptions, mailbox
from monitor.notify.email.smtp_replies import fault
from monitor.notify.integration import Context, Integration

QUIT_SECONDS = 1.0
"""How long to wait for the answer to QUIT; the mail was taken before."""
MOST_PARTLY_DELIVERED = 1000

log = structlog.get_logger()


class EmailNotifier:
    """Sends one mail at a time, each over a connection of its own.

    When a server takes a mail for some recipients and defers others, the next attempts are for
    those only. After a restart all recipients get it again, under the same `Message-ID`.
    """

    integration = "email"
    min_interval = 0.2  # one at a time: servers count connections
    burst = 1

    def __init__(self, receiver: str, options: EmailOptions, context: Context) -> None:
        self._receiver = receiver
        self._options = options
        self._context = context
        self._sender = mailbox(options.sender)
        self._to = [mailbox(each) for each in options.to]
        self._tls = (
            None if options.tls == "none" else options.tls_context() or ssl.create_default_context()
        )
        self._hello = options.hello or _own_name()
        self._done: OrderedDict[str, frozenset[str]] = OrderedDict()

    async def send(self, notification: Notification) -> None:
        mail = compose(
            notification, sender=self._sender, to=self._to, external_url=self._context.external_url
        )
        done = self._done.get(notification.id, frozenset())
        recipients = [each.addr_spec for each in self._to if each.addr_spec not in done]
        async with _connected(
            self._options, self._tls, self._hello, self._context.attempt_seconds
        ) as server:
            try:
                refused, _ = await server.sendmail(
                    self._sender.addr_spec, recipients, mail.as_bytes()
                )
            except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPRecipientRefused) as error:
                if not done:
                    raise
                rest = (
                    error.recipients
                    if isinstance(error, aiosmtplib.SMTPRecipientsRefused)
                    else [error]
                )
                refused = {
                    each.recipient: aiosmtplib.SMTPResponse(each.code, each.message)
                    for each in rest
                }
        self._account_for(notification, recipients, refused)

    async def verify(self) -> None:
        """Connect, agree on TLS and log in; then disconnect."""
        async with _connected(
            self._options, self._tls, self._hello, self._context.attempt_seconds
        ) as server:
            await server.noop()

    async def close(self) -> None:
        """Does nothing: no connection is kept open."""

    def _account_for(
        self,
        notification: Notification,
        recipients: list[str],
        refused: Mapping[str, aiosmtplib.SMTPResponse],
    ) -> None:
        """At least one recipient has the mail. Raises `DeliveryError` while others may still get
        it; recipients that never will are logged."""
        later = [address for address, reply in refused.items() if reply.code < 500]
        never = {address: reply.code for address, reply in refused.items() if reply.code >= 500}
        if never:
            log.warning(
                "email_recipients_refused",
                receiver=self._receiver,
                notification=notification.id,
                refused=never,
            )
        if not later:
            self._done.pop(notification.id, None)
            return
        told = self._done.get(notification.id, frozenset()) | (
            frozenset(recipients) - frozenset(later)
        )
        self._done[notification.id] = told
        while len(self._done) > MOST_PARTLY_DELIVERED:
            self._done.popitem(last=False)
        code = refused[later[0]].code
        raise DeliveryError(
            f"SMTP {code}: {len(later)} of {len(self._to)} recipients were deferred; the others "
            "have the mail",
            reason=DeliveryFault.UNAVAILABLE,
            retryable=True,
        )


@asynccontextmanager
async def _connected(
    options: EmailOptions, tls: ssl.SSLContext | None, hello: str, seconds: float
) -> AsyncIterator[aiosmtplib.SMTP]:
    """A session with the server, logged in. Everything done in it takes at most `seconds`. Raises
    `DeliveryError`."""
    host, port = options.server()
    server = aiosmtplib.SMTP(
        hostname=host,
        port=port,
        username=options.username,
        password=options.password.get_secret_value() if options.password else None,
        local_hostname=hello,
        # ours covers everything; its own can lose a cancellation in Python 3.11 (wait_for)
        timeout=None,
        use_tls=options.tls == "tls",
        start_tls=options.tls == "starttls",
        tls_context=tls,
    )
    try:
        async with asyncio.timeout(seconds):
            await server.connect()
            yield server
    except TimeoutError:
        raise DeliveryError(
            f"no answer within {seconds:g} s", reason=DeliveryFault.TIMEOUT, retryable=True
        ) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise fault(error) from None  # its text may hold what the server said
    else:
        with suppress(aiosmtplib.SMTPException, OSError):
            await server.quit(timeout=QUIT_SECONDS)
    finally:
        server.close()


def _own_name() -> str:
    """This machine's name if it can be used in a greeting. Asking for the full name could wait
    for the name service."""
    name = socket.gethostname()
    return (
        name if name.isascii() and name.replace("-", "").replace(".", "").isalnum() else "localhost"
    )


EMAIL = Integration("email", "mail over SMTP", EmailOptions, EmailNotifier)
