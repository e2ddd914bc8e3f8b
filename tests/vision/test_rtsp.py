"""Live RTSP with a password, from the simulator's server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.errors import LinkLost, LoginRefused
from gateway.model import Words
from gateway.simulator import clips, scenes
from gateway.simulator.rtsp import Mount, RtspServer
from gateway.vision.pool import VisionPool
from gateway.vision.stream_config import StreamConfig

LIMIT = 60


async def test_a_climber_is_seen_and_a_lost_server_is_told(tmp_path: Path) -> None:
    told = scenes.scenes()
    mount = Mount(clips.load_clip(told["fence-still"], tmp_path))
    server = RtspServer({"fence": mount}, {"admin": "geheim"})
    async with asyncio.timeout(LIMIT), VisionPool(1) as pool:
        async with server.listen() as port:
            watching = pool.slot("fence").watch(StreamConfig(f"rtsp://admin:geheim@127.0.0.1:{port}/fence"))
            sightings = await watching.__aenter__()
            await mount.has_viewer.wait()
            mount.play(clips.load_clip(told["fence-climb"], tmp_path))
            seen = await anext(sightings)
            assert seen.kind == "motion.started"
        with pytest.raises(LinkLost) as caught:
            async for _ in sightings:
                pass
        assert "geheim" not in str(caught.value)
        await watching.__aexit__(None, None, None)


async def test_a_wrong_password_is_told_without_it(tmp_path: Path) -> None:
    mount = Mount(clips.load_clip(scenes.scenes()["extra-still"], tmp_path))
    async with (
        asyncio.timeout(LIMIT),
        RtspServer({"garage": mount}, {"admin": "right"}).listen() as port,
        VisionPool(1) as pool,
        pool.slot("garage").watch(StreamConfig(f"rtsp://admin:geheim@127.0.0.1:{port}/garage")) as sightings,
    ):
        with pytest.raises(LoginRefused, match="401") as caught:
            await anext(sightings)
        assert "geheim" not in str(caught.value)
        assert Words.of(caught.value.why).zh == "摄像机的用户名或密码不对，请通知安装员"
