"""Settings by their values: types, bounds, and what contradicts itself."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.settings import DatabaseUrl, Listen, Settings, describe
from tests.unit.config.conftest import Load, Refused

KEY = "live_1234567890abcdef"


def test_a_key_alone_is_enough(load: Load, tmp_path: Path) -> None:
    loaded = load(BSG_API_KEY=KEY)
    settings = loaded.settings
    account = settings.accounts["default"]
    assert account.api_key is not None
    assert account.api_key.get_secret_value() == KEY
    assert (account.url, account.campaigns_path, account.message_types) == (
        "https://one-api.bsg.world",
        "auto",
        ("sms", "rcs"),
    )
    assert account.timezone == ZoneInfo("UTC")
    assert settings.poll_interval == timedelta(seconds=60)
    assert settings.lookback == timedelta(days=3)
    assert settings.listen == Listen("127.0.0.1", 9780)
    assert settings.rules_file == tmp_path / "rules.yaml"
    assert settings.database_url.path == tmp_path / "bsg-monitor.db"
    assert loaded.warnings == ()


def test_settings_made_directly_read_nothing_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BSG_POLL_INTERVAL", "5s")
    monkeypatch.setenv("POLL_INTERVAL", "5s")
    assert Settings().poll_interval == timedelta(seconds=60)


def test_every_setting_is_typed(load: Load) -> None:
    settings = load(
        BSG_API_TOKEN="t" * 20,
        BSG_API_URL="https://provider.example.org/base/",
        BSG_CAMPAIGNS_PATH="/api/campaign",
        BSG_API_TIMEZONE="Europe/Berlin",
        BSG_MESSAGE_TYPES="RCS, sms",
        BSG_IGNORE='matches(name, "^test")',
        BSG_POLL_INTERVAL="1m30s",
        BSG_LOOKBACK="1w",
        BSG_DATABASE_URL="sqlite:////var/lib/monitor.db",
        BSG_LISTEN="[::1]:80",
        BSG_EXTERNAL_URL="https://monitor.example.org/",
        BSG_READ_TOKEN="r" * 20,
        BSG_ADMIN_TOKEN="a" * 20,
        BSG_PUBLIC_READ="no",
        BSG_HEARTBEAT_URL="https://hc.example.org/ping/1?x=y",
        BSG_LOG_LEVEL="DEBUG",
        BSG_LOG_FORMAT="json",
    ).settings
    account = settings.accounts["default"]
    assert account.url == "https://provider.example.org/base"
    assert account.campaigns_path == "/api/campaign"
    assert account.timezone == ZoneInfo("Europe/Berlin")
    assert account.message_types == ("rcs", "sms")
    assert settings.ignore is not None
    assert settings.ignore.text == 'matches(name, "^test")'
    assert settings.poll_interval == timedelta(seconds=90)
    assert settings.lookback == timedelta(days=7)
    assert settings.database_url.path == Path("/var/lib/monitor.db")
    assert settings.listen == Listen("::1", 80)
    assert str(settings.listen) == "[::1]:80"
    assert settings.external_url == "https://monitor.example.org"
    assert settings.heartbeat_url is not None
    assert settings.heartbeat_url.get_secret_value() == "https://hc.example.org/ping/1?x=y"
    assert (settings.log_level, settings.log_format, settings.public_read) == (
        "debug",
        "json",
        False,
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("BSG_DETAILS_PER_MINUTE", "601", "expected a whole number from 0 to 600, found 601"),
        ("BSG_DETAILS_PER_MINUTE", "-1", "found -1"),
        ("BSG_DETAILS_PER_MINUTE", "many", 'found "many"'),
        ("BSG_DETAILS_PER_MINUTE", "1.5", 'found "1.5"'),
        ("BSG_DETAILS_PER_MINUTE", "9" * 5000, "expected a whole number"),
        ("BSG_POLL_INTERVAL", "60", "the unit is missing"),
        ("BSG_POLL_INTERVAL", "500ms", "allowed is from 1s to 1d"),
        ("BSG_POLL_INTERVAL", "2d", "allowed is from 1s to 1d"),
        ("BSG_LOOKBACK", "1m", "allowed is from 1h to 89d"),
        ("BSG_LOOKBACK", "100d", "allowed is from 1h to 89d"),
        ("BSG_API_TIMEZONE", "Europe/Berln", 'did you mean "Europe/Berlin"?'),
        ("BSG_API_TIMEZONE", "Etc/GMT+3", "means 3 h behind UTC"),
        ("BSG_API_TIMEZONE", "MSK", "Europe/Moscow"),
        ("BSG_API_TIMEZONE", "../etc/passwd", "is not a time zone"),
        ("BSG_API_TIMEZONE", "Europe", "is not a time zone"),
        ("BSG_MESSAGE_TYPES", "sms,rsc", 'did you mean "rcs"?'),
        ("BSG_MESSAGE_TYPES", "sms,sms", "twice"),
        ("BSG_MESSAGE_TYPES", ",", "names no message type"),
        ("BSG_LISTEN", "localhost", "has no port"),
        ("BSG_LISTEN", ":9780", "write 0.0.0.0:9780"),
        ("BSG_LISTEN", "::1:9780", "needs brackets"),
        ("BSG_LISTEN", "[1.2.3.4]:9780", "is not an IPv6 address"),
        ("BSG_LISTEN", "a b:1", "is not a host"),
        ("BSG_LISTEN", "localhost:70000", "too large"),
        ("BSG_LISTEN", "http://localhost", "without a scheme (write localhost:9780)"),
        (
            "BSG_LISTEN",
            "http://127.0.0.1:9780/",
            "is a URL; expected host:port, without a scheme (write 127.0.0.1:9780)",
        ),
        ("BSG_LOG_LEVEL", "warn", 'did you mean "warning"?'),
        (
            "BSG_READ_TOKEN",
            '"live_x"',
            "is in quotes, which belong to the value here (leave the quotes out",
        ),
        ("BSG_PUBLIC_READ", "perhaps", "expected true or false"),
        ("BSG_API_URL", "one-api.bsg.world", "is not a web address"),
        ("BSG_API_URL", "https://user:pass@host", "has more than scheme, host, port and path"),
        ("BSG_API_URL", "https://host:port", "is not a URL"),
        ("BSG_CAMPAIGNS_PATH", "api/campaigns", "expected auto or a path"),
        ("BSG_DATABASE_URL", "sqlite://monitor.db", "three slashes"),
        ("BSG_DATABASE_URL", "sqlite:///:memory:", "loses everything at a restart"),
        ("BSG_DATABASE_URL", "mysql://host/db", "not a supported database"),
        ("BSG_DATABASE_URL", "postgresql:///db", "names no host"),
        ("BSG_IGNORE", "nmae == 5", 'did you mean "name"?'),
        ("BSG_IGNORE", 'increase(sent, "1h") == 0', "is seen for the first time"),
        ("BSG_IGNORE", "settled_ratio < 0.5", "is seen for the first time"),
        ("BSG_IGNORE", 'reach < baseline(reach, "28d")', "is seen for the first time"),
        ("BSG_IGNORE", "in_quiet_hours", "is seen for the first time"),
        ("BSG_IGNORE", "total_messages < 5", "is seen for the first time"),
        ("BSG_HEARTBEAT_URL", "ftp://x", "is not a web address"),
        ("BSG_HEARTBEAT_URL", "https://hc-ping..com/", "is not a web address"),
    ],
)
def test_a_wrong_value_names_its_variable_and_what_is_expected(
    refused: Refused, name: str, value: str, words: str
) -> None:
    problems = refused(BSG_API_KEY=KEY, **{name: value})
    assert len(problems) == 1
    assert problems[0].startswith(f"{name}:")
    assert words in problems[0]


def test_every_error_is_told_at_once(refused: Refused) -> None:
    problems = refused(
        BSG_POLL_INTERVAL="x",
        BSG_LISTEN="x",
        BSG_LOG_LEVEL="x",
        BSG_ACCOUNTS__SHOP__API_TIMEZONE="x",
    )
    assert {problem.split(":")[0] for problem in problems} == {
        "BSG_POLL_INTERVAL",
        "BSG_LISTEN",
        "BSG_LOG_LEVEL",
        "BSG_ACCOUNTS__SHOP__API_TIMEZONE",
    }


def test_every_fault_of_a_condition_has_its_place(refused: Refused) -> None:
    problems = refused(BSG_API_KEY=KEY, BSG_IGNORE='snet > 5 and nmae == "x"')
    assert [problem.split(": ")[0] for problem in problems] == ["BSG_IGNORE:1:1", "BSG_IGNORE:1:14"]


def test_without_any_account_the_error_says_which_variables_to_set(refused: Refused) -> None:
    [problem] = refused()
    assert "BSG_API_KEY" in problem
    assert "BSG_API_TOKEN" in problem


def test_a_misspelt_key_is_named_where_the_account_is_missed(refused: Refused) -> None:
    [problem] = refused(BSG_APIKEY=KEY)
    assert "BSG_APIKEY is not a setting" in problem
    assert 'did you mean "BSG_API_KEY"?' in problem
    assert KEY not in problem


def test_commands_that_need_no_account_run_without_one(load: Load) -> None:
    assert load(need_account=False).settings.accounts == {}


def test_a_wrong_key_is_not_told_a_second_time_as_a_missing_account(refused: Refused) -> None:
    [problem] = refused(BSG_API_KEY="two words")
    assert problem.startswith("BSG_API_KEY: contains a space")
    assert "two words" not in problem


def test_key_and_token_together_are_refused(refused: Refused) -> None:
    [problem] = refused(BSG_API_KEY=KEY, BSG_API_TOKEN="t" * 20)
    assert "more than one credential: BSG_API_KEY and BSG_API_TOKEN" in problem


def test_further_accounts_inherit_what_they_do_not_set(load: Load) -> None:
    settings = load(
        BSG_API_KEY=KEY,
        BSG_API_TIMEZONE="Asia/Tokyo",
        BSG_API_URL="https://other.example.org",
        BSG_ACCOUNTS__SHOP__API_TOKEN="t" * 20,
        BSG_ACCOUNTS__SHOP__MESSAGE_TYPES="rcs",
        BSG_ACCOUNTS__BIG_BANK__API_KEY="live_bank",
        BSG_ACCOUNTS__BIG_BANK__API_TIMEZONE="Europe/Berlin",
    ).settings
    assert list(settings.accounts) == ["default", "big_bank", "shop"]
    shop, bank = settings.accounts["shop"], settings.accounts["big_bank"]
    assert (shop.url, shop.timezone, shop.message_types) == (
        "https://other.example.org",
        ZoneInfo("Asia/Tokyo"),
        ("rcs",),
    )
    assert shop.api_key is None
    assert bank.timezone == ZoneInfo("Europe/Berlin")
    assert bank.message_types == ("sms", "rcs")


def test_there_need_not_be_a_default_account(load: Load) -> None:
    assert list(load(BSG_ACCOUNTS__SHOP__API_KEY=KEY).settings.accounts) == ["shop"]


def test_the_default_account_can_be_written_as_any_other_but_not_twice(
    load: Load, refused: Refused
) -> None:
    assert list(load(BSG_ACCOUNTS__DEFAULT__API_KEY=KEY).settings.accounts) == ["default"]
    [problem] = refused(BSG_API_KEY=KEY, BSG_ACCOUNTS__DEFAULT__API_KEY=KEY)
    assert "more than one credential" in problem


def test_an_account_without_a_credential_is_refused(refused: Refused) -> None:
    [problem] = refused(BSG_API_KEY=KEY, BSG_ACCOUNTS__SHOP__API_URL="https://other.example.org")
    assert "account shop has no credential" in problem
    assert "BSG_ACCOUNTS__SHOP__API_KEY" in problem


def test_plain_http_is_for_loopback_only(load: Load, refused: Refused) -> None:
    for url in ("http://127.0.0.1:8080", "http://localhost", "http://[::1]:8080"):
        assert load(BSG_API_KEY=KEY, BSG_API_URL=url).settings.accounts["default"].url == url
    [problem] = refused(BSG_API_KEY=KEY, BSG_API_URL="http://provider.example.org")
    assert problem.startswith("BSG_API_URL: plain HTTP")
    assert load(
        BSG_API_KEY=KEY, BSG_API_URL="http://provider.example.org", BSG_ALLOW_INSECURE_HTTP="1"
    ).settings.allow_insecure_http


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("https://one-api.bsg.world/api", "https://one-api.bsg.world"),
        ("https://one-api.bsg.world/api/", "https://one-api.bsg.world"),
        ("https://gate.test/bsg/api/auth/login", "https://gate.test/bsg"),
        ("https://gate.test/api/campaigns", "https://gate.test"),
        ("https://gate.test/api/api", "https://gate.test"),
    ],
)
@pytest.mark.parametrize("name", ["BSG_API_URL", "BSG_ACCOUNTS__DEFAULT__API_URL"])
def test_the_apis_own_path_is_left_out_of_its_url_with_a_warning(
    load: Load, name: str, written: str, asked: str
) -> None:
    loaded = load(BSG_API_KEY=KEY, **{name: written})
    assert loaded.settings.accounts["default"].url == asked
    [warning] = loaded.warnings
    assert str(warning).startswith(f"{name}: ends with a path that the monitor adds itself")
    assert warning.hint == f"write {asked}"


@pytest.mark.parametrize(
    "url", ["https://api.bsg.test", "https://gate.test/v1", "https://gate.test/sms-api"]
)
def test_another_path_of_the_api_url_is_kept(load: Load, url: str) -> None:
    loaded = load(BSG_API_KEY=KEY, BSG_API_URL=url)
    assert (loaded.settings.accounts["default"].url, loaded.warnings) == (url, ())


def test_plain_http_of_one_account_names_that_account(refused: Refused) -> None:
    [problem] = refused(
        BSG_API_KEY=KEY,
        BSG_ACCOUNTS__SHOP__API_KEY=KEY,
        BSG_ACCOUNTS__SHOP__API_URL="http://a.example.org",
    )
    assert problem.startswith("BSG_ACCOUNTS__SHOP__API_URL: plain HTTP")


def test_a_heartbeat_over_plain_http_is_a_warning(load: Load) -> None:
    [warning] = load(BSG_API_KEY=KEY, BSG_HEARTBEAT_URL="http://hc.example.org/1").warnings
    assert str(warning).startswith("BSG_HEARTBEAT_URL: plain HTTP")


def test_listening_beyond_loopback_needs_a_read_token_or_a_word(
    load: Load, refused: Refused
) -> None:
    for address in ("0.0.0.0:9780", "[::]:9780", "192.0.2.1:80", "monitor.example.org:80"):
        [problem] = refused(BSG_API_KEY=KEY, BSG_LISTEN=address)
        assert problem.startswith(f"BSG_LISTEN: {address} can be reached")
        assert "BSG_PUBLIC_READ=1" in problem
        assert load(
            BSG_API_KEY=KEY, BSG_LISTEN=address, BSG_READ_TOKEN="r" * 20
        ).settings.listen.beyond_loopback
        assert load(BSG_API_KEY=KEY, BSG_LISTEN=address, BSG_PUBLIC_READ="1").settings.public_read


def test_a_test_key_is_warned_about(load: Load) -> None:
    [warning] = load(BSG_API_KEY="test_abc").warnings
    assert "answers are random" in str(warning)
    assert "test_abc" not in str(warning)


def test_a_bearer_token_given_as_key_is_warned_about(load: Load) -> None:
    [warning] = load(BSG_API_KEY="eyJhbGciOiJIUzI1NiJ9").warnings
    assert "set BSG_API_TOKEN instead" in str(warning)


def test_tokens_that_can_be_guessed_or_are_the_same_are_warned_about(load: Load) -> None:
    warnings = list(
        map(str, load(BSG_API_KEY=KEY, BSG_READ_TOKEN="short", BSG_ADMIN_TOKEN="short").warnings)
    )
    assert len(warnings) == 3
    assert not any(': "short"' in warning or "=short" in warning for warning in warnings)


def test_a_key_in_the_wrong_variable_is_not_shown(refused: Refused) -> None:
    for name in (
        "BSG_API_URL",
        "BSG_LISTEN",
        "BSG_LOG_LEVEL",
        "BSG_API_TIMEZONE",
        "BSG_MESSAGE_TYPES",
        "BSG_CAMPAIGNS_PATH",
    ):
        assert KEY not in "".join(refused(**{"BSG_API_KEY": KEY, name: KEY}))


def test_secrets_are_in_no_text_of_the_settings(load: Load) -> None:
    secrets = {
        "BSG_API_KEY": KEY,
        "BSG_READ_TOKEN": "read-" + "x" * 20,
        "BSG_ADMIN_TOKEN": "admin-" + "x" * 20,
        "BSG_HEARTBEAT_URL": "https://hc.example.org/secret-path",
    }
    loaded = load(**secrets)
    shown = repr(loaded) + str(loaded.settings) + repr(describe(loaded))
    for secret in (KEY, secrets["BSG_READ_TOKEN"], secrets["BSG_ADMIN_TOKEN"], "secret-path"):
        assert secret not in shown


def test_no_secret_is_in_what_pydantic_settings_can_be_made_to_log(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PYDANTIC_SETTINGS_DEBUG", "1")
    caplog.set_level("DEBUG", "pydantic_settings")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "bsg_read_token").write_text("read-" + "x" * 20)
    (tmp_path / ".env").write_text(f"BSG_API_KEY={KEY}\n")
    file = tmp_path / "monitor.yaml"
    file.write_text(f"admin_token: admin-{'x' * 20}\naccounts: {{shop: {{api_key: {KEY}}}}}\n")
    load(config=file, BSG_SECRETS_DIR="secrets", BSG_HEARTBEAT_URL="https://hc.example.org/path")
    assert "BSG_HEARTBEAT_URL" in caplog.text
    assert not any(word in caplog.text for word in (KEY, "xxx", "hc.example.org"))


def test_a_postgres_database_is_refused_for_now_without_its_password(refused: Refused) -> None:
    (error,) = refused(
        BSG_API_KEY=KEY, BSG_DATABASE_URL="postgresql://me:pass-word@db.example.org/monitor"
    )
    assert error.startswith(
        "BSG_DATABASE_URL: a PostgreSQL database is not supported by this version"
    )
    assert "pass-word" not in error


def test_a_postgres_url_keeps_its_password_and_hides_it() -> None:
    settings = Settings(database_url="postgres://me:pw@db/monitor")
    assert settings.database_url.dsn is not None
    assert settings.database_url.dsn.get_secret_value() == "postgresql://me:pw@db/monitor"
    assert str(settings.database_url) == "postgresql://me:***@db/monitor"
    assert settings.database_url.scheme == "postgresql"
    assert str(DatabaseUrl(Path("/a/b.db"))) == "sqlite:////a/b.db"
