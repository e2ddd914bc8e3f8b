"""Many cameras in one thread: the good ones flow, each bad one ends alone and is told in plain words."""

from __future__ import annotations

import asyncio
import datetime as dt
import resource
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.simulator import clips, scenes
from gateway.simulator.rtsp import Mount, RtspServer
from gateway.vision.stream.polling import rtsp_client as reception_module
from gateway.vision.stream.polling.rtsp_client import RtspClient
from gateway.vision.stream.polling.stall_detection import FrameCadence
from gateway.vision.stream.rtp.receiver import MediaTrack
from tests.support.ports import free_port
from tests.vision.stream.cameras import Camera, camera, packets
from tests.vision.stream.coded import rtp
from tests.vision.stream.unit_collector import UnitCollector, running_poller, watch


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception_module, "SETUP_TIMEOUT", 0.5)
    monkeypatch.setattr(FrameCadence, "MIN_TIMEOUT", 0.5)
    monkeypatch.setattr(FrameCadence, "FIRST_TIMEOUT", 0.5)


async def test_the_simulators_cameras_are_watched_with_a_password(tmp_path: Path) -> None:
    mount = Mount(clips.load_clip(scenes.scenes()["fence-still"], tmp_path))
    server = RtspServer({f"cam{number}": mount for number in range(8)}, {"admin": "geheim"})
    async with server.listen() as port:
        with running_poller() as poller:
            base = f"127.0.0.1:{port}"
            watchers = [watch(poller, f"rtsp://admin:geheim@{base}/cam{number}") for number in range(8)]
            wrong = watch(poller, f"rtsp://admin:falsch@{base}/cam1")
            absent = watch(poller, f"rtsp://admin:geheim@{base}/nowhere")
            assert "rejected the user name or the password (401)" in await asyncio.to_thread(wrong.wait_for_end)
            assert "no such stream" in await asyncio.to_thread(absent.wait_for_end)
            for collector in watchers:
                units = await asyncio.to_thread(collector.wait)
                assert units[0].key
                assert not any(unit.lost for unit in units)
            assert not any(secret in one.why for one in (wrong, absent) for secret in ("falsch", "geheim", "admin"))
            await asyncio.to_thread(poller.stop)
            await asyncio.sleep(0.1)
            assert not any(mount.viewers for mount in server.mounts.values())


@pytest.mark.usefixtures("impatient")
def test_each_bad_camera_ends_alone() -> None:
    good, units = Camera(packets()), 50

    def mute(line: socket.socket) -> None:
        line.recv(1)
        line.recv(1 << 16)
        line.recv(1)

    bad: dict[str, Callable[[socket.socket], object]] = {
        "no answer": mute,
        "no picture": Camera([packets(2)[0]]),
        "closed the connection": lambda line: line.close(),
        "no RTSP": lambda line: line.sendall(b"\x01" * 100_000),
        "right port": lambda line: line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        "in a row": Camera([b"$\0\0\x20" + bytes(32)] * 300),
        "503": Camera(answers={"PLAY": "503 Too many clients"}),
        "without saying where to": Camera(answers={"DESCRIBE": "302 Moved"}),
        "names no picture": NoPicture(),
        "a transport that was not requested": Camera(
            answers={"SETUP": "200 OK\r\nTransport: RTP/AVP/TCP;interleaved=255-0"}
        ),
    }
    with running_poller() as poller, camera(good) as port:
        fine = watch(poller, f"rtsp://127.0.0.1:{port}/x", units)
        for why, serve in bad.items():
            with camera(serve) as other:
                ended = watch(poller, f"rtsp://admin:geheim@127.0.0.1:{other}/x").wait_for_end()
                assert why in ended
                assert ended.startswith(f"stream rtsp://127.0.0.1:{other}/x ")
                assert "geheim" not in ended
        refused = watch(poller, f"rtsp://127.0.0.1:{free_port()}/x").wait_for_end()
        assert "can't be reached: Connection refused" in refused
        assert len(fine.wait()) == units
        assert "no packet for" in fine.wait_for_end()


class NoPicture(Camera):
    def _answer(self, line: socket.socket, method: str, number: str) -> None:
        body = b"m=audio 0 RTP/AVP 0\r\n"
        line.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


@pytest.mark.parametrize("name", ["camera.invalid", "192.168..64", 64 * "a"])
def test_a_name_that_is_not_known_is_told(name: str) -> None:
    with running_poller() as poller:
        assert f"the name {name} is not known" in watch(poller, f"rtsp://{name}/x").wait_for_end()
        moved = Camera(answers={"DESCRIBE": f"302 Moved\r\nLocation: rtsp://{name}/x"})
        with camera(moved) as port:
            assert f"the name {name} is not known" in watch(poller, f"rtsp://127.0.0.1:{port}/x").wait_for_end()


