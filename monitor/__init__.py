"""bsg-monitor: watches BSG messaging campaigns and tells people in time when one goes wrong."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("bsg-monitor")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"
