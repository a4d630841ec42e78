"""`campaigns`: what is searched for, and `campaigns show`: everything of one."""

import asyncio
import csv
import json
from pathlib import Path

import msgspec
import pytest

from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.event import CampaignEvent, EventKind
from monitor.domain.campaign.sample import Sample
from monitor.ports import CycleCommit
from monitor.store import SqliteStore
from tests.clock import START
from tests.unit.cli.conftest import EVIL_SHOWN, Invoke, campaign, tracked

AT = START.timestamp()


async def _add(path: Path, *commits: CycleCommit) -> None:
    async with SqliteStore(path) as store:
        for commit in commits:
            await store.commit_cycle(commit)


@pytest.fixture
def named(folder: Path) -> Path:
    """Four campaigns: three watched, one settled; the hours of their creation are 0 to 3 after
    START."""
    made = [
        campaign(41, name="Spring Sale", sender="Shop"),
        campaign(42, name="spring salé, part 2", sender="Café"),
        campaign(43, name="=HYPERLINK(1)", sender="@Bank"),
        campaign(500, name="SPRING SALE of old", status="done"),
    ]
    rows = [
        tracked(
            msgspec.structs.replace(each, created_at=AT + 3600 * hours, sent=100 * (hours + 1)),
            settled=each.id == 500,
        )
        for hours, each in enumerate(made)
    ]
    asyncio.run(_add(folder / "bsg-monitor.db", CycleCommit(account="default", campaigns=rows)))
    return folder


def ids(invoke: Invoke, *arguments: str) -> list[int]:
    done = invoke("campaigns", *arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return [row["id"] for row in json.loads(done.stdout)]


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("spring sale",), [42, 41]),
        (("spring sale", "--all"), [500, 42, 41]),
        (("CAFE",), [42]),
        (("4",), [43, 42, 41]),
        (("43",), [43]),
        (("--sort", "id"), [41, 42, 43]),
        (("--sort", "name"), [43, 41, 42]),
        (("--sort", "sent", "--all"), [500, 43, 42, 41]),
        (("--from", "2026-03-02T10:00"), [43, 42]),
        (("--from", "2026-03-02T10:00:01Z"), [43]),
        (("--to", "2026-03-02T11:00+01:00"), [42, 41]),
        (("--to", "2026-03-02"), [43, 42, 41]),
        (("--from", "2026-03-03"), []),
        (("list", "--sort", "id"), [41, 42, 43]),
        (("list", "show"), []),
    ],
)
def test_campaigns_are_searched_and_sorted(
    invoke: Invoke, options: tuple[str, ...], expected: list[int]
) -> None:
    assert ids(invoke, *options) == expected


