"""Microsoft Teams: sends cards to a workflow, which posts them."""

import re
from collections.abc import Mapping
from dataclasses import replace

from pydantic import Field

from monitor.domain.alerting.notification import Notification
from monitor.errors import DeliveryFault
from monitor.notify.answers import Meaning, check, confirm, json_object, unconfirmed
from monitor.notify.integration import HttpNotifier, Integration
from monitor.notify.options import ReceiverOptions, SecretUrl
from monitor.notify.teams.message import compose
from monitor.notify.transport import Answer

# Some failures, 429 and 413 among them, arrive as a 200 and look like this
# (MicrosoftDocs/msteams-docs#1810 and #7425).
_HIDDEN_STATUS = re.compile(rb"Microsoft Teams endpoint returned HTTP error (\d{3})\b")
_HIDDEN_FAILURE = b"Webhook message delivery failed"

# The workflow service's codes for why; a person can fix each of these.
_MEANINGS: Mapping[str, tuple[str, Meaning]] = {
    "WorkflowTriggerIsNotEnabled": ("the workflow is turned off", (DeliveryFault.NOT_FOUND, True)),
    "WorkflowNotFound": (
        "the workflow was deleted; create a new one",
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
    """Options of a Teams receiver. Anyone who has the URL can post, so it is a secret."""

    url: SecretUrl = Field(description="The workflow's URL.")


class TeamsNotifier(HttpNotifier[TeamsOptions]):
    """Posts to a workflow ("When a Teams webhook request is received"), or to an older incoming
    webhook.

    Teams allows one sender about one message a second to a channel
    (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit).
    """

    integration = "teams"
    min_interval = 1.0
    burst = 3

    async def send(self, notification: Notification) -> None:
        url = self._options.url.get_secret_value()
        told = compose(notification, self._context.external_url)
        answer = await self._post(url, told, notification)
        now = self._context.clock.now()
        words, meaning = _MEANINGS.get(_code(answer), (None, None))
        check(answer, now=now, detail=words, meaning=meaning)
        if hidden := _HIDDEN_STATUS.search(answer.body):
            check(
                replace(answer, status=int(hidden[1])),
                now=now,
                detail="in an answer with a success status",
            )
        if answer.body.lstrip().startswith(_HIDDEN_FAILURE):
            raise unconfirmed(answer, "Teams")
        confirm(answer, "Teams")


def _code(answer: Answer) -> str:
    error = json_object(answer).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else ""


TEAMS = Integration("teams", "a workflow of Microsoft Teams", TeamsOptions, TeamsNotifier)
