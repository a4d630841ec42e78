"""Standard input, output and error where whoever started the process closed them (`>&-`)."""

import os
import sys

_MODES = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_missing() -> None:
    """Have those that are closed read nothing, and write to nowhere: else the first file or
    socket that is opened takes their number, and what is printed goes into it."""
    for number, (name, mode) in enumerate(_MODES):
        if _is_open(number):
            continue
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != number:
            os.dup2(nowhere, number)
            os.close(nowhere)
        setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
