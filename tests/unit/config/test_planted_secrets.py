"""However a file with secrets is mistyped, what is said about it shows none of them."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.errors import ConfigError, Problem
from monitor.rulefile import parse_rules
from monitor.settings import read_settings

SECRETS = (
    "xoxb-7Qm2vX9-kTw4zRb8",
    "https://hooks.slack.com/services/Tq8W/Bz3N/mJ7xRk2Lp",
    "gH5tYs9WqE3zUc7V",
    "whsec_Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==",
    "R0utingKeyq7w8e9r4t5y6u2i3o1p0a9",
    "987054321:AAhQx7mZk-4vTq9Wb2",
    "live_K3y0fTh3Sh0pXq7Zw2",
    "postgresql://bsg:Pw9kXz4m@db.example.org/bsg",
    "eyJhbGciOi.eyJzdWIiOj.c2lnbmF0dXJl",
    "Tr0ub4dor&3 horse staple",
    "*qT7wXk2mVb9Zp",
    "&Rt6yHj8nMc3Ls",
    "!Lp0oKi9uJn4Bv",
)
SHOWN_AT_MOST = 5
"""Characters in a row of what is secret in a secret; fewer are in any word."""
_PUBLIC = (
    "xoxb-",
    "https://hooks.slack.com/services/",
    "whsec_",
    "live_",
    "postgresql://bsg:",
    "@db.example.org/bsg",
    "eyJ",
)

_HEAD = """\
# the key is {2}
rules:
  - alert: Low
    when: sent > 5 and name != "x"
    labels: {{team: shop}}
"""
_TAIL = "route: {{receiver: ops, group_wait: 30s}}\n"
_RECEIVERS = (
    "  - name: ops\n    slack:\n      bot_token: {0}\n      channel: C0\n",
    "  - {{name: ops, slack: {{bot_token: {0}, channel: C0}}}}\n",
    "  - {{name: ops, slack: {{url: {1}, timeout: 5}}}}\n",
    "  - name: ops\n    slack:\n      url: >-\n        {1}\n",
    (
        '  - name: ops\n    webhook: {{url: {1}, basic: {{username: m, password: "{9}"}}, headers: '
        "{{X-Key: {2}}}}}\n"
    ),
    (
        "  - name: ops\n    webhook:\n      url: {1}\n      headers:\n        X-Key: {2}\n        "
        "Other: '{9}'\n      bearer: {8}\n"
    ),
    (
        "  - name: ops\n    webhook:\n      url: {1}\n      secret:\n        - {3}\n        - {9}\n   "
        "   max_bytes: 5000\n"
    ),
    (
        "  - name: ops\n    webhook:\n      basic:\n        username: m\n        password: {9} # "
        "{2}\n      url: {1}\n"
    ),
    (
        "  - name: ops\n    webhook:\n      url: {1}\n      headers: {{X-A: '{10}', X-B: '{11}', X-C: "
        "'{12}'}}\n"
    ),
    "  - name: ops\n    pagerduty:\n      routing_key: {4}\n    send_resolved: false\n",
    "  - {{name: ops, pagerduty: {{routing_key: {4}}}, fallback: other, fallback_after: 5m}}\n",
    "  - name: ops\n    telegram: {{token: '{5}', chat_id: -100}}\n",
    "  - name: ops\n    telegram:\n      token: {5}\n      chat_id: -100\n",
    (
        "  - name: ops\n    email:\n      host: h.example.org\n      from: a@b.org\n      to: "
        '[b@b.org]\n      password: "{9}"\n'
    ),
    (
        "  - {{name: ops, email: {{host: s.example.org, from: a@b.org, to: b@b.org, username: m, "
        "password: {2}}}}}\n"
    ),
    "  - name: ops\n    alertmanager:\n      urls: [https://am.example.org]\n      bearer: {8}\n",
    "  - name: ops\n    teams: {{url: {1}}}\n  - name: other\n    discord:\n      url: {1}\n",
)
RULES = [f"{_HEAD}receivers:\n{each}{_TAIL}".format(*SECRETS) for each in _RECEIVERS]
RULES += [f"{_TAIL}receivers:\n{each}{_HEAD}".format(*SECRETS) for each in _RECEIVERS]
SETTINGS = [
    each.format(*SECRETS)
    for each in (
        "api_key: {6} # {2}\npoll_interval: 60s\ndatabase_url: {7}\nlog_level: info\n",
        "api_token: {8}\nheartbeat_url: {1}\nlisten: 127.0.0.1:9780\nlocale: en\n",
        (
            "poll_interval: 60s\naccounts:\n  shop:\n    api_key: {6}\n    timezone: UTC\n  other: "
            "{{api_token: {8}}}\n"
        ),
        "accounts: {{shop: {{api_key: '{6}'}}, other: {{api_key: {2}}}}}\ndatabase_url: >\n  {7}\n",
    )
]
DOTENV = [
    each.format(*SECRETS)
    for each in (
        "# {2}\nBSG_API_KEY={6}\nBSG_POLL_INTERVAL=60s\nBSG_DATABASE_URL={7}\nSLACK={1}\n",
        "BSG_API_TOKEN={8}\nexport BSG_LISTEN=127.0.0.1:9780\nHOOK='{3}'\nBSG_HEARTBEAT_URL={1}\n",
        "BSG_ACCOUNTS__SHOP__API_KEY={6}\nBSG_ACCOUNTS__B__API_TOKEN=\"{8}\"\nPASSWORD='{9}'\nKEY={3}\n",
    )
]


def _telling(secret: str) -> Iterator[str]:
    """Every stretch of a secret that gives something of it away."""
    for public in _PUBLIC:
        secret = secret.replace(public, " ")
    for part in secret.split():
        yield from (
            part[at : at + SHOWN_AT_MOST + 1]
            for at in range(max(1, len(part) - SHOWN_AT_MOST))
            if len(part) > 5
        )


TELLING = {each for secret in SECRETS for each in _telling(secret)} - {"horse", "staple"}


def mutated(text: str, chance: random.Random) -> str:
    """The text after one to four typing slips: characters and lines dropped,
    swapped, doubled and joined."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        text = chance.choice(_SLIPS)(text, chance)
    return text


