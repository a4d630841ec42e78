"""Everything wrong at once: problems and warnings are collected, and raised together in the
order of the file."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from monitor.domain.safetext.possible_secrets import without_random
from monitor.errors import ConfigError, Excerpt, Place, Problem

Excerpts = Callable[[Place], Excerpt | None]
"""The line of a place in one source, where it may be shown."""


class Findings:
    """What was found while reading settings or rules. The same thing found twice (through a YAML
    alias) counts once."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}
        self._warnings: dict[Problem, None] = {}
        self._spoilt: set[Place] = set()
        self._excerpts: dict[str, Excerpts] = {}
        self.noted = 0
        """How many problems were noted, also those that were known already."""

    def show(self, source: str, excerpts: Excerpts) -> None:
        """From now on problems in this source are told with its line."""
        self._excerpts[source] = excerpts

    def wrong(self, message: str, place: Place | None = None, hint: str | None = None) -> None:
        """Note something that must be mended before anything runs."""
        self.noted += 1
        if place is None or place not in self._spoilt:
            self._problems[Problem(message, place, hint)] = None

    def take(self, problems: Iterable[Problem]) -> None:
        """Note problems that were found elsewhere."""
        for each in problems:
            self.wrong(each.message, each.place, each.hint)

    def spoil(self, place: Place) -> None:
        """What stands there is wrong and has been told: what else is found wrong there follows
        from it."""
        self._spoilt.add(place)

    def warn(self, message: str, place: Place | None, hint: str) -> None:
        """Note something that works and is probably not meant. `hint` says what to do about it:
        without a remedy it is not a warning."""
        self._warnings[Problem(message, place, hint)] = None

    @property
    def count(self) -> int:
        """How many problems so far."""
        return len(self._problems)

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._told(self._problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return self._told(self._warnings)

    def raise_if_wrong(self) -> None:
        """ConfigError with every problem, if there is one."""
        if self._problems:
            raise ConfigError(self.problems)

    def _told(self, problems: dict[Problem, None]) -> tuple[Problem, ...]:
        return tuple(self._as_told(problem) for problem in _in_order(problems))

    def _as_told(self, problem: Problem) -> Problem:
        hint = problem.hint and without_random(problem.hint)
        return replace(
            problem,
            message=without_random(problem.message),
            hint=hint,
            excerpt=self._excerpt(problem.place),
        )

    def _excerpt(self, place: Place | None) -> Excerpt | None:
        excerpts = (
            self._excerpts.get(place.source)
            if place is not None and place.line is not None
            else None
        )
        return excerpts(place) if excerpts is not None and place is not None else None


def _in_order(problems: dict[Problem, None]) -> tuple[Problem, ...]:
    """Sources in the order in which they were first seen, places within one from top to bottom."""
    sources: dict[str, int] = {}
    for problem in problems:
        if problem.place:
            sources.setdefault(problem.place.source, len(sources))

    def position(problem: Problem) -> tuple[int, int, int]:
        place = problem.place
        return (
            (sources[place.source], place.line or 0, place.column or 0)
            if place
            else (len(sources), 0, 0)
        )

    return tuple(sorted(problems, key=position))
