"""Where settings are read from: precedence, places, origins."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.rulefile import env_template
from monitor.settings import describe
from tests.unit.config.conftest import Load, Refused

KEY = "live_1234567890abcdef"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "monitor.yaml"
    path.touch(mode=0o600)
    return path


def test_environment_goes_before_dotenv_before_secrets_before_the_file(
    load: Load, tmp_path: Path, secrets: Path, file: Path
) -> None:
    file.write_text(
        f"poll_interval: 1s\nlookback: 1d\nlog_level: debug\nlog_format: json\napi_key: {KEY}\n"
    )
    (secrets / "bsg_poll_interval").write_text("2s\n")
    (secrets / "bsg_lookback").write_text("2d\n")
    (secrets / "bsg_log_level").write_text("error\n")
    (tmp_path / ".env").write_text("BSG_POLL_INTERVAL=3s\nBSG_LOOKBACK=4d\n")
    loaded = load(config=file, BSG_POLL_INTERVAL="4s", BSG_SECRETS_DIR="secrets")
    settings, origins = loaded.settings, loaded.origins
    assert (settings.poll_interval, origins["poll_interval"]) == (
        timedelta(seconds=4),
        "environment",
    )
    assert (settings.lookback, origins["lookback"]) == (timedelta(days=4), f"{tmp_path}/.env:2:14")
    assert (settings.log_level, origins["log_level"]) == ("error", f"{secrets}/bsg_log_level")
    assert (settings.log_format, origins["log_format"]) == ("json", f"{file}:4:13")
    assert origins["listen"] == "default"
    assert origins["config"] == "--config"
    assert origins["secrets_dir"] == "environment"


def test_an_empty_variable_counts_as_not_set(load: Load, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BSG_LOOKBACK=1d\nBSG_API_TOKEN=\n")
    assert load(BSG_API_KEY=KEY, BSG_LOOKBACK="").settings.lookback == timedelta(days=1)


def test_an_unknown_variable_is_a_warning_with_a_guess(load: Load) -> None:
    [warning] = load(BSG_API_KEY=KEY, BSG_POL_INTERVAL="5s").warnings
    assert str(warning) == 'BSG_POL_INTERVAL is not a setting (did you mean "BSG_POLL_INTERVAL"?)'


def test_a_misspelt_setting_of_an_account_is_a_warning_with_a_guess(load: Load) -> None:
    [warning] = load(BSG_API_KEY=KEY, BSG_ACCOUNTS__SHOP__API_KEI="x").warnings
    assert 'did you mean "BSG_ACCOUNTS__SHOP__API_KEY"?' in str(warning)


@pytest.mark.parametrize("service", ["BSG", "BSG_METRICS", "BSG_MONITOR", "BSG_2"])
@pytest.mark.parametrize("protocol", ["tcp", "udp", "sctp"])
def test_what_kubernetes_injects_is_passed_over(service: str, protocol: str, load: Load) -> None:
    address, port = f"{protocol}://10.0.0.1:9780", f"{service}_PORT_9780_{protocol.upper()}"
    injected = {
        f"{service}_SERVICE_HOST": "10.0.0.1",
        f"{service}_SERVICE_PORT": "9780",
        f"{service}_SERVICE_PORT_HTTP": "9780",
        f"{service}_PORT": address,
        port: address,
        f"{port}_PROTO": protocol,
        f"{port}_PORT": "9780",
        f"{port}_ADDR": "10.0.0.1",
    }
    assert load(BSG_API_KEY=KEY, **injected).warnings == ()


def test_a_variable_that_is_like_no_setting_is_a_warning_that_says_what_to_do(load: Load) -> None:
    [warning] = load(BSG_API_KEY=KEY, BSG_ZZZZZZZZ="1").warnings
    assert (
        str(warning)
        == "BSG_ZZZZZZZZ is not a setting (unset it; `bsg-monitor config` lists the settings)"
    )


def test_a_port_that_kubernetes_did_not_write_is_still_a_doubt(load: Load) -> None:
    [warning] = load(BSG_API_KEY=KEY, BSG_LISTEN_PORT="9780").warnings
    assert "BSG_LISTEN_PORT is not a setting" in str(warning)


def test_names_in_files_are_errors_when_unknown(
    refused: Refused, tmp_path: Path, secrets: Path, file: Path
) -> None:
    (tmp_path / ".env").write_text("# comment\n\nBSG_LISTN=x\nFOREIGN=y\n")
    (secrets / "bsg_reed_token").write_text("x")
    (secrets / "slack_url").write_text("x")
    file.write_text(f"api_key: {KEY}\naccounts:\n  shop:\n    api_kee: x\nBSG_LOOKBACK: 1d\n")
    assert refused(config=file, BSG_SECRETS_DIR="secrets") == [
        '.env:3:1: BSG_LISTN is not a setting (did you mean "BSG_LISTEN"?)',
        'secrets/bsg_reed_token: bsg_reed_token is not a setting (did you mean "BSG_READ_TOKEN"?)',
        'monitor.yaml:4:5: api_kee is not a setting of an account (did you mean "api_key"?)',
        'monitor.yaml:5:1: BSG_LOOKBACK is not a setting (did you mean "lookback"?)',
    ]


def test_the_place_of_a_wrong_value_is_the_files(
    refused: Refused, tmp_path: Path, secrets: Path, file: Path
) -> None:
    (tmp_path / ".env").write_text(f"BSG_API_KEY={KEY}\n\n\nexport BSG_LOOKBACK=5\n")
    (secrets / "BSG_LISTEN").write_text("x")
    file.write_text(
        "poll_interval: 60\nmessage_types: [sms, rsc]\nignore: |\n  sent > 5\n  and nmae == 'x'\n"
    )
    assert [
        problem.split(": ")[0] for problem in refused(config=file, BSG_SECRETS_DIR="secrets")
    ] == [
        ".env:4:21",
        "secrets/BSG_LISTEN",
        "monitor.yaml:1:16",
        "monitor.yaml:2:16",
        "monitor.yaml:5:7",
    ]


def test_a_number_for_a_duration_is_told_how_to_write_it(refused: Refused, file: Path) -> None:
    file.write_text(f"api_key: {KEY}\npoll_interval: 60\n")
    [problem] = refused(config=file)
    assert problem.endswith("found the number 60 (write 60s for seconds)")


def test_a_file_can_hold_everything(load: Load, file: Path) -> None:
    file.write_text(
        "listen: 127.0.0.1:0\nmessage_types: [rcs]\npublic_read: true\nignore: sent < 5\n"
        f"accounts:\n  Shop: {{api_key: {KEY}, message_types: [sms]}}\n  other: "
        f"{{api_token: abc}}\n"
    )
    settings = load(BSG_CONFIG=str(file)).settings
    assert settings.listen.port == 0
    assert settings.accounts["shop"].message_types == ("sms",)
    assert settings.accounts["other"].message_types == ("rcs",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a\n", "expected settings such as"),
        ("accounts: shop\n", "expected accounts by name"),
        ("accounts: {shop: x}\n", "expected the settings of account shop"),
        ("accounts: {1shop: {}}\n", "cannot be the name of an account"),
        ("lookback:\n", "lookback has no value"),
        ("config: x.yaml\n", "can only be set in the environment or in .env"),
        ("lookback: 1d\nlookback: 2d\n", 'the key "lookback" is there twice'),
        ("lookback: [1d\n", "not valid YAML"),
        ("api_key: 12345\n", "expected a text (put it in quotes)"),
        ("log_level: true\n", "expected a text, found true"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(
    refused: Refused, file: Path, text: str, words: str
) -> None:
    file.write_text(text)
    problems = refused(config=file, BSG_API_TOKEN="t" * 20)
    assert problems[0].startswith("monitor.yaml:")
    assert words in problems[0]


def test_a_missing_settings_file_is_an_error(refused: Refused, tmp_path: Path) -> None:
    [problem] = refused(config=tmp_path / "nowhere.yaml", BSG_API_KEY=KEY)
    assert problem.startswith("nowhere.yaml: the settings file does not exist")


def test_a_file_that_holds_a_bare_secret_does_not_show_it(refused: Refused, file: Path) -> None:
    for text in (
        f"api_key={KEY}\n",
        f"{{api_key:{KEY}}}\n",
        f"accounts: {KEY}\n",
        f"accounts: {{shop: {KEY}}}\n",
    ):
        file.write_text(text)
        assert KEY not in "".join(refused(config=file))


def test_a_secret_in_a_file_that_everyone_can_read_is_a_warning(load: Load, file: Path) -> None:
    file.write_text(f"api_key: {KEY}\n")
    assert load(config=file).warnings == ()
    file.chmod(0o644)
    [warning] = load(config=file).warnings
    assert "every user of this machine can read api_key" in str(warning)


def test_dotenv_values_are_taken_as_they_are(load: Load, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "BSG_API_KEY=live_${HOME}$x\nQUOTED=\"a b\"  # comment\nPLAIN=a b # comment\nSPACED = 'c'\n"
    )
    loaded = load()
    assert loaded.settings.api_key is not None
    assert loaded.settings.api_key.get_secret_value() == "live_${HOME}$x"
    assert [loaded.lookup(name) for name in ("QUOTED", "PLAIN", "SPACED")] == ["a b", "a b", "c"]


@pytest.mark.parametrize(
    "line",
    [
        f"BSG_API_KEY={KEY}",
        f"BSG_ACCOUNTS__SHOP__API_KEY={KEY}",
        "SLACK_URL=https://hooks.example.org/1",
    ],
)
def test_a_dotenv_with_a_secret_that_every_user_may_read_is_a_warning(
    load: Load, tmp_path: Path, line: str
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"{line}\n")
    file.chmod(0o644)
    [warning] = load(need_account=False).warnings
    assert (
        str(warning)
        == f"{file}: every user of this machine can read the secrets in .env (chmod 600 {file})"
    )
    for mode in (0o600, 0o640):
        file.chmod(mode)
        assert load(need_account=False).warnings == ()


def test_a_dotenv_without_secrets_may_be_read_by_every_user(load: Load, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("BSG_LOOKBACK=4d\nBSG_API_TOKEN=\n")
    file.chmod(0o644)
    assert load(BSG_API_KEY=KEY).warnings == ()


def test_a_broken_dotenv_line_is_an_error_that_does_not_show_it(
    refused: Refused, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"A=1\nBSG_API_KEY '{KEY}'\nBSG_API_TOKEN=\"{KEY}\n")
    problems = refused()
    assert [problem.split(": ")[0] for problem in problems[:2]] == [".env:2", ".env:3"]
    assert KEY not in "".join(problems)


def test_a_dotenv_that_is_a_folder_is_an_error(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert refused(BSG_API_KEY=KEY) == [".env: the .env file is a directory, not a file"]


def test_a_name_twice_in_dotenv_is_an_error(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"BSG_API_KEY={KEY}\nBSG_API_KEY={KEY}\n")
    assert refused() == [".env:2:1: BSG_API_KEY is there twice (first in line 1)"]


def test_a_dotenv_that_is_not_utf8_is_an_error_with_its_place(
    refused: Refused, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_bytes(b"A=1\nB=caf\xe9\n")
    problems = refused(BSG_API_KEY=KEY)
    assert problems == [
        ".env:2:6: the .env file is not UTF-8 text: found the byte 0xe9 (save it as UTF-8)"
    ]


def test_a_kubernetes_mount_works_as_it_is(load: Load, tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    data = folder / "..2026_03_02_09_00"
    data.mkdir(parents=True)
    (data / "bsg_api_key").write_text(f"{KEY}\n")
    (data / "BSG_ACCOUNTS__SHOP__API_TOKEN").write_text("shop-token\r\n")
    (data / "slack-url").write_text("https://hooks.example.org/1\n")
    (folder / "..data").symlink_to(data.name)
    for name in ("bsg_api_key", "BSG_ACCOUNTS__SHOP__API_TOKEN", "slack-url"):
        (folder / name).symlink_to(f"..data/{name}")
    loaded = load(BSG_SECRETS_DIR=str(folder))
    default, shop = loaded.settings.accounts["default"], loaded.settings.accounts["shop"]
    assert default.api_key is not None
    assert default.api_key.get_secret_value() == KEY
    assert shop.api_token is not None
    assert shop.api_token.get_secret_value() == "shop-token"
    assert loaded.lookup("slack-url") == "https://hooks.example.org/1"
    assert loaded.origins["accounts.shop.api_token"] == f"{folder}/BSG_ACCOUNTS__SHOP__API_TOKEN"


def test_the_secrets_folder_may_be_named_in_dotenv(
    load: Load, tmp_path: Path, secrets: Path
) -> None:
    (tmp_path / ".env").write_text("BSG_SECRETS_DIR=secrets\n")
    (secrets / "bsg_api_key").write_text(KEY)
    assert "default" in load().settings.accounts


def test_a_secrets_folder_that_is_missing_is_an_error(refused: Refused) -> None:
    problems = refused(BSG_API_KEY=KEY, BSG_SECRETS_DIR="nowhere")
    assert len(problems) == 1
    assert problems[0].startswith(
        "BSG_SECRETS_DIR: the secrets folder nowhere cannot be read: No such file"
    )


def test_the_same_secret_in_two_cases_is_an_error(refused: Refused, secrets: Path) -> None:
    (secrets / "bsg_api_key").write_text("a")
    (secrets / "BSG_API_KEY").write_text("b")
    [problem] = refused(BSG_SECRETS_DIR="secrets")
    assert "the same name as BSG_API_KEY, but for its case" in problem


def test_a_secret_of_the_folder_that_cannot_be_a_setting_is_an_error(
    refused: Refused, secrets: Path
) -> None:
    (secrets / "bsg_config").write_text("x.yaml")
    (secrets / "bsg_read_token").write_bytes(b"\xff\xfe")
    (secrets / "bsg_admin_token").write_text("x" * 70_000)
    assert refused(BSG_API_KEY=KEY, BSG_SECRETS_DIR="secrets") == [
        "secrets/bsg_admin_token: the secret is larger than 64 KiB",
        "secrets/bsg_config: BSG_CONFIG can only be set in the environment or in .env",
        (
            "secrets/bsg_read_token:1:1: the secret is not UTF-8 text: found the byte 0xff (save it "
            "as UTF-8)"
        ),
    ]


def test_a_foreign_binary_file_in_the_secrets_folder_is_left_alone(
    load: Load, secrets: Path
) -> None:
    (secrets / "keystore").write_bytes(b"\xff\xfe\x00")
    (secrets / "folder").mkdir()
    loaded = load(BSG_API_KEY=KEY, BSG_SECRETS_DIR="secrets")
    assert loaded.lookup("KEYSTORE") is None
    assert loaded.lookup("FOLDER") is None


def test_the_same_variable_in_two_cases_is_an_error(refused: Refused) -> None:
    assert refused(BSG_API_KEY=KEY, bsg_api_key=KEY) == [
        "bsg_api_key: the same setting as BSG_API_KEY, but for its case"
    ]


def test_a_pointer_to_the_folder_of_an_unknown_user_is_an_error(refused: Refused) -> None:
    [problem] = refused(BSG_API_KEY=KEY, BSG_SECRETS_DIR="~no-such-user/x")
    assert problem == 'BSG_SECRETS_DIR: "~no-such-user/x" begins with a user who has no home'


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("BSG_ACCOUNTS", "accounts are written BSG_ACCOUNTS__<NAME>__API_KEY"),
        ("BSG_ACCOUNTS__1A__API_KEY", "a letter first"),
        ("BSG_ACCOUNTS__SHOP__COLOUR", "of an account there are API_KEY"),
        ("BSG_ACCOUNTS__SHOP", "accounts are written"),
    ],
)
def test_an_account_written_wrongly_is_told_how(load: Load, name: str, hint: str) -> None:
    [warning] = load(BSG_API_KEY=KEY, **{name: "x"}).warnings
    assert hint in str(warning)


def test_lookup_goes_through_environment_dotenv_and_secrets(
    load: Load, tmp_path: Path, secrets: Path
) -> None:
    (tmp_path / ".env").write_text("A=dotenv\nB=dotenv\nEMPTY=\n")
    for name in ("a", "b", "c", "empty"):
        (secrets / name).write_text("secret\n")
    lookup = load(BSG_API_KEY=KEY, BSG_SECRETS_DIR="secrets", A="environment").lookup
    assert [lookup(name) for name in ("A", "B", "C", "EMPTY", "D")] == [
        "environment",
        "dotenv",
        "secret",
        "secret",
        None,
    ]


def test_the_process_environment_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitor.settings import load_settings

    for name in [name for name in os.environ if name.startswith("BSG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BSG_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    loaded = load_settings()
    assert list(loaded.settings.accounts) == ["default"]
    assert loaded.settings.rules_file == Path("rules.yaml")


def test_describe_names_every_setting_with_its_value_and_origin(load: Load) -> None:
    rows = {
        name: (value, origin)
        for name, value, origin in describe(
            load(BSG_API_KEY=KEY, BSG_IGNORE=" sent < 5 ", BSG_LOOKBACK="48h")
        )
    }
    assert rows["BSG_API_KEY"] == ("********", "environment")
    assert rows["BSG_API_TOKEN"] == ("", "default")
    assert rows["BSG_LOOKBACK"] == ("2d", "environment")
    assert rows["BSG_IGNORE"] == ("sent < 5", "environment")
    assert rows["BSG_MESSAGE_TYPES"] == ("sms,rcs", "default")
    assert rows["BSG_PUBLIC_READ"] == ("false", "default")
    assert rows["BSG_ACCOUNTS__DEFAULT__API_KEY"] == ("********", "environment")
    assert rows["BSG_ACCOUNTS__DEFAULT__API_TIMEZONE"] == ("UTC", "default")
    assert rows["BSG_CONFIG"] == ("", "default")


def test_the_starter_dotenv_is_right_once_the_key_is_in(
    load: Load, refused: Refused, tmp_path: Path
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.touch(mode=0o600)
    dotenv.write_text(env_template())
    [problem] = refused()
    assert problem.startswith("no account")
    dotenv.write_text(env_template().replace("BSG_API_KEY=\n", f"BSG_API_KEY={KEY}\n", 1))
    assert load().warnings == ()


def test_every_line_of_the_starter_dotenv_is_a_setting(load: Load, tmp_path: Path) -> None:
    lines = [line.removeprefix("#") for line in env_template().splitlines()]
    kept = [
        line
        for line in lines
        if line.startswith("BSG_") and not line.startswith(("BSG_SECRETS_DIR", "BSG_CONFIG"))
    ]
    (tmp_path / ".env").write_text("\n".join(kept).replace("BSG_API_KEY=", f"BSG_API_KEY={KEY}", 1))
    settings = load(need_account=False, BSG_ACCOUNTS__SHOP__API_KEY=KEY).settings
    assert settings.ignore is not None
    assert settings.public_read
