"""What is written about settings is true and whole."""

from pathlib import Path

from monitor.rulefile import env_template, rules_template
from monitor.settings import Settings
from monitor.settings.model import ACCOUNT_SETTINGS, variable

ROOT = Path(__file__).parents[3]
NAMES = [variable((name,)) for name in Settings.model_fields if name != "accounts"]


def test_docs_settings_has_a_row_for_every_setting_and_no_other() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `BSG_")]
    assert sorted(rows) == sorted([*NAMES, "BSG_ACCOUNTS__<NAME>__…"])


def test_docs_settings_names_what_an_account_may_set() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert all(name.upper() in page for name in ACCOUNT_SETTINGS)


def test_the_starter_dotenv_names_every_setting() -> None:
    assert [name for name in NAMES if f"{name}=" not in env_template()] == []


def test_the_rules_file_of_the_repository_is_the_one_that_init_writes() -> None:
    assert (ROOT / "rules.yaml").read_text(encoding="utf-8") == rules_template()
