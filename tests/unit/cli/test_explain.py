"""`explain` as a command: what it is asked, what it prints, how it ends."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.store import SqliteStore
from tests.unit.cli.conftest import Invoke
from tests.unit.domain.builders import a_campaign, tracked
from tests.unit.scene import LATE, RULES, Scene

NO_DELAY = "null without start_at, and for sending, done and stopped without real_start_at"


async def _fill(path: Path) -> None:
    async with SqliteStore(path) as store:
        scene = Scene(store)
        scene.now += timedelta(minutes=3)
        await scene.evaluate(
            LATE, tracked(a_campaign(8, name="Autumn [bold]\x1b[31m", status="sending"))
        )


@pytest.fixture
def known(folder: Path) -> Path:
    """A store with a campaign that is late, pending since 2026-03-02, and one that is not."""
    (folder / "rules.yaml").write_text(RULES)
    asyncio.run(_fill(folder / "bsg-monitor.db"))
    return folder


@pytest.mark.usefixtures("known")
def test_it_says_why_and_for_whom(invoke: Invoke) -> None:
    done = invoke("explain", "Late", "autumn")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(
        'Late (critical) for campaign 8 "Autumn [bold][31m" (sms, sender Shop, account\ndefault)\n'
    )
    assert '\n  ├ ✗ status == "scheduled"  status = "sending"\n' in done.stdout
    assert '\n  - status is "sending", needs to be "scheduled"\n' in done.stdout
    assert done.stdout.endswith("message_type=sms\n")


@pytest.mark.usefixtures("known")
def test_programs_get_every_part_with_its_place(invoke: Invoke) -> None:
    told = json.loads(invoke("explain", "Late", "7", "--json").stdout)
    assert (told["rule"], told["standing"], told["about"]["campaign_id"]) == ("Late", "pending", 7)
    assert (told["definition"]["file"], told["definition"]["line"], told["definition"]["for"]) == (
        "rules.yaml",
        4,
        "5m",
    )
    assert (told["alert"]["state"], told["changes_at"]) == ("pending", "2026-03-02T09:08:00Z")
    late = told["condition"]["parts"][1]
    assert (late["text"], late["value"], late["column"], late["end_column"]) == (
        'start_delay > "10m"',
        True,
        27,
        46,
    )
    assert late["parts"][0]["type"] == "duration"
    assert told["missing"] is None
    assert [each["receiver"] for each in told["telling"]["destinations"]] == ["desk"]
    other = json.loads(invoke("explain", "Late", "8", "--json").stdout)
    assert [each["words"] for each in other["missing"]["all_of"]] == [
        'status is "sending", needs to be "scheduled"',
        f"start_delay is null, needs a value > 10 min ({NO_DELAY})",
    ]


@pytest.mark.usefixtures("known")
def test_an_alert_is_named_by_its_id_alone(invoke: Invoke) -> None:
    (alert,) = json.loads(invoke("alerts", "--json").stdout)
    assert (
        json.loads(invoke("explain", alert["id"][:12], "--json").stdout)["alert"]["id"]
        == alert["id"]
    )


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("Lat", "7"), 1, "error: there is no rule and no alert 'Lat' (did you mean \"Late\"?)\n"),
        (
            ("Late",),
            2,
            (
                "error: rule Late is asked about a campaign: name one by its id, or by a part of its "
                "name\n"
            ),
        ),
        (("Late", "winter"), 1, "error: no campaign 'winter' is known: "),
        (
            ("Late", "7", "--account", "other"),
            1,
            "error: no campaign '7' of account other is known; there is:\n  7 ",
        ),
    ],
)
def test_what_is_not_there_fails_and_what_is_unclear_is_wrong_use(
    invoke: Invoke, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = invoke("explain", *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.startswith(said)


def test_without_rules_or_a_store_it_says_which_is_missing(invoke: Invoke, folder: Path) -> None:
    done = invoke("explain", "Late", "7")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "bsg-monitor.db" in done.stderr
    (folder / "rules.yaml").unlink()
    assert invoke("explain", "Late", "7").exit_code == 2
