"""Figures over time in one line of characters."""

from collections.abc import Sequence

LEVELS = " ▁▂▃▄▅▆▇█"


def drawn(figures: Sequence[int], most: int | None = None) -> str:
    """One character for each figure from 0, the taller the larger; `most` is as tall as can be,
    without it the largest."""
    top = max(figures, default=0) if most is None else most
    return "".join(
        LEVELS[0 if not figure else max(1, round(figure / top * (len(LEVELS) - 1)))]
        for figure in figures
    )
