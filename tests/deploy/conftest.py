"""What several tests of the deployment share."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.image import DOCKERFILE, ROOT, Builder, Image
from tests.deploy.stack import Stack, running


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / "images.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """A builder that knows the base image; the same for all processes that the tests are spread
    over."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with _one_at_a_time(folder):
        builder = Builder(folder / "images")
        builder.base()
    return builder


@pytest.fixture(scope="session")
def image(builder: Builder) -> Image:
    """The image with every extra that it may be asked for."""
    with _one_at_a_time(builder.folder.parent):
        return builder.built("bsg-monitor") or builder.build(
            DOCKERFILE, ROOT, "bsg-monitor", "EXTRAS=uvloop,postgres,apprise"
        )


@pytest.fixture
def volume(tmp_path: Path, image: Image) -> Path:
    """A named volume, which takes over the owner of the folder that the image has in its place."""
    (place,) = image.config["Volumes"]
    original = (image.files / place[1:]).stat()
    volume = tmp_path / "volume"
    volume.mkdir()
    volume.chmod(original.st_mode & 0o7777)
    os.chown(volume, original.st_uid, original.st_gid)
    return volume


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A provider, a monitor and a Prometheus that scrapes it, running."""
    with running(tmp_path_factory.mktemp("stack")) as stack:
        yield stack
