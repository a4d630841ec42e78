"""Every kind of receiver is under contract and in the documentation, so a new one cannot be
forgotten there."""

import re
from pathlib import Path

import pytest

from monitor.notify import INTEGRATIONS
from tests.contract.receivers import OVER_HTTP

OTHERWISE = {"apprise", "console", "email"}
"""Kinds that do not use the shared HTTP session; each has a contract test of its own."""


def test_every_kind_that_speaks_http_runs_the_contract_tests() -> None:
    assert {kind.partition(" ")[0] for kind in OVER_HTTP} == INTEGRATIONS.keys() - OTHERWISE


@pytest.mark.parametrize("kind", sorted(INTEGRATIONS))
def test_the_documentation_has_a_row_with_every_option_of_a_kind(kind: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "receivers.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| `{kind}` \|.*$", page, re.MULTILINE)
    assert row is not None
    fields = INTEGRATIONS[kind].options.model_fields
    options = {field.alias or name for name, field in fields.items()}
    assert options <= set(re.findall(r"`(\w+)`", row[0]))
