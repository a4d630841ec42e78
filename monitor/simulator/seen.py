"""What was asked of the simulator, for tests."""

from collections.abc import Mapping
from typing import NamedTuple


class Seen(NamedTuple):
    """One request as it came in, control calls left out. A parameter given twice shows its last
    value."""

    method: str
    path: str
    query: Mapping[str, str]
