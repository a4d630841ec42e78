"""Whether files have changed, found out by looking: that works on every file system, and through
links that are swapped."""

from collections.abc import Iterable
from pathlib import Path

Look = tuple[object, ...]


class FileWatch:
    """Watches files, and folders for the files in them. What is not there may come.

    A change counts once two looks in a row have found the same: who writes a file in several
    steps is let finish.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self._known: dict[Path, Look] = {}
        self._last: dict[Path, Look] = {}
        self.use(files)

    def use(self, files: Iterable[Path]) -> None:
        """Watch these. Of those that were watched before a change that was not `noted` is not
        forgotten."""
        self._known = {
            path: self._known[path] if path in self._known else _look(path) for path in files
        }
        self._last = dict(self._known)

    def changed(self) -> bool:
        """Look. Whether anything is not as it was when that was last `noted`, and as it was at
        the last look."""
        before, self._last = self._last, {path: _look(path) for path in self._known}
        return self._last != self._known and self._last == before

    def note(self) -> None:
        """As the files are now, they are known."""
        self._known = {path: _look(path) for path in self._known}


def _look(path: Path) -> Look:
    """Another value once the file, or any in the folder, has been written or replaced. Links are
    followed.

    In a folder names that begin with a dot are passed over: what Kubernetes keeps there is seen
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
