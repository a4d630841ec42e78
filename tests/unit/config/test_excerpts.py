"""Lines beside errors: what is wrong is shown, and never a secret."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.errors import ConfigError, Excerpt, Place, Problem
from monitor.rulefile import parse_rules
from monitor.rulefile.parsing import VEIL as RULES_VEIL
from monitor.settings import load_settings
from monitor.settings.setting_names import VEIL as SETTINGS_VEIL
from monitor.settings.sources import Dotenv
from monitor.yamlfile.document import parse_yaml
from monitor.yamlfile.excerpts import NO_VEIL
from monitor.yamlfile.findings import Findings

SECRET = "hunter2"
RULES = f"""\
# {SECRET} was here
rules:
  - alert: A            # {SECRET}
    when: |
      sent > 5 and matches(name, "x # y")
    unknown: {SECRET}
receivers:
  - {{name: ops, slack: {{url: {SECRET}, chanel: {SECRET}}}}}
  - name: hook
    webhook:
      url: >
        {SECRET}
        and {SECRET}
      headers: {{X-Shop: {SECRET}, Other: [{SECRET}]}}
      basic: {{username: shop, password: "{SECRET}"}}
      tls: {{bearer:{SECRET}, a: b}}
      secret: [{SECRET}, &one "{SECRET}", *one]
  - name: mail
    email: {{host: smtp.example.org, from: a@example.org, to: [b@example.org], password_file: /run/password}}  # {SECRET}
  - {SECRET}
route: {{receiver: ops, group_wait: 5s}}
{SECRET}: {SECRET}
"""
SETTINGS = f"""\
poll_interval: 60s # {SECRET}
api_key: {SECRET}
api_kee: [{SECRET}]
database_url: postgresql://shop:{SECRET}@example.org/x
accounts:
  shop: {{api_token: {SECRET}, api_timezone: UTC, other: {{a: {SECRET}}}}}
log_level: loud
"""
DOTENV = f"""\
# {SECRET}
BSG_API_KEY={SECRET}
  export BSG_POLL_INTERVAL = 60s
