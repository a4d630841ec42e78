"""Logs: named events with facts as keys, written to stderr. On a terminal they are lines for
people, elsewhere JSON, one line per event.

Secrets are masked in everything that is logged, tracebacks included. Control and bidirectional
characters are escaped, so that a campaign's name can neither colour a terminal nor reorder a line.

If stderr is systemd's journal, lines begin with `<3>` and the like, which the journal removes and
stores as priorities.
"""

import json
import logging
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from monitor.domain.safetext.shown_text import visible

MASK = "***"
LONGEST = 65_536
"""Characters of one text that are logged: more is of no use and takes the event loop's time."""
_OVERLAP = 4096
SHORTEST_SECRET = 4
"""A shorter text is not masked: half of all words would contain it."""

OWN_LOGGER = "monitor"
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
"""syslog(3)'s numbers."""
_LOUD_LIBRARIES = ("asyncio", "aiohttp.access", "aiohttp.client", "aiohttp.internal", "aiohttp.web")


class LogFormat(StrEnum):
    """`auto` is `console` on a terminal and `json` elsewhere."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


# --- secrets --------------------------------------------------------------------------------------


def _without_tokens(found: re.Match[str]) -> str:
    """A run of words, dots and dashes without its JWTs: from `eyJ…` to the second dot after it."""
    parts = found[0].split(".")
    told: list[str] = []
    at = 0
    while at < len(parts):
        begun = _JWT_BEGINS.search(parts[at])
        if begun and at + 1 < len(parts) and parts[at + 1]:
            told.append(parts[at][: begun.start()] + MASK)
            at += 3
        else:
            told.append(parts[at])
            at += 1
    return ".".join(told)


def _without_query(found: re.Match[str]) -> str:
    path, _, query = found[0].partition("?")
    return f"{path}?{MASK}" if query else found[0]


def _without_test_key(found: re.Match[str]) -> str:
    return MASK if any(map(str.isdigit, found[0])) else found[0]


_JWT_BEGINS = re.compile(r"\beyJ[\w-]")
_PATTERNS: tuple[tuple[str, re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    ("bearer", re.compile(r"\b(Bearer)\s+(?!tokens?\b)[\w.~+/=-]{4,}"), rf"\1 {MASK}"),
    (
        "b",
        re.compile(r"\b((?i:Bearer|Basic))\s+(?=[a-z]*(?:[A-Z0-9_+/=]|[.~-]\w))[\w.~+/=-]{4,}"),
        rf"\1 {MASK}",
    ),  # and not "basic authentication"
    ("eyj", re.compile(r"[\w.-]+"), _without_tokens),
    ("live_", re.compile(r"\blive_[\w-]{6,}"), MASK),  # the provider's keys
    ("test_", re.compile(r"\btest_[\w-]{8,}"), _without_test_key),
    ("://", re.compile(r"(?<=[A-Za-z0-9+.-])://[^\s/@'\"<>]+@"), f"://{MASK}@"),  # userinfo
    ("://", re.compile(r"(?<=[A-Za-z0-9+.-])://[^\s'\"<>]+"), _without_query),
    (
        "hooks.slack.com/",
        re.compile(r"(hooks\.slack\.com/)[^\s'\"<>]+", re.IGNORECASE),
        rf"\1{MASK}",
    ),  # its path is the secret
)
"""What a text must contain, in lower case, for the pattern to be tried; the pattern; what to write
instead.

