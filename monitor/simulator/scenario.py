"""Scenarios: campaigns with plans, an account with money, and the seed that fixes everything
left to chance."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec

from monitor.errors import ConfigError, Place, Problem
from monitor.simulator.bulk import bulk_plans
from monitor.simulator.plan import BalancePlan, CampaignPlan
from monitor.simulator.planning import (
    LARGEST,
    PLANNING_FIELDS,
    Amount,
    CampaignDefaults,
    Count,
    PlannedCampaign,
    UnfitField,
    plan_of,
)
from monitor.yamlfile.document import Listing, Table, YamlNode, parse_yaml
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.kinds import Text, number, whole
from monitor.yamlfile.models import Items, YamlModel, key, read_partial
from monitor.yamlfile.text_file import read_text

FIRST_ID = 53_650_000
BUNDLED = Path(__file__).parent / "scenarios"


class Scenario(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the simulator plays. Campaigns without an id are numbered from `first_id` in the
    order of their creation."""

    name: str
    seed: int = 1
    first_id: int = FIRST_ID
    balance: BalancePlan = BalancePlan()
    campaigns: tuple[CampaignPlan, ...] = ()


class BalanceKeys(YamlModel):
    what: ClassVar[str] = "balance"
    amount: Amount = key("the balance at the start", default=250.0, shown="250")
    credit: Amount = key("the credit, which does not change", default=0.0, shown="0")
    currency: Text = key("the currency of both", default="EUR", shown="`EUR`")
    per_minute: Amount = key("how much of it is spent a minute", default=0.0, shown="0")
    floor: Amount = key("it does not fall below this", default=BalancePlan().floor)


class BulkKeys(YamlModel):
    what: ClassVar[str] = "bulk"
    campaigns: Annotated[int, whole(0, LARGEST)] = key(
        "how many more campaigns are made up", example="such as campaigns: 500"
    )
    days: Annotated[float, number(0)] = key(
        "they are created over this many days", default=30.0, shown="30"
    )
    ahead_days: Annotated[float, number(0)] = key(
        "and over this many days to come", default=0.0, shown="0"
    )
    live_share: Annotated[float, number(0, 1)] = key(
        "the share that always moves", default=0.02, shown="0.02"
    )


class ScenarioKeys(YamlModel):
    what: ClassVar[str] = "a scenario"
    shown_as: ClassVar[str] = "a mapping of seed, first_id, balance, defaults, campaigns and bulk"
    seed: Count = key("fixes everything left to chance", default=1, shown="1")
    first_id: Count = key(
        "campaigns without an id are numbered from here", default=FIRST_ID, shown=f"{FIRST_ID}"
    )
    balance: BalanceKeys | None = key("the account's money", default=None)
    defaults: CampaignDefaults | None = key("what every campaign has", default=None)
    campaigns: Annotated[tuple[PlannedCampaign, ...], Items()] = key("the campaigns", default=())
    bulk: BulkKeys | None = key("made-up campaigns", default=None)


def bundled_scenarios() -> list[str]:
    """Names of the scenarios that come with the package, sorted."""
    return sorted(path.stem for path in BUNDLED.glob("*.yaml"))


def load_scenario(name_or_path: str | Path) -> Scenario:
    """A bundled scenario by its name, or one from a file (anything with a `/` or a `.` in it is
    a path).

    ConfigError names file, line and column of everything wrong.
    """
    text = str(name_or_path)
    bundled = "/" not in text and "." not in text
    path = BUNDLED / f"{text}.yaml" if bundled else Path(text)
    if bundled and not path.is_file():
        hint = (
            f"there are {', '.join(bundled_scenarios())}; a file is named with its ending, like "
            f"./{text}.yaml"
        )
        raise ConfigError([Problem(f"there is no scenario {text!r}", hint=hint)])
    source = path.name if bundled else text
    findings = Findings()
    root = parse_yaml(read_text(path, what="the scenario"), source=source, findings=findings)
    findings.raise_if_wrong()
    if root is None:
        message = f"the scenario is empty: expected {ScenarioKeys.shown_as}"
        raise ConfigError([Problem(message, Place(source))])
    keys = read_partial(ScenarioKeys, _with_defaults(root), findings)
    if keys is None:
        raise ConfigError(findings.problems)
    campaigns = [plan for each in keys.campaigns or () for plan in _plans(each, findings)]
    findings.raise_if_wrong()
    if (bulk := keys.bulk) is not None:
        campaigns += _bulk(bulk.campaigns, bulk.days, bulk.ahead_days, bulk.live_share, keys.seed)
    return Scenario(
        name=path.stem,
        seed=keys.seed,
        first_id=keys.first_id,
        balance=BalancePlan(**keys.balance.given_values() if keys.balance else {}),
        campaigns=tuple(campaigns),
    )


def bulk_scenario(
    campaigns: int, *, days: float = 30, seed: int = 1, live_share: float = 0.02, ahead: float = 0.0
) -> Scenario:
    """`campaigns` campaigns created over the last `days` days (and the next `ahead`);
    `live_share` of them always move."""
    plans = _bulk(campaigns, days, ahead, live_share, seed)
    return Scenario(name=f"bulk of {campaigns:,}", seed=seed, campaigns=tuple(plans))


def _bulk(
    campaigns: int, days: float, ahead: float, live_share: float, seed: int
) -> list[CampaignPlan]:
    rng = random.Random(seed)  # noqa: S311 (a scenario, not a secret)
    return bulk_plans(campaigns, days=days, ahead=ahead, rng=rng, live_share=live_share)


def _with_defaults(root: YamlNode) -> YamlNode:
    """The file with its defaults written out in every campaign."""
    if not isinstance(root, Table):
        return root
    defaults, campaigns = root.value("defaults"), root.value("campaigns")
    if not isinstance(defaults, Table) or not isinstance(campaigns, Listing):
        return root
    known = {name: defaults.entries[name] for name in PLANNING_FIELDS & defaults.entries.keys()}
    items = tuple(
        Table({**known, **item.entries}, item.place) if isinstance(item, Table) else item
        for item in campaigns.items
    )
    written_out = replace(root.entries["campaigns"], value=Listing(items, campaigns.place))
    return Table({**root.entries, "campaigns": written_out}, root.place)


def _plans(campaign: PlannedCampaign, findings: Findings) -> list[CampaignPlan]:
    """The campaign's plan, or one for each repetition. None when something is wrong, which is
    noted."""
    if not campaign.sound:
        return []
    try:
        plan = plan_of(campaign)
    except UnfitField as error:
        findings.wrong(str(error), campaign.place(error.field))
        return []
    if campaign.repeat is None:
        return [plan]
    if plan.id is not None:
        findings.wrong("id: a repeated campaign cannot have one", campaign.place("id"))
    name = plan.name if "{n}" in plan.name else f"{plan.name} {{n}}"
    return [
        msgspec.structs.replace(
            plan,
            name=name.replace("{n}", str(number + 1)),
            created=plan.created + number * campaign.repeat.every,
        )
        for number in range(campaign.repeat.times)
    ]