@pytest.mark.usefixtures("named")
def test_a_time_is_on_the_accounts_clock(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BSG_API_TIMEZONE", "Asia/Tokyo")
    assert ids(invoke, "--from", "2026-03-02T19:00") == [43, 42]


@pytest.mark.usefixtures("named")
def test_what_is_settled_is_pointed_to_where_nothing_else_fits(invoke: Invoke) -> None:
    assert invoke("campaigns", "of old").stderr == "none\n1 settled; --all shows them\n"


@pytest.mark.usefixtures("named")
def test_csv_has_every_key_and_no_formula(invoke: Invoke) -> None:
    done = invoke("campaigns", "--csv", "--sort", "id")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert list(rows[0]) == list(json.loads(invoke("campaigns", "--json").stdout)[0])
    assert (rows[1]["name"], rows[2]["name"], rows[2]["sender"]) == (
        "spring salé, part 2",
        "'=HYPERLINK(1)",
        "'@Bank",
    )
    assert (
        invoke("campaigns", "nothing like it", "--csv").stdout == done.stdout.splitlines()[0] + "\n"
    )


@pytest.mark.usefixtures("named")
def test_a_wrong_sort_and_two_forms_are_wrong_use(invoke: Invoke) -> None:
    assert invoke("campaigns", "--sort", "size").exit_code == 2
    assert invoke("campaigns", "--csv", "--json").exit_code == 2
    assert invoke("campaigns", "--from", "soon").exit_code == 2


@pytest.fixture
def followed(filled: Path) -> Path:
    """Campaign 1 of `filled` with a course and a detail; one that vanished; one of another
    account."""
    about = msgspec.structs.replace(
        tracked(campaign(1, status="done")), detail=CampaignDetail(read_at=AT, expired=7)
    )
    course = [
        {1: Sample(AT + 60 * minute, "sending", 125 * minute, 100 * minute)} for minute in range(9)
    ]
    gone = CampaignEvent(
        id="gone", kind=EventKind.VANISHED, at=AT, campaign=campaign(77, name="Gone"), changes=()
    )
    asyncio.run(
        _add(
            filled,
            *(CycleCommit(account="default", samples=samples) for samples in course),
            CycleCommit(account="default", campaigns=[about], events=[gone]),
            CycleCommit(
                account="other",
                campaigns=[tracked(msgspec.structs.replace(campaign(3), account="other"))],
            ),
        )
    )
    return filled


@pytest.mark.usefixtures("followed")
def test_everything_of_one_campaign_is_shown(invoke: Invoke) -> None:
    done = invoke("campaigns", "show", "1")
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert next(line.split()[1] for line in lines if line.startswith("detail.expired")) == "7"
    (sent,) = [line for line in lines if line.startswith("sent ") and "█" in line]
    drawing = sent.removeprefix("sent").split()[0]
    assert list(drawing) == sorted(drawing)  # it only grows
    assert sent.endswith("  1,000")
    assert {"1 event", "3 alerts", "4 messages"} <= set(lines)
    assert "no samples" not in lines
    assert EVIL_SHOWN in done.stdout
    assert not any(character in done.stdout for character in "\x1b\u202e\x07")


@pytest.mark.usefixtures("followed")
def test_samples_are_shown_as_figures(invoke: Invoke) -> None:
    lines = invoke("campaigns", "show", "1", "--samples").stdout.splitlines()
    first = lines.index("9 samples") + 2
    assert [line.split("\t")[:4] for line in lines[first : first + 2]] == [
        ["2026-03-02T09:00:00Z", "sending", "0", "0"],
        ["2026-03-02T09:01:00Z", "sending", "125", "100"],
    ]


@pytest.mark.usefixtures("followed")
def test_json_has_all_of_it(invoke: Invoke) -> None:
    told = json.loads(invoke("campaigns", "show", "1", "--json").stdout)
    assert (told["id"], told["status"], told["tracked"], told["detail"]["expired"]) == (
        1,
        "done",
        True,
        7,
    )
    assert [each["sent"] for each in told["samples"]] == [125 * minute for minute in range(9)]
    assert [each["kind"] for each in told["events"]] == ["status_changed"]
    assert {each["id"]: each["state"] for each in told["alerts"]} == {
        "a1": "firing",
        "a3": "resolved",
        "a4": "event",
    }
    assert {each["id"] for each in told["notifications"]} == {
        "msg_aa1",
        "msg_aa2",
        "msg_b",
        "msg_c",
    }


@pytest.mark.usefixtures("followed")
def test_who_is_handling_its_alerts_and_what_silences_them_is_shown(invoke: Invoke) -> None:
    assert invoke("ack", "a1", "--author", "anna").exit_code == 0
    silence = json.loads(
        invoke("silence", "add", "alertname=Late", "--for", "1h", "--json").stdout
    )["id"]
    told = {
        each["id"]: each
        for each in json.loads(invoke("campaigns", "show", "1", "--json").stdout)["alerts"]
    }
    assert (told["a1"]["acknowledged_by"], told["a1"]["silenced_by"]) == ("anna", [silence])
    assert (told["a3"]["acknowledged_by"], told["a3"]["silenced_by"]) == (None, [])  # it has ended


@pytest.mark.usefixtures("followed")
def test_a_campaign_that_vanished_is_shown_by_its_last_event(invoke: Invoke) -> None:
    told = json.loads(invoke("campaigns", "show", "77", "--json").stdout)
    assert (told["name"], told["tracked"], [each["kind"] for each in told["events"]]) == (
        "Gone",
        False,
        ["vanished"],
    )


@pytest.mark.usefixtures("followed")
def test_an_id_that_no_campaign_or_several_have_is_told(invoke: Invoke) -> None:
    missing = invoke("campaigns", "show", "12345")
    assert (missing.exit_code, missing.stderr) == (1, "error: no campaign has the id 12345\n")
    several = invoke("campaigns", "show", "3")
    assert several.exit_code == 2
    assert (
        "2 accounts have a campaign 3: default, other; say which with --account" in several.stderr
    )
    assert (
        json.loads(invoke("campaigns", "show", "3", "--account", "other", "--json").stdout)[
            "account"
        ]
        == "other"
    )
    assert invoke("campaigns", "show", "1", "--account", "other").exit_code == 1
    assert invoke("campaigns", "show", "x").exit_code == 2


@pytest.mark.usefixtures("followed")
@pytest.mark.parametrize("command", [("campaigns", "show"), ("events", "--campaign")])
def test_an_id_beyond_what_a_database_holds_is_wrong_use(
    invoke: Invoke, command: tuple[str, ...]
) -> None:
    for number in (0, 2**63, 2**70):
        assert invoke(*command, str(number)).exit_code == 2
    assert "Traceback" not in invoke(*command, str(2**63 - 1)).stderr


@pytest.mark.parametrize("command", [("campaigns", "show"), ("events", "--campaign")])
def test_a_name_where_an_id_stands_is_refused_in_words(
    invoke: Invoke, command: tuple[str, ...]
) -> None:
    for text in ("win-back", "", "١٢", "1.0"):
        done = invoke(*command, text)
        assert done.exit_code == 2
        said = " ".join(done.stderr.replace("│", " ").split())
        assert f'expected the id of a campaign, found "{text}"' in said
        assert "`bsg-monitor campaigns TEXT` finds" in said
