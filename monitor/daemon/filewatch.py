"""Notices changed files by polling them: that works on every file system, and when links are
swapped."""

from collections.abc import Iterable
from pathlib import Path

Look = tuple[object, ...]


class FileWatch:
    """Watches files, and the files in folders. They need not exist yet.

    A change counts once two looks in a row find the same: a file may be written in several steps.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self._known: dict[Path, Look] = {}
        self._last: dict[Path, Look] = {}
        self.use(files)

    def use(self, files: Iterable[Path]) -> None:
        """Watch these from now on. A change that was not noted yet is not forgotten."""
        self._known = {
            path: self._known[path] if path in self._known else _look(path) for path in files
        }
        self._last = dict(self._known)

    def changed(self) -> bool:
        """Look; say whether anything differs from what was last noted, and not from the last
        look."""
        before, self._last = self._last, {path: _look(path) for path in self._known}
        return self._last != self._known and self._last == before

    def note(self) -> None:
        """Take the files as they are now as known."""
        self._known = {path: _look(path) for path in self._known}


def _look(path: Path) -> Look:
    """A value that changes when the file, or one in the folder, is written or replaced. Links are
    followed.

    Names in a folder that begin with a dot are skipped: what Kubernetes keeps there is seen
    through its links.
    """
    try:
        if path.is_dir():
            return tuple(
                (each.name, *_look(each))
                for each in sorted(path.iterdir())
                if not each.name.startswith(".")
            )
        found = path.stat()
    except OSError as error:
        return (error.errno,)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
