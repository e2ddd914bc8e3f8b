"""Clips are drawn once for all tests of the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.simulator.clips import load_clip
from gateway.simulator.rtp import RtpClip
from gateway.simulator.scenes import scenes


@pytest.fixture(scope="session")
def clip_cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def make_clip(clip_cache: Path):
    drawn = scenes()

    def make(name: str) -> RtpClip:
        return load_clip(drawn[name], clip_cache)

    return make
