"""Run all benchmarks, or those that are named. Nothing else should run on the machine meanwhile."""

import sys

from benchmarks import (
    backtest,
    cycle_cpu,
    delivery,
    disk,
    evaluation,
    firing,
    latency,
    loop_lag,
    masking,
    memory,
    startup,
)
from benchmarks.table import Row, show

ALL = {
    "cycle": cycle_cpu.rows,
    "evaluation": evaluation.rows,
    "memory": memory.rows,
    "startup": startup.rows,
    "lag": loop_lag.rows,
    "masking": masking.rows,
    "latency": latency.rows,
    "firing": firing.rows,
    "delivery": delivery.rows,
    "backtest": backtest.rows,
    "disk": disk.rows,
}


def main() -> int:
    """Returns 0 if every limit is kept, 1 if one is missed, and 2 for an unknown name."""
    names = sys.argv[1:] or list(ALL)
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(
            f"no benchmark is called {', '.join(unknown)}; there are {', '.join(ALL)}",
            file=sys.stderr,
        )
        return 2
    found: list[Row] = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr)
        found += ALL[name]()
    show(found)
    return 0 if all(row.good for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
