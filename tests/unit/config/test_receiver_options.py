"""Options that have options of their own, secrets in files at any depth, and places that a
person can go to."""

import shutil
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.notify.email.options import EmailOptions
from monitor.notify.slack.options import SlackOptions
from monitor.notify.webhook.options import WebhookOptions
from monitor.rulefile import RuleFile
from tests.rules import rules_in
from tests.unit.config.conftest import rule_problems, rules

CERTIFICATES = Path(__file__).parents[2] / "certificates"
SECRET = "very-secret"
HOOK = "webhook: {url: 'https://a.example.org', "
BOT = "slack: {bot_token: xoxb-very-secret, channel: C1, "
MAIL = "email: {host: h, from: a@example.org, "


def text(options: str) -> str:
    return f"""rules:
  - {{alert: A, when: sent > 5}}
receivers:
  - name: ops
    {options}
route: {{receiver: ops}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("ca.pem", "client.pem", "other-key.pem"):
        shutil.copy(CERTIFICATES / name, tmp_path / name)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "password").write_text(f"{SECRET}\n")
    (tmp_path / "password").chmod(0o600)
    return tmp_path


def loaded(folder: Path, options: str) -> RuleFile:
    (folder / "rules.yaml").write_text(text(options))
    return rules_in(folder / "rules.yaml")


def refused(folder: Path, options: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, options)
    assert SECRET not in str(caught.value)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_a_nested_secret_may_stand_in_a_file(folder: Path) -> None:
    [receiver] = loaded(
        folder,
        "webhook: {url: 'https://a.example.org', basic: {username: u, password_file: password}}",
    ).receivers
    assert isinstance(receiver.options, WebhookOptions)
    assert receiver.options.basic is not None
    assert receiver.options.basic.password.get_secret_value() == SECRET


def test_certificates_are_found_beside_the_rules(folder: Path) -> None:
    file = loaded(
        folder, "webhook: {url: 'https://a.example.org', ca_file: ca.pem, cert_file: client.pem}"
    )
    assert file.receivers[0].options.tls_context() is not None
    assert file.warnings == ()


def test_a_key_that_every_user_can_read_is_a_warning_with_its_place(folder: Path) -> None:
    (folder / "client.pem").chmod(0o644)
    [warning] = loaded(
        folder, "webhook: {url: 'https://a.example.org', cert_file: client.pem}"
    ).warnings
    assert (
        str(warning)
        .replace(f"{folder}/", "")
        .startswith("rules.yaml:5:56: webhook: cert_file: every user")
    )


def test_the_options_of_a_mail_have_the_names_that_are_written(folder: Path) -> None:
    [receiver] = loaded(
        folder,
        "email: {host: smtp.example.org, from: a@example.org, to: b@example.org, username: u, "
        "password_file: password}",
    ).receivers
    assert isinstance(receiver.options, EmailOptions)
    assert receiver.options.sender == "a@example.org"
    assert receiver.options.password is not None
    assert receiver.options.password.get_secret_value() == SECRET


def test_several_secrets_and_headers_come_from_variables() -> None:
    options = (
        "webhook: {url: 'https://a.example.org', secret: ['${NEW}', '${OLD}'], headers: {X-Key: "
        "'${KEY}'}}"
    )
    [receiver] = rules(text(options), {"NEW": "n", "OLD": "o", "KEY": SECRET}).receivers
    assert isinstance(receiver.options, WebhookOptions)
    assert [each.get_secret_value() for each in receiver.options.secret] == ["n", "o"]
    assert receiver.options.sent_headers()["X-Key"] == SECRET


def test_a_bot_needs_a_token_and_a_channel() -> None:
    [receiver] = rules(
        text("slack: {bot_token: '${T}', channel: C012AB3CD}"), {"T": "xoxb-1"}
    ).receivers
    assert isinstance(receiver.options, SlackOptions)
    assert receiver.options.endpoint() == "https://slack.com/api"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (HOOK + "basic: {username: u}}", 'rules.yaml:5:52: webhook needs "basic.password" (or basic.pas'),
        (HOOK + "basic: {usrname: u, password: x}}", 'webhook has no "basic.usrname" (did you mean "user'),
        (HOOK + "basic: {username: 'a:very-secret', password: x}}", "webhook: basic.username contains a"),
        (HOOK + "basic: very-secret}", "webhook: basic"),
        (HOOK + "basic: {username: u, password_file: gone}}", "basic.password_file: gone does not exist"),
        (HOOK + "basic: {username: u, password: x, password_file: y}}", "basic.password and basic.passwo"),
        (HOOK + "headers: {X-A: 5}}", "rules.yaml:5:60: webhook: headers.X-A: expected a text in quotes"),
        (HOOK + "'ba[sic': x}", 'webhook has no such key as stands here (did you mean "basic"?)'),
        (HOOK + f"content_type: 'a/b{';a=b' * 60};é'}}", "content_type is not a media type"),
        (HOOK + "headers_file: password}", 'webhook has no "headers_file"'),
        (HOOK + "headers: {'X A': very-secret}}", "rules.yaml:5:54: webhook: headers contains X, which"),
        (HOOK + "secret: [a, 'whsec_?very-secret']}", "rules.yaml:5:57: webhook: secret.1 begins with"),
        (HOOK + "secret: 'v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'}", "secret contains whsec_ but does not begin with it"),
        (HOOK + "secret: WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}", "secret contains whsec_ but does not begin with it"),
        (HOOK + "secret: whsec_AA==}", "secret is too short: 1 byte after whsec_; a key needs 16 or more"),
        (HOOK + "bearer: a, basic: {username: u, password: x}}", "webhook: basic and bearer are both"),
        (HOOK + "ca_file: none.pem}", "rules.yaml:5:54: webhook: ca_file none.pem does not exist"),
        (HOOK + "cert_file: client.pem, key_file: other-key.pem}", "does not belong to the certificate"),
        (HOOK + "body: '{{ titel }}'}", 'webhook: body line 1: there is no "titel" (did you mean'),
        ("slack: {channel: '#alerts'}", 'rules.yaml:5:5: slack needs "url"'),
        ("slack: {bot_token: xoxb-very-secret}", 'slack needs "channel" (the id of a channel'),
        ("slack: {bot_token_file: gone, channel: C1}", "bot_token_file: gone does not exist"),
        ("slack: {bot_token: xapp-very-secret, channel: C1}", "slack: bot_token is an app-level token"),
        (BOT + "url: 'https://a.example.org'}", "slack: url and bot_token are both there"),
        ("slack: {url: 'https://a.example.org', channel: C1}", "slack: url has a channel of its own"),
        (BOT + "api_url: 'http://a.example.org'}", "slack would send a secret over plain HTTP"),
        ("email: {host: h, from: a@example.org}", 'email needs "to"'),
        ("email: {host: h, from: a, to: b@example.org}", "rules.yaml:5:28: email: from is not an address"),
        (MAIL + "to: [b@example.org, b]}", "rules.yaml:5:63: email: to.1 is not an address"),
        (MAIL + "to: b}", "rules.yaml:5:47: email: to is not an address"),
        (MAIL + "to: 'b@example.org, c@example.org'}", "rules.yaml:5:47: email: to contains several addresses; expected one"),
        (MAIL + "to: ['B <b@example.org>; C <c@example.org>']}", "rules.yaml:5:48: email: to.0 contains several addresses"),
        (MAIL + "to: b@example.org, username: u}", 'email needs "password" (or password_file: the file'),
        (MAIL + "to: b@example.org, tls: none}", "email would send a secret over an unencrypted connection"),
        ("email: {host: h, frm: a@example.org, to: b@example.org}", '"frm" (did you mean "from"?)'),
        ("apprise: {url: 'nonsense://very-secret'}", "apprise: url is not a URL that Apprise knows"),
        ("apprise: {}", 'apprise needs "url" (or url_file: the file that holds it)'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_reported_with_its_place(
    folder: Path, options: str, expected: str
) -> None:
    found = refused(folder, options)
    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize(
    "options",
    [
        "slack: {bot_token_file: gone, channel: C1}",
        MAIL + "to: b@example.org, username: u, password_file: gone}",
    ],
)
def test_a_file_that_is_missing_is_one_error(folder: Path, options: str) -> None:
    assert len(refused(folder, options)) == 1


def test_every_wrong_option_is_told_at_once() -> None:
    found = rule_problems(text("email: {host: 'a b', port: 0, from: x, to: [], hello: '?'}"))
    assert len(found) == 5
