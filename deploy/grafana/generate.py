"""Writes the dashboards as JSON; with --check it only says which are out of date."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from boards import campaign, health, overview, sender
from grafana_foundation_sdk.cog.encoder import JSONEncoder

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BOARDS = (overview, sender, campaign, health)


def made() -> Iterator[tuple[Path, str]]:
    """Every file that is made, with what has to be in it."""
    for board in BOARDS:
        built = board.dashboard().build()
        for control in (
            *(built.links or ()),
            *((built.annotations and built.annotations.list_val) or ()),
        ):
            control.placement = None  # in sight: the SDK knows no place but the menu
        text = json.dumps(built, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False)
        yield HERE / "dashboards" / f"{built.uid}.json", text + "\n"


def main() -> str | None:
    """What is out of date, in words; None when nothing is, or when it was only to be written."""
    files = dict(made())
    stale = [
        path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text
    ]
    foreign = [path for path in (HERE / "dashboards").iterdir() if path not in files]
    if "--check" in sys.argv[1:]:
        names = ", ".join(str(path.relative_to(ROOT)) for path in stale + foreign)
        return f"out of date: {names}; run: python deploy/grafana/generate.py" if names else None
    for path in stale:
        path.write_text(files[path], "utf-8")
    for path in foreign:
        path.unlink()
    return None


if __name__ == "__main__":
    sys.exit(main())
