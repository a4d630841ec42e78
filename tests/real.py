"""Real tools that some tests need. Missing ones skip, unless BSG_TEST_REQUIRE_REAL=1 says that they have to be there."""

import os
import shutil
from pathlib import Path

import pytest

PACKAGES = {
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "alertmanager": "prometheus-alertmanager",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "chromium": "chromium",
    "postgres": "postgresql",
}
"""Debian's package for a tool that is not called like its package."""


def require(tool: str) -> Path:
    """The tool's path. Skips the test with the reason when it is not installed; fails it when real parts are required."""
    found = shutil.which(tool)
    if found is not None:
        return Path(found)
    reason = f"{tool} is not installed (Debian: apt-get install {PACKAGES.get(tool, tool)})"
    if os.environ.get("BSG_TEST_REQUIRE_REAL") == "1":
        pytest.fail(f"{reason}, and BSG_TEST_REQUIRE_REAL=1 asks for it")
    pytest.skip(reason)
