"""What every command needs: the global options, an event loop, settings and rules, and the store
of a running or stopped daemon."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from monitor.errors import Problem
    from monitor.ports import Store
    from monitor.rulefile import RuleFile
    from monitor.settings import LoadedSettings

P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """What was given before the command's name; `ctx.obj` of every command."""

    config: Path | None = None


def options_of(ctx: typer.Context) -> GlobalOptions:
    """The global options of this invocation."""
    found = ctx.find_object(GlobalOptions)
    return found if found is not None else GlobalOptions()


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, on uvloop's event loop when it is installed."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None
    try:
        from uvloop import new_event_loop as factory
    except ImportError:  # the extra `uvloop`
        factory = None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)


def load_settings_of(ctx: typer.Context, *, need_account: bool = False) -> "LoadedSettings":
    """The settings in force; logs are set up by them and know their secrets. ConfigError."""
    from monitor.errors import ConfigError

    loaded = _read_settings(ctx, need_account=need_account)
    if loaded.problems:
        raise ConfigError(loaded.problems)
    return loaded


def _read_settings(
    ctx: typer.Context, *, need_account: bool, daemon: bool = False
) -> "LoadedSettings":
    """The settings and what is wrong with them; logs as of `load_settings_of`.

    Only the daemon logs everything by default. Other commands say themselves what went wrong, so
    they log only errors unless BSG_LOG_LEVEL is set.
    """
    from monitor.logs import configure_logs
    from monitor.settings import mask_settings, read_settings

    loaded = read_settings(config=options_of(ctx).config, need_account=need_account)
    mask_settings(loaded)
    unasked = not daemon and loaded.origins.get("log_level") == "default"
    configure_logs("error" if unasked else loaded.settings.log_level, loaded.settings.log_format)
    return loaded


def load_all(ctx: typer.Context, *, daemon: bool = False) -> "tuple[LoadedSettings, RuleFile]":
    """Settings, with an account, and rules. Raises ConfigError with what is wrong in both: a wrong
    setting does not hide a wrong rule."""
    from monitor.errors import ConfigError
    from monitor.rulefile import load_rules

    loaded = _read_settings(ctx, need_account=True, daemon=daemon)
    problems = list(loaded.problems)
    rules: RuleFile | None = None
    if not problems or _rules_are_known(loaded):
        try:
            rules = load_rules(loaded)
        except ConfigError as error:
            problems += error.problems
    if rules is None or problems:
        raise ConfigError(problems)
    return loaded, rules


def _rules_are_known(loaded: "LoadedSettings") -> bool:
    """Whether the settings, though wrong, still say where the rules are: what follows from one
    mistake is not reported as a second one."""
    return ("rules_file",) not in loaded.wrong and loaded.settings.rules_file.exists()


def load_each(paths: "Iterable[P]", load: "Callable[[P], T]") -> list[T]:
    """What `load` makes of each path. Raises ConfigError with what is wrong in any of them, each
    problem once."""
    from monitor.errors import ConfigError

    loaded: list[T] = []
    problems: dict[Problem, None] = {}
    for path in paths:
        try:
            loaded.append(load(path))
        except ConfigError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise ConfigError(list(problems))
    return loaded


def ask_store(
    loaded: "LoadedSettings", ask: "Callable[[Store], Awaitable[T]]", *, writable: bool = False
) -> T:
    """What `ask` finds in, or writes to, the store of a running or stopped monitor. StoreError
    when there is none or it cannot be used."""
    from monitor.store import SqliteStore

    async def asked() -> T:
        path = loaded.settings.database_url.path
        async with SqliteStore(path, daemon=False, read_only=not writable) as store:
            return await ask(store)

    return run_async(asked())


def reader_beside(loaded: "LoadedSettings") -> "Callable[[], Store]":
    """Opens that store for reading, here or in another process."""
    from monitor.store import SqliteStore

    return partial(SqliteStore, loaded.settings.database_url.path, daemon=False, read_only=True)
