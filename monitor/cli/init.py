"""`init`: the files to start from."""

import os
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.failures import FAILED, complain
from monitor.cli.tables.printing import print_line, say


def init(
    directory: Annotated[
        Path,
        typer.Option(
            "--directory", "-d", help="Where to write; made when it is not there.", metavar="PATH"
        ),
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
) -> None:
    """Write a commented rules.yaml and .env to start from, and the schema by which editors
    complete and check rules.yaml.

    A rules.yaml and a .env that are there stay as they are.
    """
    from monitor.errors import MonitorError
    from monitor.rulefile import RULES_SCHEMA_NAME, env_template, rules_schema_text, rules_template

    contents = {"rules.yaml": (rules_template(), 0o644), ".env": (env_template(), 0o600)}
    there = [name for name in contents if (directory / name).exists()]
    if len(there) == len(contents) and not force:
        complain(
            f"{' and '.join(there)} are there already in {_place(directory)}; --force overwrites "
            "them"
        )
        raise typer.Exit(FAILED)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, (text, mode) in contents.items():
            if name in there and not force:
                say(f"kept {directory / name}: it is there already")
                continue
            _write(directory / name, text, mode)
            print_line(f"wrote {directory / name}")
        _write(
            directory / RULES_SCHEMA_NAME, rules_schema_text(), 0o644
        )  # this version's, whatever was there
        print_line(f"wrote {directory / RULES_SCHEMA_NAME}")
    except OSError as error:
        raise MonitorError(f"cannot write to {_place(directory)}: {error.strerror}") from error
    where = "" if directory == Path() else f"cd {directory}, then "
    print_line(
        f"next: {where}put your API key into .env (BSG_API_KEY), and say in rules.yaml who is to "
        "be told"
    )
    print_line("then: bsg-monitor check --online, bsg-monitor once, bsg-monitor run")


def _place(directory: Path) -> str:
    return "this directory" if directory == Path() else str(directory)


def _write(path: Path, text: str, mode: int) -> None:
    """Write the file with the mode from its first byte on: a secret will stand in it."""
    path.unlink(missing_ok=True)  # not through a link, and not with the mode of what was there
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
