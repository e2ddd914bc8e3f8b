"""What every test may ask for: system parts, ports, a real broker, a serial line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import parts, ports
from tests.support.broker import Mosquitto
from tests.support.pty_pair import PtyPair, pty_pair

ROOT = Path(__file__).resolve().parent.parent
REQUIRE_ALL = os.environ.get("ANJU_REQUIRE_ALL") == "1"

settings.register_profile("unhurried", deadline=None)  # a busy machine is no fault of what is tested
settings.load_profile("unhurried")


LONG = ("vision/test_130.py", "test_demo.py", "crash/", "system/")
"""Begun first, so that no worker is left alone with one at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with the longest tests before the others; otherwise the order stays."""
    tests = ROOT / "tests"
    items.sort(key=lambda item: not item.path.relative_to(tests).as_posix().startswith(LONG))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose system part is absent, and say what brings it; where all is required, fail."""
    for mark in item.iter_markers("needs"):
        part, package = mark.args
        if parts.present(part):
            continue
        if REQUIRE_ALL:
            pytest.fail(f"{part} is missing and ANJU_REQUIRE_ALL=1: apt-get install {package}", pytrace=False)
        pytest.skip(f"{part} is missing: apt-get install {package}")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Photographs and clips that are not ours to ship; tests that look at them skip without."""
    folder = Path(os.environ.get("ANJU_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test photographs at {folder}: set ANJU_SHARED_DATA")
    return folder


@pytest.fixture
def free_port() -> int:
    """A loopback port nobody listens on; `tests.support.ports.free_port()` gives more."""
    return ports.free_port()


@pytest.fixture
def serial_line() -> Iterator[PtyPair]:
    """A pty pair: `.write` and `.read` are the device, `.path` is the gateway's `port`."""
    with pty_pair() as pair:
        yield pair


@pytest.fixture
def make_broker(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """`make_broker(accounts={user: password}, extra="…")` starts a Mosquitto; all end with the test.

    Mark the test `@pytest.mark.needs("mosquitto", "mosquitto")`.
    """
    started: list[Mosquitto] = []

    def make(accounts: Mapping[str, str] | None = None, extra: str = "") -> Mosquitto:
        made = Mosquitto(tmp_path / f"mosquitto-{len(started)}", accounts, extra)
        started.append(made)
        made.start()
        return made

    yield make
    for made in started:
        made.stop()


@pytest.fixture
def broker(make_broker: Callable[..., Mosquitto]) -> Mosquitto:
    """A Mosquitto on `.host`, `.port` that lets anybody in."""
    return make_broker()