def _somewhere(text: str, chance: random.Random) -> int:
    """A character, half of the time one that means something to a parser."""
    if chance.random() < 0.5:
        meant = [at for at, char in enumerate(text) if char in ":\"'{}[],=#->\n"]
        return chance.choice(meant) if meant else 0
    return chance.randrange(max(1, len(text)))


def _drop(text: str, chance: random.Random) -> str:
    at = _somewhere(text, chance)
    return text[:at] + text[at + chance.choice((1, 1, 1, 2, 5)) :]


def _swap(text: str, chance: random.Random) -> str:
    at = _somewhere(text, chance)
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def _swap_far(text: str, chance: random.Random) -> str:
    first, second = sorted((_somewhere(text, chance), _somewhere(text, chance)))
    if first == second:
        return text
    return text[:first] + text[second] + text[first + 1 : second] + text[first] + text[second + 1 :]


def _double(text: str, chance: random.Random) -> str:
    at = _somewhere(text, chance)
    return text[:at] + text[at : at + 1] * 2 + text[at + 1 :]


def _join(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    if at + 1 < len(lines):
        lines[at : at + 2] = [
            lines[at]
            + chance.choice(("", " "))
            + chance.choice((lines[at + 1], lines[at + 1].lstrip()))
        ]
    return "\n".join(lines)


def _of_lines(change: Callable[[list[str], int, int], None]) -> Callable[[str, random.Random], str]:
    def slip(text: str, chance: random.Random) -> str:
        lines = text.split("\n")
        change(lines, chance.randrange(len(lines)), chance.randrange(len(lines)))
        return "\n".join(lines)

    return slip


def _swap_lines(lines: list[str], first: int, second: int) -> None:
    lines[first], lines[second] = lines[second], lines[first]


_SLIPS = (
    _drop, _drop, _swap, _swap_far, _double, _join, _join,
    _of_lines(_swap_lines),
    _of_lines(lambda lines, first, _: lines.pop(first)),
    _of_lines(lambda lines, first, second: lines.insert(second, lines[first])),
    _of_lines(lambda lines, first, _: lines.__setitem__(first, lines[first].lstrip())),
    _of_lines(lambda lines, first, _: lines.__setitem__(first, f"  {lines[first]}")),
)  # fmt: skip


def _said_of_rules(text: str, _folder: Path) -> tuple[Problem, ...]:
    try:
        return parse_rules(text, source="rules.yaml", lookup=lambda _: None).warnings
    except ConfigError as error:
        return error.problems


def _said_of_settings(text: str, folder: Path) -> tuple[Problem, ...]:
    (folder / "settings.yaml").write_text(text)
    loaded = read_settings(config=folder / "settings.yaml", environ={}, directory=folder)
    return (*loaded.problems, *loaded.warnings)


def _said_of_dotenv(text: str, folder: Path) -> tuple[Problem, ...]:
    (folder / ".env").write_text(text)
    loaded = read_settings(environ={}, directory=folder)
    return (*loaded.problems, *loaded.warnings)


def shown(problem: Problem) -> list[str]:
    """Stretches of secrets in what people are told of a problem."""
    told = "\n".join((str(problem), problem.excerpt.line if problem.excerpt else ""))
    return sorted(each for each in TELLING if each in told)


KINDS = {
    "rules": (RULES, _said_of_rules),
    "settings": (SETTINGS, _said_of_settings),
    "dotenv": (DOTENV, _said_of_dotenv),
}


def _shown_after(slips: int, kind: str, folder: Path) -> list[str]:
    """What problems show of secrets, each with the file that led to it, of so many mistyped
    files."""
    chance = random.Random(7)
    files, said = KINDS[kind]
    found: list[str] = []
    for number in range(slips):
        text = mutated(files[number % len(files)], chance)
        found += [
            f"{shown(problem)} in {problem}\n{problem.excerpt}\n{text}"
            for problem in said(text, folder)
            if shown(problem)
        ]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_slip_of_the_hand_shows_no_secret(kind: str, tmp_path: Path) -> None:
    assert _shown_after(150, kind, tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "slips"), [("rules", 12_000), ("settings", 4_000), ("dotenv", 4_000)]
)
def test_twenty_thousand_slips_show_no_secret(kind: str, slips: int, tmp_path: Path) -> None:
    assert _shown_after(slips, kind, tmp_path) == []