class Surprised(UnitCollector):
    def stream_started(self, media: MediaTrack) -> None:
        raise RuntimeError(f"nobody thought of {media.payload_type}")


def test_what_our_own_code_does_not_expect_ends_its_camera_alone(capfd: pytest.CaptureFixture[str]) -> None:
    with running_poller() as poller, camera(Camera(packets())) as port:
        surprised = Surprised()
        poller.add(RtspClient(f"rtsp://admin:geheim@127.0.0.1:{port}/x", surprised))
        assert "failed: what the camera sent" in surprised.wait_for_end()
        assert len(watch(poller, f"rtsp://127.0.0.1:{port}/x", 50).wait()) == 50
    assert "nobody thought of 96" in capfd.readouterr().err


def test_a_redirect_is_followed_to_its_end_and_not_for_ever() -> None:
    with running_poller() as poller, camera(Camera(packets())) as port:
        there = f"rtsp://127.0.0.1:{port}/new"
        with camera(Camera(answers={"DESCRIBE": f"302 Moved\r\nLocation: {there}"})) as old:
            watch(poller, f"rtsp://127.0.0.1:{old}/x").wait()
        moving = Camera()
        with camera(moving) as restless:
            moving.answers["OPTIONS"] = f"301 Moved\r\nLocation: rtsp://127.0.0.1:{restless}/x"
            ended = watch(poller, f"rtsp://127.0.0.1:{restless}/x").wait_for_end()
            assert "from one address to another" in ended


def test_garbage_and_replies_between_packets_cost_nothing() -> None:
    reply = b"RTSP/1.0 200 OK\r\nCSeq: 900\r\n\r\n"
    stream = [piece for packet in packets() for piece in (packet, reply, b"\0\1garbage\xff")]
    with running_poller() as poller, camera(Camera(stream)) as port:
        units = watch(poller, f"rtsp://127.0.0.1:{port}/x", 50).wait()
        assert not any(unit.lost for unit in units)


def test_a_stream_in_single_bytes_is_whole() -> None:
    whole = b"".join(packets(3))
    with (
        running_poller(interval=0.001) as poller,
        camera(Camera([whole[at : at + 7] for at in range(0, len(whole), 7)])) as port,
    ):
        assert len(watch(poller, f"rtsp://127.0.0.1:{port}/x", 3).wait()) == 3


def test_tls_is_drained(tmp_path: Path) -> None:
    with running_poller() as poller, camera(Camera(packets(200)), own_certificate(tmp_path)) as port:
        units = watch(poller, f"rtsps://127.0.0.1:{port}/x", 200).wait()
        assert not any(unit.lost for unit in units)
        with camera(lambda line: line.sendall(b"RTSP/1.0 200 OK\r\n\r\n")) as plain:
            assert "TLS" in watch(poller, f"rtsps://127.0.0.1:{plain}/x").wait_for_end()


def own_certificate(folder: Path) -> ssl.SSLContext:
    """As cameras have it: signed by themselves."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "camera")])
    now = dt.datetime.now(dt.UTC)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=1))
    pem = certificate.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    file = folder / "camera.pem"
    private = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, *private))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_camera_left_is_told_goodbye_and_says_nothing_more() -> None:
    one = Camera(packets())
    with running_poller() as poller, camera(one) as port:
        collector = UnitCollector()
        reception = RtspClient(f"rtsp://127.0.0.1:{port}/x", collector)
        poller.add(reception)
        collector.wait()
        poller.remove(reception)
        poller.remove(reception)
        deadline = time.monotonic() + 5
        while one.asked[-1] != "TEARDOWN" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert one.asked == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
        assert not collector.over.is_set()


def test_a_flood_does_not_starve_the_others() -> None:
    def flood(line: socket.socket) -> None:
        Camera.__call__(flooding, line)

    class Endless(list):
        def __iter__(self):
            while True:
                yield b"$\0\4\0" + rtp(b"\x41\x80" + bytes(1010), 0, 0)

    flooding = Camera(Endless())
    with running_poller() as poller, camera(flood) as wild, camera(Camera(packets())) as tame:
        watch(poller, f"rtsp://127.0.0.1:{wild}/x")
        began = time.monotonic()
        assert len(watch(poller, f"rtsp://127.0.0.1:{tame}/x", 50).wait()) == 50
        assert time.monotonic() - began < 3


def test_cameras_that_never_answer_cost_next_to_nothing() -> None:
    """Fifty that accept and say nothing: under 0.1 % of a core each."""
    with running_poller() as poller, camera(lambda line: line.recv(1 << 16) and line.recv(1)) as port:
        for _ in range(50):
            watch(poller, f"rtsp://127.0.0.1:{port}/x")
        time.sleep(0.5)
        before = resource.getrusage(resource.RUSAGE_SELF)
        time.sleep(3)
        after = resource.getrusage(resource.RUSAGE_SELF)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        assert used / 3 / 50 < 0.001
