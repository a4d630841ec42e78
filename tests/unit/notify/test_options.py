"""Option models: strict, and silent about secrets."""

import pytest
from pydantic import ValidationError

from monitor.notify import INTEGRATIONS, refusal
from monitor.notify.slack.options import SlackOptions
from monitor.notify.webhook.options import WebhookOptions
from monitor.notify.webhook.signature import signing_key
from tests.contract.receivers import OVER_HTTP, ROUTING_KEY, integration_of
from tests.contract.receivers import SECRET as RECEIVERS_SECRET

SECRET = "hunter2hunter2"


def webhook(url: str, secret: str | None = None) -> WebhookOptions:
    return WebhookOptions.model_validate({"url": url} | ({"secret": secret} if secret else {}))


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://x", "example.org/hook", "https://", "https://a b", "http://h:99999/", "https://[::1", "http://h\n/",
        "https://hooks..example.org/", f"https://{'a' * 64}.org/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["webhook", "slack"])
def test_an_address_that_cannot_be_posted_to_is_refused_without_being_quoted(
    kind: str, url: str
) -> None:
    given = (
        url.replace("https://", f"https://{SECRET}@")
        if url.startswith("https://")
        else url + SECRET
        if url
        else url
    )
    with pytest.raises(ValidationError) as refused:
        integration_of(kind).options.model_validate({"url": given})
    assert SECRET not in str(refused.value)
    assert refused.value.errors(include_input=False)[0]["loc"] == ("url",)


@pytest.mark.parametrize("kind", sorted(INTEGRATIONS))
def test_unknown_options_and_wrong_types_are_refused(kind: str) -> None:
    with pytest.raises(ValidationError) as refused:
        integration_of(kind).options.model_validate({"url": 3, "colour": SECRET})
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_***"])
def test_a_secret_that_cannot_sign_is_refused(secret: str) -> None:
    with pytest.raises(ValidationError):
        WebhookOptions.model_validate({"url": "https://x", "secret": secret})


def test_a_secret_is_base64_after_whsec_and_plain_otherwise() -> None:
    assert signing_key("whsec_aGVsbG8=") == signing_key("whsec_aGVsbG8") == b"hello"
    assert signing_key("pässword") == "pässword".encode()


@pytest.mark.parametrize("kind", sorted(OVER_HTTP))
def test_options_do_not_print_their_secrets(kind: str) -> None:
    options = integration_of(kind).options.model_validate(OVER_HTTP[kind]("https://x.example"))
    printed = f"{options} {options!r} {options.model_dump()}"
    assert not [secret for secret in (RECEIVERS_SECRET, ROUTING_KEY) if secret in printed]


@pytest.mark.parametrize(
    ("url", "secret", "carries", "in_clear"),
    [
        ("https://example.org/hook", None, False, False),
        ("http://example.org/hook", None, False, True),
        ("http://example.org/hook", SECRET, True, True),
        ("http://u:p@example.org/hook", None, True, True),
        ("http://example.org/hook?access_token=x", None, True, True),
        ("http://example.org/hook?apikey=x", None, True, True),
        ("http://example.org/hook?channel=ops", None, False, True),
        ("HTTP://127.0.0.1:8080/hook", SECRET, True, False),
        ("http://[::1]:8080/hook", SECRET, True, False),
        ("http://localhost/hook", SECRET, True, False),
        ("http://127.0.0.1.example.org/hook", SECRET, True, True),
    ],
)
def test_a_secret_over_plain_http_beyond_loopback_is_refused(
    url: str, secret: str | None, carries: bool, in_clear: bool
) -> None:
    options = webhook(url, secret)
    assert (options.carries_secret(), options.in_clear()) == (carries, in_clear)
    assert (refusal(options, allow_insecure_http=False) is not None) == (carries and in_clear)
    assert refusal(options, allow_insecure_http=True) is None


def test_a_slack_url_is_a_secret_as_a_whole() -> None:
    options = SlackOptions.model_validate({"url": "http://hooks.example/T/B/X"})
    assert options.carries_secret()
    assert refusal(options, allow_insecure_http=False)
