"""Scenarios: campaigns with plans, an account with money, and the seed that fixes everything
left to chance."""

import random
from pathlib import Path

import msgspec

from monitor.errors import ConfigError, Place, Problem
from monitor.simulator.bulk import bulk_plans
from monitor.simulator.plan import BalancePlan, CampaignPlan
from monitor.simulator.scenario_file import BulkOrder, read_scenario

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
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError([Problem("not a text file in UTF-8", Place(text))]) from None
    except OSError as error:
        raise ConfigError([Problem(f"cannot be read: {error.strerror}", Place(text))]) from None
    file = read_scenario(content, path.name if bundled else text)
    seed = 1 if file.seed is None else file.seed
    return Scenario(
        name=path.stem,
        seed=seed,
        first_id=FIRST_ID if file.first_id is None else file.first_id,
        balance=file.balance,
        campaigns=file.campaigns + _bulk(file.bulk, seed),
    )


def bulk_scenario(
    campaigns: int, *, days: float = 30, seed: int = 1, live_share: float = 0.02, ahead: float = 0.0
) -> Scenario:
    """`campaigns` campaigns created over the last `days` days (and the next `ahead`);
    `live_share` of them always move."""
    order = BulkOrder(campaigns=campaigns, days=days, ahead_days=ahead, live_share=live_share)
    return Scenario(name=f"bulk of {campaigns:,}", seed=seed, campaigns=_bulk(order, seed))


def _bulk(order: BulkOrder | None, seed: int) -> tuple[CampaignPlan, ...]:
    if order is None:
        return ()
    rng = random.Random(seed)  # noqa: S311 (a scenario, not a secret)
    plans = bulk_plans(
        order.campaigns,
        days=order.days,
        ahead=order.ahead_days,
        rng=rng,
        live_share=order.live_share,
    )
    return tuple(plans)
