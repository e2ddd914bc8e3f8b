"""The simulator's RTSP server, as ffmpeg, PyAV and a bare socket see it."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
from contextlib import asynccontextmanager, suppress

import av
import pytest

from gateway.simulator.rtp import MTU, RtpClip, pack_interleaved, split_nals
from gateway.simulator.rtsp import MAX_UNSENT_BYTES, Mount, RtspServer

QUICKLY = "-analyzeduration 100000 -rtsp_transport tcp"


@asynccontextmanager
async def serving(mounts: dict[str, Mount], **more):
    server = RtspServer(mounts, **more)
    async with server.listen() as port:
        yield server, port


async def run(*command: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.needs("ffprobe", "ffmpeg")
async def test_ffprobe_reads_it(make_clip) -> None:
    async with serving({"gate": Mount(make_clip("gate-still"))}) as (_, port):
        code, out, err = await run(
            *"ffprobe -v error -analyzeduration 1000000 -rtsp_transport tcp -show_streams -of json".split(),
            f"rtsp://127.0.0.1:{port}/gate",
        )
    assert (code, err) == (0, "")
    (stream,) = json.loads(out)["streams"]
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("h264", 1280, 720)
    assert stream["has_b_frames"] == 0
    assert stream["avg_frame_rate"] == "10/1"


@pytest.mark.needs("ffmpeg", "ffmpeg")
async def test_ffmpeg_decodes_across_the_loop_and_a_change_of_clip(make_clip) -> None:
    mount = Mount(make_clip("gate-still"))
    async with serving({"gate": mount}) as (_, port):
        url = f"rtsp://127.0.0.1:{port}/gate"
        decoding = asyncio.ensure_future(
            run(*f"ffmpeg -v warning {QUICKLY} -i {url} -frames:v 70 -f null -progress - -".split())
        )
        await asyncio.wait_for(mount.has_viewer.wait(), 10)
        mount.play(make_clip("gate-resident"))
        code, out, err = await decoding
    assert (code, err) == (0, "")
    assert "frame=70" in out


@pytest.mark.needs("ffmpeg", "ffmpeg")
async def test_digest_lets_in_who_knows_and_nobody_else(make_clip) -> None:
    mounts = {"gate": Mount(make_clip("extra-still"))}
    async with serving(mounts, users={"anju": "p w:d"}) as (_, port):
        command = f"ffprobe -v error {QUICKLY} -show_entries stream=codec_name -of csv=p=0".split()
        code, out, _ = await run(*command, f"rtsp://anju:p%20w%3Ad@127.0.0.1:{port}/gate")
        assert (code, out.strip()) == (0, "h264")
        for who in ("", "anju:wrong@", "other:p%20w%3Ad@"):
            code, _, err = await run(*command, f"rtsp://{who}127.0.0.1:{port}/gate")
            assert code != 0
            assert "401" in err


async def test_pyav_starts_at_a_keyframe(make_clip) -> None:
    async with serving({"gate": Mount(make_clip("gate-still"))}) as (_, port):

        def read() -> list[tuple[bool, int]]:
            with av.open(
                f"rtsp://127.0.0.1:{port}/gate",
                options={"rtsp_transport": "tcp", "analyzeduration": "100000"},
                timeout=10,
            ) as stream:
                packets = stream.demux(video=0)
                return [(packet.is_keyframe, packet.size) for packet, _ in zip(packets, range(25), strict=False)]

        packets = await asyncio.to_thread(read)
    assert [index for index, (is_key, _) in enumerate(packets) if is_key] == [0, 20]


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str) -> None:
        self.reader, self.writer, self.url, self.sequence = reader, writer, url, 0

    async def ask(self, method: str, headers: str = "", url: str | None = None) -> tuple[str, dict[str, str], bytes]:
        self.sequence += 1
        self.writer.write(f"{method} {url or self.url} RTSP/1.0\r\nCSeq: {self.sequence}\r\n{headers}\r\n".encode())
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)).decode().split("\r\n")
        said = dict(line.split(": ", 1) for line in head[1:] if line)
        assert said["CSeq"] == str(self.sequence)
        return head[0], said, await self.reader.readexactly(int(said.get("Content-Length", 0)))


@asynccontextmanager
async def client(port: int, name: str = "gate"):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Client(reader, writer, f"rtsp://127.0.0.1:{port}/{name}")
    finally:
        writer.close()


async def test_a_conversation_by_hand(make_clip) -> None:
    still = make_clip("extra-still")
    async with serving({"gate": Mount(still)}) as (server, port), client(port) as camera:
        assert (await camera.ask("OPTIONS"))[1]["Public"].startswith("OPTIONS, DESCRIBE")
        status, said, sdp = await camera.ask("DESCRIBE", "Accept: application/sdp\r\n")
        assert (status, said["Content-Type"]) == ("RTSP/1.0 200 OK", "application/sdp")
        assert b"packetization-mode=1" in sdp
        udp = "Transport: RTP/AVP;unicast;client_port=4000-4001\r\n"
        assert (await camera.ask("SETUP", udp))[0] == "RTSP/1.0 461 Unsupported Transport"
        tcp = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        session = (await camera.ask("SETUP", tcp, camera.url + "/track1"))[1]["Session"]
        assert session.endswith(";timeout=60")
        assert (await camera.ask("GET_PARAMETER"))[0] == "RTSP/1.0 200 OK"
        assert (await camera.ask("RECORD"))[0] == "RTSP/1.0 501 Not Implemented"
        assert (await camera.ask("PLAY"))[0] == "RTSP/1.0 200 OK"
        assert len(server.mounts["gate"].viewers) == 1
        dollar, channel, *size = await asyncio.wait_for(camera.reader.readexactly(4), 5)
        packet = await camera.reader.readexactly(int.from_bytes(bytes(size)))
        assert (dollar, channel, packet[0], packet[1] & 0x7F) == (0x24, 0, 0x80, 96)
        assert packet[12:] == still.sps
        camera.writer.write(b"$\x01\x00\x04RTCP" + f"TEARDOWN {camera.url} RTSP/1.0\r\nCSeq: 9\r\n\r\n".encode())
        rest = await asyncio.wait_for(camera.reader.read(), 5)
        assert b"RTSP/1.0 200 OK\r\nCSeq: 9" in rest
        assert not server.mounts["gate"].viewers


async def test_unknown_mount_and_endless_requests(make_clip) -> None:
    async with serving({"gate": Mount(make_clip("extra-still"))}) as (_, port):
        async with client(port, "nope") as camera:
            assert (await camera.ask("DESCRIBE"))[0] == "RTSP/1.0 404 Not Found"
        async with client(port) as camera:
            camera.writer.write(b"x" * 20_000)
            with suppress(ConnectionResetError):
                assert await asyncio.wait_for(camera.reader.read(), 5) == b""


async def test_digest_by_hand_follows_the_rfc(make_clip) -> None:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    mounts = {"gate": Mount(make_clip("extra-still"))}
    async with serving(mounts, users={"u": "p"}) as (_, port), client(port) as camera:
        status, said, _ = await camera.ask("DESCRIBE")
        assert status == "RTSP/1.0 401 Unauthorized"
        realm, nonce = re.findall(r'"([^"]+)"', said["WWW-Authenticate"])
        answer = md5(f"{md5(f'u:{realm}:p')}:{nonce}:{md5(f'DESCRIBE:{camera.url}')}")
        proof = f'Digest username="u", realm="{realm}", nonce="{nonce}", uri="{camera.url}", response="{{}}"\r\n'
        assert (await camera.ask("DESCRIBE", "Authorization: " + proof.format("0" * 32)))[0].endswith("Unauthorized")
        assert (await camera.ask("DESCRIBE", "Authorization: " + proof.format(answer)))[0] == "RTSP/1.0 200 OK"


class Sluggish:
    """A transport whose peer does not read."""

    def __init__(self) -> None:
        self.waiting = 0
        self.written: list[bytes] = []

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def write(self, data: bytes) -> None:
        self.written.append(data)


def test_a_slow_client_skips_to_the_next_keyframe() -> None:
    from gateway.simulator.rtsp import RtspConnection

    viewer, transport = RtspConnection(RtspServer({})), Sluggish()
    viewer._transport = transport  # type: ignore[assignment]
    for waiting, name, is_key in (
        (0, b"late", False), (0, b"key", True), (0, b"b", False),
        (MAX_UNSENT_BYTES + 1, b"dropped", False), (0, b"torn", False), (0, b"key2", True),
    ):  # fmt: skip
        transport.waiting = waiting
        viewer.send(name, is_key=is_key)
    assert transport.written == [b"key", b"b", b"key2"]


def test_payloads_put_together_are_the_stream_again(make_clip, clip_cache) -> None:
    clip = make_clip("gate-watchlisted")
    (file,) = clip_cache.glob("gate-watchlisted-*.h264")
    stream = file.read_bytes()
    rebuilt: list[bytes] = []
    for picture in clip.pictures:
        for payload in picture.payloads:
            assert len(payload) <= MTU
            if payload[0] & 31 != 28:
                rebuilt.append(payload)
            elif payload[1] & 0x80:
                rebuilt.append(bytes((payload[0] & 0xE0 | payload[1] & 31,)) + payload[2:])
            else:
                rebuilt[-1] += payload[2:]
    assert rebuilt == [nal for nal in split_nals(stream) if nal[0] & 31 != 9]
    assert [index for index, picture in enumerate(clip.pictures) if picture.is_key] == [0, 20, 40, 60, 80]
    assert clip.sps == make_clip("gate-still").sps, "a mount changes clips without a new description"


def test_numbers_of_packets_wrap_and_the_marker_is_last(make_clip) -> None:
    picture = make_clip("gate-still").pictures[0]
    stream = io.BytesIO(pack_interleaved(picture, 0xFFFF, 7, 0xABCD))
    packets = []
    while head := stream.read(4):
        packets.append(stream.read(int.from_bytes(head[2:])))
    assert [int.from_bytes(packet[2:4]) for packet in packets[:3]] == [0xFFFF, 0, 1]
    assert [packet[1] >> 7 for packet in packets] == [0] * (len(packets) - 1) + [1]
    assert {packet[4:12] for packet in packets} == {(7).to_bytes(4) + (0xABCD).to_bytes(4)}


def test_a_stream_without_delimiters_is_refused() -> None:
    with pytest.raises(ValueError, match="delimiter"):
        RtpClip.of(b"\x00\x00\x00\x01\x67\x01", 10)
    with pytest.raises(ValueError, match="no SPS and PPS"):
        RtpClip.of(b"\x00\x00\x00\x01\x09\x10\x00\x00\x01\x65\x01", 10)


async def test_mounts_of_two_rates_are_refused(make_clip) -> None:
    clip = make_clip("extra-still")
    slow = RtpClip(5, clip.pictures, clip.sps, clip.pps)
    with pytest.raises(ExceptionGroup) as refused:
        async with serving({"a": Mount(clip), "b": Mount(slow)}):
            await asyncio.sleep(1)
    assert "need one rate" in str(refused.value.exceptions[0])
