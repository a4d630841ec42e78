"""Real tools that some tests need. Missing ones skip, unless BSG_TEST_REQUIRE_REAL=1 says that
they have to be there."""

import os
import shutil
import sys
from pathlib import Path

import pytest

PACKAGES = {
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "alertmanager": "prometheus-alertmanager",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "chromium": "chromium",
    "postgres": "postgresql",
    "amtool": "prometheus-alertmanager",
    "bwrap": "bubblewrap",
    "systemd-analyze": "systemd",
}
"""Debian's package for a tool that is not called like its package."""

INSTALLED_WITH_TESTS = frozenset({"docker-compose", "hadolint", "kubectl"})
"""Programs that Python packages bring, in the version that `constraints.txt` names: the one
beside the interpreter is meant."""


def require(tool: str) -> Path:
    """The tool's path. Skips the test with the reason when it is not installed; fails it when
    real parts are required."""
    own = tool in INSTALLED_WITH_TESTS
    found = shutil.which(tool, path=str(Path(sys.executable).parent) if own else None)
    if found is not None:
        return Path(found)
    origin = "make install" if own else f"Debian: apt-get install {PACKAGES.get(tool, tool)}"
    reason = f"{tool} is not installed ({origin})"
    if os.environ.get("BSG_TEST_REQUIRE_REAL") == "1":
        pytest.fail(f"{reason}, and BSG_TEST_REQUIRE_REAL=1 asks for it")
    pytest.skip(reason)
