"""A mail server and its recipients, as they are written."""

from typing import Any

import pytest
from pydantic import ValidationError

from monitor.notify import refusal
from monitor.notify.email.options import EmailOptions, mailbox

SECRET = "hunter2hunter2"
PLAIN: dict[str, Any] = {
    "host": "smtp.example.org",
    "from": "monitor@example.org",
    "to": "ops@example.org",
}


def options(**given: Any) -> EmailOptions:
    return EmailOptions.model_validate(PLAIN | given)


def test_a_server_and_two_addresses_are_enough_and_the_port_follows_from_tls() -> None:
    assert options().server() == ("smtp.example.org", 587)
    assert options(tls="tls").server() == ("smtp.example.org", 465)
    assert options(tls="none", host="localhost").server() == ("localhost", 25)
    assert options(port="2525").server() == ("smtp.example.org", 2525)
    assert options(to=["a@example.org", "b@example.org"]).to == ["a@example.org", "b@example.org"]


@pytest.mark.parametrize(
    ("given", "where", "why"),
    [
        ({"host": "smtp://x"}, "host", "without a scheme or port"),
        ({"host": "smtp.example.org:25"}, "host", "without a scheme or port"),
        ({"port": 0}, "port", "greater than"),
        ({"port": "smtp"}, "port", "integer"),
        ({"tls": "ssl"}, "tls", "'starttls', 'tls' or 'none'"),
        ({"username": "u"}, "password", "username"),
        ({"password": SECRET}, "password", "without username"),
        ({"username": "u\r\nDATA", "password": SECRET}, "username", "control character"),
        ({"from": "monitor"}, "from", "is not an address"),
        ({"from": "a@b@c"}, "from", "before the @"),
        ({"from": "monitor@exa mple.org"}, "from", "no valid domain"),
        ({"from": "Moni\r\nBcc: x@y.org <monitor@example.org>"}, "from", "is not an address"),
        ({"from": "müller@example.org"}, "from", "ASCII"),
        ({"to": []}, "to", "at least 1"),
        ({"to": ["a@example.org", "A <a@EXAMPLE.org>"]}, "to", "twice"),
        ({"to": ["a@example.org", "<>"]}, "to", "is not an address"),
        ({"to": [f"a{n}@example.org" for n in range(51)]}, "to", "at most 50"),
        ({"hello": "my host"}, "hello", "is not a host"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(
    given: dict[str, Any], where: str, why: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        options(**given)
    assert SECRET not in str(refused.value)
    first = refused.value.errors(include_input=False, include_url=False)[0]
    assert first["loc"][0] == where
    assert why in first["msg"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("monitor@example.org", "monitor@example.org"),
        (" BSG monitor <monitor@example.org> ", "BSG monitor <monitor@example.org>"),
        ('"Doe, J." <j.doe+x@example.org>', '"Doe, J." <j.doe+x@example.org>'),
        ("ops@bücher.example", "ops@xn--bcher-kva.example"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_addresses_are_read_with_and_without_a_name(text: str, expected: str) -> None:
    assert str(mailbox(text)) == expected


def test_nothing_leaves_this_machine_in_clear() -> None:
    for host, refused in (
        ("localhost", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("mail", True),
        ("192.168.1.5", True),
    ):
        found = options(tls="none", host=host)
        assert (refusal(found, allow_insecure_http=False) is not None) is refused
        assert refusal(found, allow_insecure_http=True) is None
    assert refusal(options(username="u", password=SECRET), allow_insecure_http=False) is None
    assert "an unencrypted connection" in (
        refusal(options(tls="none"), allow_insecure_http=False) or ""
    )


def test_the_password_is_not_printed() -> None:
    found = options(username="u", password=SECRET)
    assert SECRET not in f"{found} {found!r} {found.model_dump()}"
