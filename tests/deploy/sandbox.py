"""Runs a program under the system call filters of a systemd unit, as systemd would install them
(systemd.exec(5)).

    python sandbox.py UNIT PROGRAM [ARGUMENT …]

Of the unit it knows `SystemCallFilter=`, `SystemCallErrorNumber=`, `MemoryDenyWriteExecute=` and
`RestrictAddressFamilies=`: what can make a program fail that works elsewhere. Wants libseccomp
and systemd-analyze, which knows the members of `@system-service`.
"""

import ctypes
import errno
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

ALLOW = 0x7FFF0000
NOT_EQUAL, EQUAL, MASKED_EQUAL = 1, 4, 7
PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000
MOST_FAMILIES = 46


class Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp`."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


class Filter:
    """One seccomp filter, by libseccomp; `default` is what is done with what no rule names."""

    def __init__(self, default: int) -> None:
        self._library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._filter = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(default)))

    def add(self, action: int, name: str, *where: Comparison) -> None:
        """A rule for a system call; one that this machine does not have is passed over."""
        number = self._library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return
        rules = (Comparison * len(where))(*where)
        done = self._library.seccomp_rule_add_array(
            self._filter, ctypes.c_uint32(action), number, len(where), rules
        )
        if done not in (0, -errno.EACCES):  # the default does it already
            raise OSError(-done, f"{name}: {os.strerror(-done)}")

    def load(self) -> None:
        """For this process, whatever it becomes."""
        done = self._library.seccomp_load(self._filter)
        if done:
            raise OSError(-done, os.strerror(-done))


def refused(number: int) -> int:
    """The action that makes a call fail with this error."""
    return 0x00050000 | number


def settings(unit: Path) -> Mapping[str, Sequence[str]]:
    """Every value of each key, in their order."""
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


@cache
def members(name: str) -> frozenset[str]:
    """The system calls in a set of systemd's, those of the sets in it included."""
    if not name.startswith("@"):
        return frozenset({name})
    said = subprocess.run(
        ["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True
    ).stdout
    inner = (line.strip() for line in said.splitlines()[1:])
    return frozenset(
        call for each in inner if each and not each.startswith("#") for call in members(each)
    )


def allowed(filters: Iterable[str]) -> frozenset[str]:
    """What `SystemCallFilter=` lines leave: lists to allow, and after `~` lists to take away
    again."""
    calls = set(members("@default"))
    for line in filters:
        named = {call for name in line.removeprefix("~").split() for call in members(name)}
        calls = calls - named if line.startswith("~") else calls | named
    return frozenset(calls)


def confine(unit: Path) -> None:
    """Take away from this process what the unit takes away."""
    given = settings(unit)
    calls = Filter(refused(getattr(errno, given["SystemCallErrorNumber"][-1])))
    for name in allowed(given["SystemCallFilter"]):
        calls.add(ALLOW, name)
    families = {
        getattr(socket, name) for line in given["RestrictAddressFamilies"] for name in line.split()
    }
    others = Filter(ALLOW)
    for family in set(range(MOST_FAMILIES)) - families:
        others.add(refused(errno.EAFNOSUPPORT), "socket", Comparison(0, EQUAL, family, 0))
    if given["MemoryDenyWriteExecute"][-1] == "yes":
        both = PROT_WRITE | PROT_EXEC
        others.add(refused(errno.EPERM), "mmap", Comparison(2, MASKED_EQUAL, both, both))
        for name in ("mprotect", "pkey_mprotect"):
            others.add(
                refused(errno.EPERM), name, Comparison(2, MASKED_EQUAL, PROT_EXEC, PROT_EXEC)
            )
        others.add(refused(errno.EPERM), "shmat", Comparison(2, MASKED_EQUAL, SHM_EXEC, SHM_EXEC))
    others.load()
    calls.load()


if __name__ == "__main__":
    confine(Path(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