SLACK_URL='{SECRET}'
BSG_APIKEY="{SECRET}
{SECRET}"
{SECRET} = 5
"""


def excerpt(
    text: str, line: int, column: int = 1, end: int | None = None, *, veil: object = RULES_VEIL
) -> Excerpt | None:
    findings = Findings()
    parse_yaml(text, source="f", findings=findings, veil=veil)  # type: ignore[arg-type]
    findings.wrong("x", Place("f", line, column, end))
    return next(problem.excerpt for problem in _all(findings) if problem.message == "x")


def _all(findings: Findings) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        findings.raise_if_wrong()
    return caught.value.problems


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("- alert: A", "  - alert: A"),
        ("sent > 5", '      sent > 5 and matches(name, "x # y")'),
        ("unknown:", "    unknown: …"),
        ("name: ops", "  - {name: ops, slack: {url: …, chanel: …}}"),
        ("headers:", "      headers: {X-Shop: …, Other: […]}"),
        ("basic:", "      basic: {username: shop, password: …}"),
        ("secret: [", "      secret: […, …, *one]"),
        (
            "email:",
            (
                "    email: {host: smtp.example.org, from: a@example.org, to: [b@example.org], "
                "password_file: /run/password}"
            ),
        ),
        ("route:", "route: {receiver: ops, group_wait: 5s}"),
    ],
)
def test_a_line_of_the_rules_file_is_shown_without_what_is_or_may_be_secret(
    part: str, shown: str
) -> None:
    found = excerpt(RULES, line_of(RULES, part))
    assert found is not None
    assert found.line == shown


def test_a_line_with_nothing_but_secrets_is_not_shown() -> None:
    for line in range(1, RULES.count("\n") + 1):
        found = excerpt(RULES, line)
        assert found is None or SECRET not in found.line.replace(
            f"{SECRET}: …", ""
        )  # an unknown key is named in the message
    assert excerpt(RULES, line_of(RULES, f"  - {SECRET}")) is None
    assert excerpt(RULES, 1) is None
    assert excerpt(RULES, 99) is None


def test_what_is_meant_is_still_meant_where_something_before_it_is_hidden() -> None:
    row = RULES.splitlines()[line_of(RULES, "name: ops") - 1]
    start = row.index("chanel") + 1
    found = excerpt(RULES, line_of(RULES, "name: ops"), start, start + 6)
    assert found is not None
    assert found.line[found.start : found.end] == "chanel"
    start = row.index(SECRET) + 1
    found = excerpt(RULES, line_of(RULES, "name: ops"), start + 2, start + 4)
    assert found is not None
    assert (found.line[found.start : found.end], found.line[: found.start]) == (
        "…",
        "  - {name: ops, slack: {url: ",
    )


def test_settings_are_shown_without_secrets() -> None:
    shown = [
        excerpt(SETTINGS, line, veil=SETTINGS_VEIL) for line in range(1, SETTINGS.count("\n") + 1)
    ]
    assert [each.line if each else None for each in shown] == [
        "poll_interval: 60s",
        "api_key: …",
        "api_kee: […]",
        "database_url: …",
        "accounts:",
        "  shop: {api_token: …, api_timezone: UTC, other: {a: …}}",
        "log_level: loud",
    ]


def test_a_dotenv_is_shown_without_secrets(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(DOTENV)
    findings = Findings()
    Dotenv(path, findings)
    for line in range(1, DOTENV.count("\n") + 3):
        findings.wrong(f"line {line}", Place(str(path), line, 1))
    shown = {problem.message: problem.excerpt.line for problem in _all(findings) if problem.excerpt}
    assert {message: line for message, line in shown.items() if message.startswith("line")} == {
        "line 2": "BSG_API_KEY=…",
        "line 3": "  export BSG_POLL_INTERVAL = 60s",
        "line 4": "SLACK_URL=…",
        "line 5": "BSG_APIKEY=…",
    }


BROKEN = st.sampled_from(
    ["{", "[", "}", "]", '"', "'", "\n", ":", "\t", "&", "*", "|", "- ", "", "\n- ", "\n x", ": : "]
)


# A key is shown, for it may be what is misspelt; and rules hold no secrets: in a broken file what
# unknown is shown there.
NO_KEYS = RULES.replace(f"{SECRET}: {SECRET}\n", "").replace(SECRET, "nothing", 3)


@given(st.integers(0, len(NO_KEYS)), BROKEN)
@example(NO_KEYS.index("receivers:"), " ")
@example(NO_KEYS.index("url: >"), '"')
def test_however_a_rules_file_is_broken_no_line_shows_a_secret(at: int, inserted: str) -> None:
    text = NO_KEYS[:at] + inserted + NO_KEYS[at:]
    findings = Findings()
    parse_yaml(text, source="f", findings=findings, veil=RULES_VEIL)
    for line in range(1, text.count("\n") + 2):
        findings.wrong("x", Place("f", line, 1))
    assert not any(problem.excerpt and SECRET in problem.excerpt.line for problem in _all(findings))


@given(st.integers(0, len(NO_KEYS)), BROKEN, st.integers(0, 30))
def test_whatever_is_cut_out_of_a_rules_file_no_problem_shows_a_secret(
    at: int, inserted: str, dropped: int
) -> None:
    text = NO_KEYS[:at] + inserted + NO_KEYS[at + dropped :]
    with pytest.raises(ConfigError) as caught:
        parse_rules(text, source="f", lookup={}.get)
    assert not any(
        problem.excerpt and SECRET in problem.excerpt.line for problem in caught.value.problems
    )


@given(
    st.text(st.sampled_from("ab: -\n\t[]{}'\"#&*|>\r\u2028名\x00"), max_size=80),
    st.integers(0, 12),
    st.integers(1, 90),
)
def test_any_text_has_excerpts_for_any_place(text: str, line: int, column: int) -> None:
    found = excerpt(text, line, column, veil=NO_VEIL)
    assert found is None or 0 <= found.start <= found.end <= len(found.line)


def test_an_alias_bomb_shows_nothing_and_takes_no_time() -> None:
    lines = ["rules: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"settle: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert excerpt("\n".join(lines), 2) is None


def test_problems_of_rules_and_settings_come_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_rules("rules:\n  - {alert: A, when: sennt > 5}\n", source="f", lookup={}.get)
    (problem,) = caught.value.problems
    assert problem.excerpt is not None
    assert problem.excerpt.line[problem.excerpt.start : problem.excerpt.end] == "sennt"
    (tmp_path / ".env").write_text('BSG_IGNORE=sent > 5 and nmae == "x"\n')
    with pytest.raises(ConfigError) as caught:
        load_settings(environ={"BSG_API_KEY": "live_0123456789"}, directory=tmp_path)
    (problem,) = caught.value.problems
    assert problem.place == Place(str(tmp_path / ".env"), 1, 25)
    assert problem.excerpt is not None
    assert problem.excerpt.line[problem.excerpt.start : problem.excerpt.end] == "nmae"
