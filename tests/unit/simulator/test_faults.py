import pytest

from monitor.errors import ConfigError
from monitor.simulator.fault_orders import FaultKind, Faults
from monitor.simulator.fault_words import set_faults


def kinds(faults: Faults, count: int, path: str = "/api/campaigns") -> list[FaultKind | None]:
    return [
        None if (fault := faults.decide(path).fault) is None else fault.kind for _ in range(count)
    ]


def test_a_rate_is_met_and_the_same_for_the_same_seed() -> None:
    runs = []
    for seed in (1, 1, 2):
        faults = Faults(seed=seed)
        faults.set("error", rate=0.25)
        runs.append(kinds(faults, 2000))
    assert runs[0] == runs[1] != runs[2]
    assert 400 < runs[0].count(FaultKind.ERROR) < 600


def test_exactly_the_next_requests_of_a_path_meet_an_ordered_fault() -> None:
    faults = Faults()
    faults.next("html_error", 2, "/api/campaigns")
    assert kinds(faults, 1, "/api/accounts/balance") == [None]
    assert kinds(faults, 3) == [FaultKind.HTML_ERROR, FaultKind.HTML_ERROR, None]


def test_orders_come_before_rates_and_one_after_the_other() -> None:
    faults = Faults()
    faults.set("error")
    faults.next("cut")
    faults.next("hang", seconds=5)
    assert kinds(faults, 3) == [FaultKind.CUT, FaultKind.HANG, FaultKind.ERROR]
    faults.set("error", rate=0)
    assert kinds(faults, 1) == [None]


def test_latency_adds_to_another_fault() -> None:
    faults = Faults()
    faults.set("latency", seconds=0.25)
    faults.set("error")
    decision = faults.decide("/")
    assert decision.delay == 0.25
    assert decision.fault is not None
    faults.clear()
    assert (faults.rules, faults.queued, faults.decide("/").delay) == ([], [], 0.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "fire"},
        {"kind": "error", "rate": 2.0},
        {"kind": "latency"},
        {"kind": "hang", "seconds": -1.0},
        {"kind": "clamp", "limit": 0},
        {"kind": "clamp", "says": "whatever"},
        {"kind": "grow", "rows": 0},
        {"kind": "odd_field"},
    ],
)
def test_an_impossible_fault_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Faults().set(**wrong)  # type: ignore[arg-type]


def test_a_command_line_sets_faults() -> None:
    faults = Faults()
    set_faults(
        faults,
        [
            "error=10%",
            "latency,seconds=300ms",
            "rate_limited=0.5,seconds=2,path=/api/campaigns",
            "clamp,limit=40",
        ],
    )
    assert [
        (rule.fault.kind.value, rule.rate, rule.fault.seconds, rule.fault.limit, rule.path_prefix)
        for rule in faults.rules
    ] == [
        ("error", 0.1, None, 100, ""),
        ("latency", 1.0, 0.3, 100, ""),
        ("rate_limited", 0.5, 2.0, 100, "/api/campaigns"),
        ("clamp", 1.0, None, 40, ""),
    ]


def test_oddities_add_to_each_other_and_to_a_fault() -> None:
    faults = Faults()
    set_faults(
        faults,
        [
            "grow,rows=3",
            "total,by=-2",
            "clamp,limit=40,says=asked",
            "odd_field=5%,field=calculated_price,value=5.60 EUR",
            "odd_field=10%,field=finished_at,value=null",
            "error",
        ],
    )
    decision = faults.decide("/api/campaigns")
    assert decision.fault is not None
    assert [
        (odd.kind.value, odd.rows, odd.by, odd.says, odd.field, odd.value, odd.share)
        for odd in decision.oddities
    ] == [
        ("grow", 3, 1, "given", "", "odd", 1.0),
        ("total", 1, -2, "given", "", "odd", 1.0),
        ("clamp", 1, 1, "asked", "", "odd", 1.0),
        ("odd_field", 1, 1, "given", "calculated_price", "5.60 EUR", 0.05),
        ("odd_field", 1, 1, "given", "finished_at", None, 0.1),
    ]
    faults.set("odd_field", rate=0, field="finished_at")
    assert [odd.field for odd in faults.decide("/").oddities if odd.field] == ["calculated_price"]


def test_every_wrong_fault_of_a_command_line_is_told() -> None:
    with pytest.raises(ConfigError) as caught:
        set_faults(Faults(), ["fire", "error=lots", "hang,seconds=soon", "cut,color=red", "error"])
    assert [problem.message.split(":")[0] for problem in caught.value.problems] == [
        "'fire'",
        "'error=lots'",
        "'hang,seconds=soon'",
        "'cut,color=red'",
    ]
    assert "--fault" in str(caught.value)