@pytest.mark.parametrize(
    ("receiver", "told", "line"),
    [
        (
            f"slack: {{bot_token {SECRETS[0]}, channel: C0}}",
            'slack: a colon is missing after "bot_token"',
            "  - {name: ops, slack: {bot_token…, channel: C0}}",
        ),
        (
            f'webhook: {{url: https://a.example, basic: {{username: m, password "{SECRETS[9]}"}}}}',
            'webhook: a colon is missing after "basic.password"',
            "  - {name: ops, webhook: {url: …, basic: {username: m, password…}}}",
        ),
        (
            f"webhook: {{url: https://a.example, headers: {{X-Key {SECRETS[2]}}}}}",
            "webhook: headers.X-Key: expected a text",
            "  - {name: ops, webhook: {url: …, headers: {…}}}",
        ),
        (
            f"pagerduty:\n      routing_key {SECRETS[4]}",
            "pagerduty: expected its options as a mapping, found a text",
            None,
        ),
    ],
)
def test_a_forgotten_colon_is_told_without_the_value(
    receiver: str, told: str, line: str | None
) -> None:
    entry = f"{{name: ops, {receiver}}}" if "\n" not in receiver else f"name: ops\n    {receiver}"
    problems = _said_of_rules(f"rules: []\nreceivers:\n  - {entry}\n{_TAIL.format()}", Path())
    found = next(problem for problem in problems if told in str(problem))
    assert line is None or (found.excerpt is not None and found.excerpt.line == line)
    assert not any(map(shown, problems))
