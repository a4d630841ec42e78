"""What is made from the program and committed: parts of the documentation and the schema of
rules.yaml.

`make docs` writes it again; `tests/unit/test_generated.py` says what is stale.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from monitor.domain.condition import functions_markdown
from monitor.domain.fields.catalogue import fields_markdown
from monitor.rulefile import rules_schema_text
from monitor.rulefile.routes import RouteKeys
from monitor.rulefile.rules import RuleKeys
from monitor.ruletest.cases import (
    AccountRow,
    CampaignKeys,
    CaseFileKeys,
    CaseKeys,
    Expectation,
    ExpectedAlert,
    ExpectedMessage,
)
from monitor.simulator.planning import PlannedCampaign, Repeat
from monitor.simulator.scenario import BalanceKeys, BulkKeys, ScenarioKeys
from monitor.yamlfile.models import YamlModel, keys_markdown

ROOT = Path(__file__).parents[1]
TEST_KEYS = (
    ("The file", CaseFileKeys),
    ("An entry of `tests`", CaseKeys),
    ("An entry of `campaigns`", CampaignKeys),
    ("The columns of `accounts`", AccountRow),
    ("An entry of `expect`", Expectation),
    ("An entry of `alerts`", ExpectedAlert),
    ("An entry of `messages`", ExpectedMessage),
)
SCENARIO_KEYS = (
    ("The file", ScenarioKeys),
    ("An entry of `campaigns`; without `repeat` also `defaults`", PlannedCampaign),
    ("`repeat`", Repeat),
    ("`balance`", BalanceKeys),
    ("`bulk`", BulkKeys),
)


def tables(titled: Iterable[tuple[str, type[YamlModel]]]) -> str:
    """The keys of several mappings, each below its title."""
    return "\n".join(f"{title}:\n\n{keys_markdown(model)}" for title, model in titled)


PARTS: Mapping[tuple[str, str], Callable[[], str]] = {
    ("docs/rules.md", "fields"): fields_markdown,
    ("docs/rules.md", "functions"): functions_markdown,
    ("docs/rules.md", "keys of a rule"): lambda: keys_markdown(RuleKeys),
    ("docs/routing.md", "keys of a route"): lambda: keys_markdown(RouteKeys),
    ("docs/rules.md", "keys of rule tests"): lambda: tables(TEST_KEYS),
    ("docs/commands.md", "keys of a scenario"): lambda: tables(SCENARIO_KEYS),
}
"""By file, and by the name between whose markers they stand."""

FILES: Mapping[str, Callable[[], str]] = {"rules.schema.json": rules_schema_text}


def markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"


def main() -> None:
    for (file, name), made in PARTS.items():
        path = ROOT / file
        begin, end = markers(name)
        before, _, rest = path.read_text(encoding="utf-8").partition(begin)
        path.write_text(before + begin + made() + end + rest.partition(end)[2], encoding="utf-8")
    for file, made in FILES.items():
        (ROOT / file).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    main()
