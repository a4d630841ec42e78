"""A webhook's options: one identity, no header of ours, certificates that can be used."""

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from monitor.notify import OPTIONS_FOLDER
from monitor.notify.webhook.options import WebhookOptions

CERTIFICATES = Path(__file__).parents[2] / "certificates"
SECRET = "hunter2hunter2"
URL = "https://example.org/hook"


def options(**given: Any) -> WebhookOptions:
    return WebhookOptions.model_validate(
        {"url": URL} | given, context={OPTIONS_FOLDER: CERTIFICATES}
    )


def refusal(**given: Any) -> tuple[tuple[str | int, ...], str]:
    """Where and why the first thing was refused; no secret is told."""
    with pytest.raises(ValidationError) as refused:
        options(**given)
    assert SECRET not in str(refused.value)
    first = refused.value.errors(include_input=False, include_url=False)[0]
    return first["loc"], first["msg"]


def test_one_secret_or_several_can_sign() -> None:
    assert [s.get_secret_value() for s in options(secret="a").secret] == ["a"]
    assert [s.get_secret_value() for s in options(secret=["new", "old"]).secret] == ["new", "old"]
    assert options().secret == []


@pytest.mark.parametrize(
    ("given", "where", "why"),
    [
        ({"secret": []}, ("secret",), "at least 1"),
        ({"secret": ["a", "b", "c", "d"]}, ("secret",), "at most 3"),
        ({"secret": ["a", "whsec_***"]}, ("secret", 1), "not base64"),
        ({"secret": ""}, ("secret", 0), "is empty"),
        (
            {"bearer": "x", "basic": {"username": "u", "password": SECRET}},
            ("basic",),
            "keep one of them",
        ),
        ({"bearer": f"Bearer {SECRET}"}, ("bearer",), "without the word Bearer"),
        ({"bearer": f"{SECRET}\n"}, ("bearer",), "line break"),
        (
            {"bearer": SECRET, "url": "https://u:p@example.org"},
            ("url",),
            "contains a user and password, and bearer is there",
        ),
        ({"basic": {"username": "a:b", "password": SECRET}}, ("basic", "username"), "colon"),
        ({"basic": {"username": "a"}}, ("basic", "password"), "required"),
        ({"headers": {"X Team": SECRET}}, ("headers",), "cannot be the name of a header"),
        ({"headers": {"X-Team": f"a\r\nX-Other: {SECRET}"}}, ("headers", "X-Team"), "line break"),
        ({"headers": {"X-Team": "ä"}}, ("headers", "X-Team"), "outside ASCII"),
        ({"headers": {"Webhook-Signature": SECRET}}, ("headers",), "belongs to the signature"),
        ({"headers": {"Content-Type": "text/plain"}}, ("headers",), "set content_type"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, ("headers",), "twice"),
        (
            {"headers": {"authorization": SECRET}, "bearer": "x"},
            ("headers",),
            "both set Authorization",
        ),
        ({"headers": {"X-A": 3}}, ("headers", "X-A"), "valid string"),
        ({"content_type": "json"}, ("content_type",), "is not a media type"),
        ({"content_type": "text/plain\r\nX: y"}, ("content_type",), "is not a media type"),
        ({"body": "{{ nothing }}"}, ("body",), 'there is no "nothing"'),
        ({"max_bytes": 10}, ("max_bytes",), "1000"),
        ({"ca_file": "none.pem"}, ("ca_file",), "does not exist"),
        ({"ca_file": "README.md"}, ("ca_file",), "is not a PEM file"),
        ({"ca_file": "."}, ("ca_file",), "is a directory"),
        ({"ca_file": "other-key.pem"}, (), "ca_file: "),
        ({"key_file": "other-key.pem"}, ("key_file",), "needs cert_file too"),
        ({"cert_file": "client-certificate.pem"}, (), "is there a key_file?"),
        (
            {"cert_file": "client-certificate.pem", "key_file": "other-key.pem"},
            (),
            "does not belong to the certificate",
        ),
        (
            {"cert_file": "client-certificate.pem", "key_file": "locked-key.pem"},
            (),
            "has a passphrase; expected a key without one",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(
    given: dict[str, Any], where: tuple[str | int, ...], why: str
) -> None:
    location, message = refusal(**given)
    assert location[: len(where)] == where
    assert why in message


def test_a_certificate_that_is_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ca.pem")
    location, message = refusal(ca_file=str(tmp_path / "ca.pem"))
    assert location == ("ca_file",)
    assert "is a pipe or device, not a file" in message


def test_every_way_to_prove_oneself_becomes_a_header() -> None:
    assert options(bearer="abc").sent_headers() == {
        "Authorization": "Bearer abc",
        "Content-Type": "application/json",
    }
    basic = options(basic={"username": "Aladdin", "password": "open sesame"}).sent_headers()
    assert basic["Authorization"] == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert options(headers={"X-Team": "ops"}, content_type="text/plain").sent_headers() == {
        "X-Team": "ops",
        "Content-Type": "text/plain",
    }


@pytest.mark.parametrize(
    "given",
    [
        {"secret": "a"},
        {"bearer": "a"},
        {"basic": {"username": "a", "password": "b"}},
        {"headers": {"X-Key": "a"}},
    ],
)
def test_none_of_them_goes_over_plain_http(given: dict[str, Any]) -> None:
    given = given | {"url": "http://example.org"}
    assert options(**given).carries_secret()
    assert options(**given).in_clear()


def test_a_certificate_with_its_key_and_an_authority_make_a_tls_context() -> None:
    assert options().tls_context() is None
    found = options(cert_file="client.pem", ca_file="ca.pem")
    context = found.tls_context()
    assert context is not None
    assert context is found.tls_context()
    assert [authority["subject"] for authority in context.get_ca_certs()] == [
        ((("commonName", "bsg-monitor tests"),),)
    ]


def test_a_key_that_every_user_can_read_and_a_type_without_a_body_are_doubtful(
    tmp_path: Path,
) -> None:
    copy = tmp_path / "client.pem"
    copy.write_text((CERTIFICATES / "client.pem").read_text())
    copy.chmod(0o644)
    [(option, doubt, hint)] = options(cert_file=str(copy)).doubts()
    assert (option, hint) == ("cert_file", f"chmod 600 {copy}")
    assert "every user of this machine can read the key" in doubt
    copy.chmod(0o600)
    assert options(cert_file=str(copy)).doubts() == []
    assert options(content_type="text/plain").doubts()[0][0] == "content_type"


def test_nothing_secret_is_printed() -> None:
    found = options(
        secret=[SECRET, "old" + SECRET],
        headers={"X-Key": SECRET},
        basic={"username": "u", "password": SECRET},
        url=f"{URL}/{SECRET}",
    )
    assert SECRET not in f"{found} {found!r} {found.model_dump()}"
