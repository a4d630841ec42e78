"""Loading settings and rules in a test: nothing of this machine's environment gets in."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.rulefile import RuleFile, parse_rules
from monitor.settings import LoadedSettings, load_settings

Load = Callable[..., LoadedSettings]
Refused = Callable[..., list[str]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Settings from variables given by name, in an empty folder."""

    def load(
        *, config: Path | None = None, need_account: bool = True, **environ: str
    ) -> LoadedSettings:
        return load_settings(
            environ=environ, directory=tmp_path, config=config, need_account=need_account
        )

    return load


@pytest.fixture
def refused(load: Load, tmp_path: Path) -> Refused:
    """The problems of settings that are refused, one text each, without the folder's path."""

    def refused(**given: object) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(**given)
        return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return refused


def rules(
    text: str, environ: Mapping[str, str] | None = None, *, allow_insecure_http: bool = False
) -> RuleFile:
    """A rules file from its text."""
    return parse_rules(
        text,
        source="rules.yaml",
        lookup=(environ or {}).get,
        allow_insecure_http=allow_insecure_http,
    )


def rule_problems(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with a rules file, one text each."""
    with pytest.raises(ConfigError) as caught:
        rules(text, environ)
    return [str(problem) for problem in caught.value.problems]
