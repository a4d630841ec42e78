"""Reading small text files that people write."""

import stat
from pathlib import Path

from monitor.errors import ConfigError, Place, Problem

LARGEST_FILE = 512 * 1024
LARGEST_SECRET = 64 * 1024


def read_text(path: Path, *, what: str, hint: str | None = None, largest: int = LARGEST_FILE) -> str:
    """The file's text, without a byte order mark.

    `what` names the file in errors ("the rules file"); `hint` says what to do when there is none. ConfigError when it is missing,
    a directory, unreadable, larger than `largest` bytes, or not UTF-8.
    """

    def refused(message: str, *, place: Place | None = None, hint: str | None = None) -> ConfigError:
        return ConfigError([Problem(f"{what} {message}", place or Place(str(path)), hint)])

    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
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
    """A secret's text without the line breaks that editors and mounts leave at its end. ConfigError as `read_text`."""
    return read_text(path, what=what, largest=LARGEST_SECRET).rstrip("\r\n")


def world_readable(path: Path) -> bool:
    """Whether every user of this machine may read the file."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
