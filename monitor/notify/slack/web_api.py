"""Calls of Slack's Web API, and what its refusals mean. https://docs.slack.dev/apis/web-api"""

import re
from collections.abc import Mapping

import msgspec
from pydantic import SecretStr

from monitor.errors import DeliveryError, DeliveryFault
from monitor.net import retry_after
from monitor.notify.answers import UNREADABLE, check, unconfirmed
from monitor.notify.integration import Context
from monitor.notify.transport import post

LARGEST_ANSWER = 256 * 1024
"""Bytes: an answer repeats the message."""

_UNAUTHORIZED = (DeliveryFault.UNAUTHORIZED, True)
_MISSING = (DeliveryFault.NOT_FOUND, True)
_MISTAKE = (DeliveryFault.REJECTED, False)
_BUSY = (DeliveryFault.UNAVAILABLE, True)
_OUT_OF_ORDER = (DeliveryFault.SERVER_ERROR, True)

# Slack's codes from https://docs.slack.dev/reference/methods/chat.postMessage#errors and of
# chat.update, with our words for them.
_REFUSALS: Mapping[str, tuple[tuple[DeliveryFault, bool], str]] = {
    "ratelimited": ((DeliveryFault.RATE_LIMITED, True), "too many messages"),
    "rate_limited": ((DeliveryFault.RATE_LIMITED, True), "too many messages to this channel"),
    "message_limit_exceeded": (
        (DeliveryFault.RATE_LIMITED, True),
        "the workspace's limit on messages is reached",
    ),
    "invalid_auth": (_UNAUTHORIZED, "the token is not valid"),
    "not_authed": (_UNAUTHORIZED, "the token did not arrive"),
    "account_inactive": (_UNAUTHORIZED, "the account of the token was removed"),
    "token_revoked": (_UNAUTHORIZED, "the token was revoked"),
    "token_expired": (_UNAUTHORIZED, "the token has expired"),
    "missing_scope": (
        _UNAUTHORIZED,
        "the app lacks the scope chat:write; add it and install the app again",
    ),
    "no_permission": (_UNAUTHORIZED, "the token has no permission for this"),
    "not_allowed_token_type": (_UNAUTHORIZED, "expected a bot's token, which begins with xoxb-"),
    "access_denied": (_UNAUTHORIZED, "the token has no permission for this"),
    "ekm_access_denied": (_UNAUTHORIZED, "an administrator forbids posting"),
    "org_login_required": (_UNAUTHORIZED, "the workspace is being moved"),
    "team_access_not_granted": (_UNAUTHORIZED, "the app was not granted this workspace"),
    "restricted_action": (_UNAUTHORIZED, "a workspace setting forbids posting there"),
    "restricted_action_read_only_channel": (_UNAUTHORIZED, "the channel is read-only"),
    "channel_not_found": (
        _MISSING,
        "there is no such channel, or it is private and the bot is not in it",
    ),
    "not_in_channel": (_MISSING, "the bot is not in the channel; invite it there"),
    "is_archived": (_MISSING, "the channel is archived"),
    "message_not_found": (_MISSING, "the message is gone"),
    "thread_not_found": (_MISSING, "the message is gone"),
    "cant_update_message": (_MISSING, "the message belongs to another user"),
    "edit_window_closed": (_MISSING, "the message can no longer be edited"),
    "cannot_reply_to_message": (_MISSING, "the message cannot have a thread"),
    "restricted_action_thread_locked": (_MISSING, "the thread is locked"),
    "msg_too_long": ((DeliveryFault.TOO_LARGE, False), "the message is too long for Slack"),
    "msg_blocks_too_long": ((DeliveryFault.TOO_LARGE, False), "the message is too long for Slack"),
    "too_many_attachments": ((DeliveryFault.TOO_LARGE, False), "the message is too long for Slack"),
    "invalid_blocks": (_MISTAKE, "Slack refused the message's layout"),
    "invalid_blocks_format": (_MISTAKE, "Slack refused the message's layout"),
    "invalid_attachments": (_MISTAKE, "Slack refused the message's layout"),
    "no_text": (_MISTAKE, "Slack found nothing to show"),
    "invalid_arguments": (_MISTAKE, "Slack could not read the message"),
    "invalid_json": (_MISTAKE, "Slack could not read the message"),
    "json_not_object": (_MISTAKE, "Slack could not read the message"),
    "service_unavailable": (_BUSY, "Slack is not available"),
    "request_timeout": (_BUSY, "Slack took too long to read the message"),
    "internal_error": (_OUT_OF_ORDER, "an error of Slack's own"),
    "fatal_error": (_OUT_OF_ORDER, "an error of Slack's own"),
}
_WORD = re.compile(r"[a-z_]{1,50}")

MESSAGE_GONE = frozenset(
    {
        "message_not_found",
        "thread_not_found",
        "cant_update_message",
        "edit_window_closed",
        "channel_not_found",
        "not_in_channel",
        "is_archived",
    }
)
"""Slack's codes for a message that can no longer be updated and has to be replaced by a new one."""


class SlackRefusalError(DeliveryError):
    """A refusal by Slack; `code` is its code for why."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        reason: DeliveryFault,
        retryable: bool,
        retry_after: float | None,
    ) -> None:
        super().__init__(message, reason=reason, retryable=retryable, retry_after=retry_after)
        self.code = code


class Posted(msgspec.Struct, frozen=True, gc=False):
    """The answer of `chat.postMessage` and `chat.update`: where the message is. `ts` identifies it
    within its channel."""

    ok: bool = False
    error: str = ""
    channel: str = ""
    ts: str = ""


class SlackApi:
    """Makes calls with one token. `url` is what the names of methods are appended to."""

    def __init__(self, url: str, token: SecretStr, context: Context) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._context = context

    async def call(self, method: str, arguments: Mapping[str, object]) -> Posted:
        """Make one call. Raises `DeliveryError`, `SlackRefusalError` if Slack refuses."""
        context = self._context
        headers = {
            "Authorization": f"Bearer {self._token.get_secret_value()}",
            "Content-Type": "application/json; charset=utf-8",
        }
        answer = await post(
            context.session,
            f"{self._url}/{method}",
            msgspec.json.encode(arguments),
            headers,
            seconds=context.attempt_seconds,
            largest=LARGEST_ANSWER,
        )
        check(answer, now=context.clock.now())
        try:
            said = msgspec.json.decode(answer.body, type=Posted)
        except UNREADABLE:
            raise unconfirmed(answer, "Slack") from None
        if not said.ok:
            raise _refusal(said.error, retry_after(answer.headers, now=context.clock.now()))
        return said


def _refusal(code: str, wait: float | None) -> SlackRefusalError:
    code = code if _WORD.fullmatch(code) else "unknown"
    (reason, retryable), words = _REFUSALS.get(
        code, ((DeliveryFault.BAD_ANSWER, True), "Slack did not take the message")
    )
    obeyed = reason in (DeliveryFault.RATE_LIMITED, DeliveryFault.UNAVAILABLE)
    return SlackRefusalError(
        f"{code}, {words}",
        code=code,
        reason=reason,
        retryable=retryable,
        retry_after=wait if obeyed else None,
    )
