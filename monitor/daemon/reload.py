"""Reads the rules file again, on request or when it has changed, and puts it in force unless it is
wrong."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from monitor.clock import Clock, sleep_or_event
from monitor.daemon.filewatch import FileWatch
from monitor.daemon.rules_in_force import RulesInForce, RulesRollout
from monitor.daemon.systemd import ServiceManager
from monitor.domain.alerting.evaluation import RuleSet
from monitor.errors import ConfigError, Problem, StoreError
from monitor.log_events import note_doubts, note_problems
from monitor.logs import masked
from monitor.metrics import Metrics
from monitor.notify import Context
from monitor.rulefile import RuleFile, load_rules
from monitor.settings import LoadedSettings, differing, mask_settings

LOOK_SECONDS = 1.0
"""How often files are looked at; two looks that agree make a change."""
REFUSED_RETRY_SECONDS = 30.0
"""A refused file is tried again: a secret it names may come later, or be made readable."""
STORE_RETRY_SECONDS = 5.0

RETRY = "retry"
BUG = Problem("the monitor failed on them, which is a bug; the log has its traceback")

log = structlog.get_logger()


class Reloader:
    """Reloads the rules. `loaded` are the settings that the monitor runs with, which do not change.

    A wrong file is logged, counted and shown, and the earlier rules stay in force. New receivers
    are built with `context`; `watch` watches the files that the rules come from.
    """

    def __init__(
        self,
        loaded: LoadedSettings,
        rollout: RulesRollout,
        context: Context,
        watch: FileWatch,
        *,
        manager: ServiceManager,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._loaded = loaded
        self._rollout = rollout
        self._context = context
        self._watch = watch
        self._manager = manager
        self._clock = clock
        self._metrics = metrics
        self._requested = asyncio.Event()
        self._again_after: float | None = None
        self._refused: tuple[Problem, ...] = ()
        metrics.reloaded(clock.now())

    def request(self) -> None:
        """Reload as soon as possible."""
        self._requested.set()

    async def run(self) -> None:
        """Reload on every request and change, until cancelled."""
        while True:
            await self.reload(await self._cause())

    async def reload(self, cause: str) -> None:
        """Read everything and put it in force, or say what is wrong. `cause` is for the log."""
        if cause != RETRY:
            self._manager.reloading(self._clock.monotonic())
        self._again_after = await self._reload(cause)
        self._manager.ready()

    async def _cause(self) -> str:
        waited = 0.0
        while not await sleep_or_event(self._clock, LOOK_SECONDS, self._requested):
            waited += LOOK_SECONDS
            if await asyncio.to_thread(self._watch.changed):
                return "change"
            if self._again_after is not None and waited >= self._again_after:
                return RETRY
        self._requested.clear()
        return "request"

    async def _reload(self, cause: str) -> float | None:
        """Return after how many seconds to try again; None when all is well."""
        before = self._rollout.in_force
        try:
            loaded, file, rules = await asyncio.to_thread(self._read)
            await self._rollout.adopt(RulesInForce.of(file, rules, self._context, before=before))
        except ConfigError as error:
            self._refuse(error.problems, cause)
            return REFUSED_RETRY_SECONDS
        except StoreError as error:
            # see poller
            log.error("reload_interrupted", reason=error.reason.value, error=str(error))  # noqa: TRY400
            return STORE_RETRY_SECONDS
        except Exception:
            self._metrics.loop_failures.labels("reload").inc()
            log.exception("reload_failed")
            self._refuse([BUG], cause)
            return REFUSED_RETRY_SECONDS
        self._watch.use(watched(loaded, file))
        self._refused = ()
        self._metrics.reloaded(self._clock.now())
        self._say(before.file, loaded, file, cause)
        return None

    def _read(self) -> tuple[LoadedSettings, RuleFile, RuleSet]:
        """Read the rules with the secrets of now and the settings that the monitor runs with.
        Raises `ConfigError` with everything that is wrong in either. Slow: for a thread."""
        self._watch.note()
        loaded = self._loaded.again()
        mask_settings(loaded)
        try:
            file = load_rules(replace(loaded, settings=self._loaded.settings))
        except ConfigError as error:
            raise ConfigError([*loaded.problems, *error.problems]) from None
        if loaded.problems:
            raise ConfigError(loaded.problems)
        return loaded, file, file.compiled()

    def _refuse(self, problems: Sequence[Problem], cause: str) -> None:
        self._metrics.reload_successful.set(0)
        self._rollout.overview.refused([masked(str(problem)) for problem in problems])
        if cause == RETRY and self._refused == tuple(problems):
            return  # already told
        self._refused = tuple(problems)
        note_problems(problems)
        log.error(
            "reload_refused",
            cause=cause,
            problems=len(problems),
            hint="the earlier rules stay in force",
        )

    def _say(self, before: RuleFile, loaded: LoadedSettings, file: RuleFile, cause: str) -> None:
        note_doubts([*loaded.warnings, *file.warnings])
        if changed := differing(self._loaded, loaded):
            log.warning(
                "settings_changed", settings=changed, hint="they take effect with a restart"
            )
        log.info(
            "rules_reloaded",
            cause=cause,
            rules=len(file.rules),
            receivers=len(file.receivers),
            **_came_and_went(
                "rules", [rule.name for rule in before.rules], [rule.name for rule in file.rules]
            ),
            **_came_and_went(
                "receivers",
                [each.name for each in before.receivers],
                [each.name for each in file.receivers],
            ),
        )


def watched(loaded: LoadedSettings, file: RuleFile) -> list[Path]:
    """The files and folders that rules and receivers come from."""
    return [*([] if file.path is None else [file.path]), *file.files, *loaded.files]


def _came_and_went(what: str, before: Sequence[str], after: Sequence[str]) -> dict[str, list[str]]:
    came, went = (
        [name for name in after if name not in before],
        [name for name in before if name not in after],
    )
    return {
        **({f"{what}_added": came} if came else {}),
        **({f"{what}_removed": went} if went else {}),
    }