Anyone's text may be logged, and the event loop waits meanwhile, so no pattern may scan the same
characters twice from different starts. Hence a run is searched only once all of it is found, and a
URL begins at `://`."""


class _Secrets:
    """The secrets known to this process. None is ever removed: a rotated one may still be in some
    error."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, secret: str) -> None:
        forms = {
            secret,
            quote(secret, safe=""),
            secret.encode("unicode_escape").decode("ascii"),
            json.dumps(secret)[1:-1],
        }
        fresh = {form for form in forms if len(form) >= SHORTEST_SECRET} - self._known
        if fresh:
            self._known |= fresh
            longest_first = sorted(self._known, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def mask(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(MASK, text)


_SECRETS = _Secrets()


def mask(secret: str) -> None:
    """From now on write `***` in place of this text in every log of this process. Texts under 4
    characters are not masked."""
    _SECRETS.add(secret)


def masked(text: str) -> str:
    """`text` without known secrets and without what looks like one: tokens, the provider's keys,
    the userinfo and query of URLs.

    A text of more than `LONGEST` characters is cut there, and its length is given.
    """
    told = _SECRETS.mask(text[: LONGEST + _OVERLAP])  # a secret that the cut goes through is whole
    lower = told.lower()
    for needed, pattern, replacement in _PATTERNS:
        if needed in lower:
            told = pattern.sub(replacement, told)
    return told if len(text) <= LONGEST else f"{told[:LONGEST]}… ({len(text):,} characters)"


# --- processors -----------------------------------------------------------------------------------


def _clean(value: object) -> object:
    if (
        value is None
        or isinstance(value, bool | int)
        or (isinstance(value, float) and math.isfinite(value))
    ):
        return value  # JSON knows no NaN
    if isinstance(value, str):
        return visible(masked(value))
    if isinstance(value, Mapping):
        return {str(_clean(str(key))): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in value]
    return visible(masked(str(value)))


def _clean_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Clean every value, whatever its type; a traceback keeps its lines."""
    cleaned: EventDict = {}
    for key, value in event.items():
        if key.startswith("_"):  # structlog's own, taken out again before rendering
            cleaned[key] = value
        elif key in {"exception", "stack"} and isinstance(value, str):
            cleaned[key] = visible(masked(value), keep_lines=True)
        else:
            cleaned[key] = _clean(value)
    return cleaned


def _name_of_logger(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add the name of the library that a line is from. Our own events have names of their own."""
    record: logging.LogRecord | None = event.get("_record")
    if record is not None and record.name != OWN_LOGGER:
        event["logger"] = record.name
    return event


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    first = {key: event.pop(key) for key in ("ts", "level", "event") if key in event}
    return {**first, **event}


def _renderer(*, console: bool, stream: TextIO) -> Processor:
    if not console:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(),
        timestamp_key="ts",
        # not one that shows the values of variables
        exception_formatter=structlog.dev.plain_traceback,
    )


def _with_priority(render: Processor) -> Processor:
    """`render` for the journal, where each line is an entry of its own."""

    def rendered(logger: WrappedLogger, method: str, event: EventDict) -> str:
        prefix = f"<{_PRIORITIES.get(event.get('level', ''), _PRIORITIES['info'])}>"
        return "\n".join(prefix + line for line in str(render(logger, method, event)).split("\n"))

    return rendered


def journal_prefix(level: str) -> str:
    """The prefix that tells the journal a line's level; empty if stderr is not the journal.

    `level` is a log level. See sd-daemon(3), and systemd.exec(5) for how JOURNAL_STREAM shows that
    stderr was redirected.
    """
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return ""
    journal = os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"
    return f"<{_PRIORITIES[level]}>" if journal else ""


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to the current stderr. A stderr that cannot be written to does not stop the daemon."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # the base class keeps one stream for good
        return sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the base class's name)
        """Lose the line: there is nowhere left to report it."""


def for_people(format: str) -> bool:  # noqa: A002 (the setting's name)
    """Whether logs of this format are lines for people, given the current stderr. ValueError for an
    unknown format."""
    chosen = LogFormat(format)
    return chosen is LogFormat.CONSOLE or (chosen is LogFormat.AUTO and sys.stderr.isatty())


# the setting's name
def configure_logs(level: str = "info", format: str = LogFormat.AUTO) -> None:  # noqa: A002
    """Send structlog's and the standard library's records to stderr. `level` is debug, info,
    warning or error.

    You may call it again: a command starts with its own level, then the settings give another.
    ValueError for an unknown level or format.
    """
    threshold = logging.getLevelNamesMapping().get(level.upper())
    if threshold is None:
        raise ValueError(f"{level!r} is not a log level")
    render = _renderer(console=for_people(format), stream=sys.stderr)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
    ]
    finish: Iterable[Processor] = [
        _name_of_logger,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _clean_event,
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        _in_order,
        _with_priority(render) if journal_prefix("info") else render,
    ]
    handler = _ToStderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=list(finish))
    )
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, _ToStderr)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(threshold)
    for name in _LOUD_LIBRARIES:  # they log at info what our own events say better
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *_: logging.getLogger(OWN_LOGGER),
        cache_logger_on_first_use=False,
    )
