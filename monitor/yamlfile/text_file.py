"""Reading small text files that people write."""

import os
import select
import stat
from pathlib import Path
from typing import BinaryIO

from monitor.errors import ConfigError, Place, Problem

LARGEST_FILE = 512 * 1024
LARGEST_SECRET = 64 * 1024
WRITER_WITHIN_SECONDS = 2.0
"""How long a pipe may be without a writer."""
WRITTEN_WITHIN_SECONDS = 60.0
"""How long who writes to a pipe may take until the next byte."""


class _SilentPipeError(OSError):
    """Nothing came out of a pipe."""

    def __init__(self) -> None:
        super().__init__(0, "it is a pipe, and nothing comes out of it")


def read_text(
    path: Path, *, what: str, hint: str | None = None, largest: int = LARGEST_FILE
) -> str:
    """The file's text, without a byte order mark.

    `what` names the file in errors ("the rules file"); `hint` says what to do when there is
    none. ConfigError when it is missing, a directory, unreadable, larger than `largest` bytes,
    not UTF-8, or a pipe that nothing comes out of.
    """

    def refused(
        message: str, *, place: Place | None = None, hint: str | None = None
    ) -> ConfigError:
        return ConfigError([Problem(f"{what} {message}", place or Place(str(path)), hint)])

    try:
        with open(path, "rb", opener=_open_at_once) as file:
            content = _read(file, largest + 1)
    except FileNotFoundError:
        raise refused("does not exist", hint=hint) from None
    except IsADirectoryError:
        raise refused("is a directory, not a file") from None
    except OSError as error:
        raise refused(f"cannot be read: {error.strerror or type(error).__name__}") from None
    if len(content) > largest:
        raise refused(f"is larger than {largest // 1024} KiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        place = Place(str(path), before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        found = f"is not UTF-8 text: found the byte 0x{content[error.start]:02x}"
        raise refused(found, place=place, hint="save it as UTF-8") from None


def read_secret(path: Path, *, what: str) -> str:
    """A secret's text without the line breaks that editors and mounts leave at its end.
    ConfigError as `read_text`."""
    return read_text(path, what=what, largest=LARGEST_SECRET).rstrip("\r\n")


def world_readable(path: Path) -> bool:
    """Whether every user of this machine may read the file."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def _open_at_once(path: str, flags: int) -> int:
    """A pipe is opened without waiting for a writer."""
    return os.open(path, flags | os.O_NONBLOCK)


def _read(file: BinaryIO, most: int) -> bytes:
    """At most so many bytes, of a pipe as they come. OSError, also when none come."""
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file.read(most)
    readable = select.poll()
    readable.register(file, select.POLLIN)
    awaited = readable.poll(WRITER_WITHIN_SECONDS * 1000)
    content = b""
    while len(content) < most:
        try:
            piece = os.read(file.fileno(), most - len(content))
        except BlockingIOError:  # a writer has it open, and has not written more so far
            if not readable.poll(WRITTEN_WITHIN_SECONDS * 1000):
                raise _SilentPipeError from None
            continue
        if not piece and not content and not awaited:
            raise _SilentPipeError
        if not piece:
            break
        content += piece
    return content
