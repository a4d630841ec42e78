"""Microsoft Teams: a workflow that posts the cards it is sent. What a card looks like is in
`teams_message`."""

import re
from collections.abc import Mapping
from dataclasses import replace

import msgspec
from pydantic import Field

from monitor.domain.alerting.notification import Notification
from monitor.errors import DeliveryFault
from monitor.notify.answers import Meaning, check, confirm, json_object, unconfirmed
from monitor.notify.integration import Context, Integration, refusal
from monitor.notify.options import ReceiverOptions, SecretUrl
from monitor.notify.teams.message import compose
from monitor.notify.transport import Answer, post

# What a failure looks like that arrives as a 200, 429 and 413 among them
# (MicrosoftDocs/msteams-docs#1810 and #7425).
_HIDDEN_STATUS = re.compile(rb"Microsoft Teams endpoint returned HTTP error (\d{3})\b")
_HIDDEN_FAILURE = b"Webhook message delivery failed"

# The workflow service's words for why; a person can mend each of these.
_MEANINGS: Mapping[str, tuple[str, Meaning]] = {
    "WorkflowTriggerIsNotEnabled": ("the workflow is turned off", (DeliveryFault.NOT_FOUND, True)),
    "WorkflowNotFound": (
        "the workflow was deleted; make a new one",
        (DeliveryFault.NOT_FOUND, True),
    ),
    "DirectApiAuthorizationRequired": (
        "the URL is cut off (its sig is missing), or the workflow is not open to anyone",
        (DeliveryFault.UNAUTHORIZED, True),
    ),
    "AuthorizationFailed": (
        "the URL's signature is wrong; copy it again",
        (DeliveryFault.UNAUTHORIZED, True),
    ),
}


class TeamsOptions(ReceiverOptions):
    """`url` is the workflow's; whoever has it can post, so it is a secret."""

    url: SecretUrl = Field(description="The workflow's address.")

    def endpoint(self) -> str:
        return self.url.get_secret_value()

    def carries_secret(self) -> bool:
        return True


class TeamsNotifier:
    """Posts to one workflow ("When a Teams webhook request is received"), or to one of the older
    incoming webhooks.

    What one posts to a channel Teams bounds to about one a second for longer times
    (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit).
    """

    integration = "teams"
    min_interval = 1.0
    burst = 3

    def __init__(self, options: TeamsOptions, context: Context) -> None:
        self._options = options
        self._context = context

    async def send(self, notification: Notification) -> None:
        context = self._context
        body = msgspec.json.encode(compose(notification, context.external_url))
        headers = {"webhook-id": notification.id}
        answer = await post(
            context.session,
            self._options.endpoint(),
            body,
            headers,
            seconds=context.attempt_seconds,
        )
        now = context.clock.now()
        words, meaning = _MEANINGS.get(_code(answer), (None, None))
        check(answer, now=now, detail=words, meaning=meaning)
        if hidden := _HIDDEN_STATUS.search(answer.body):
            check(
                replace(answer, status=int(hidden[1])),
                now=now,
                detail="in an answer that calls itself a success",
            )
        if answer.body.lstrip().startswith(_HIDDEN_FAILURE):
            raise unconfirmed(answer, "Teams")
        confirm(answer, "Teams")

    async def close(self) -> None:
        """The session is not ours."""


def _code(answer: Answer) -> str:
    error = json_object(answer).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else ""


def _build(_receiver: str, options: TeamsOptions, context: Context) -> TeamsNotifier:
    if reason := refusal(options, allow_insecure_http=context.allow_insecure_http):
        raise ValueError(reason)
    return TeamsNotifier(options, context)


TEAMS = Integration("teams", TeamsOptions, _build)
