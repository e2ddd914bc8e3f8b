"""Units into live parts and into files that every player opens; nothing is encoded anew."""

from __future__ import annotations

import io
import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import pytest

from gateway.errors import BadInput
from gateway.vision.view import muxer as muxers
from gateway.vision.view.faststart import write_faststart
from gateway.vision.view.mux_threads import MuxThreads
from gateway.vision.view.muxer import FileMuxer, LiveMuxer
from tests.vision.stream.coded import encoded, packed, received
from tests.vision.view.fake_camera import Camera, RecordedOutput, units


def nothing() -> None: ...


def pictures(file: Path | bytes) -> int:
    """How many can be decoded, without one complaint."""
    with av.open(str(file) if isinstance(file, Path) else io.BytesIO(file), "r") as container:
        return len(list(container.decode(video=0)))


@pytest.fixture
def camera() -> Camera:
    return Camera()


@pytest.fixture
def output() -> RecordedOutput:
    return RecordedOutput()


def wait_for(what: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


class TestLive:
    def test_it_begins_with_the_newest_keyframe_of_the_ring(self, camera: Camera, output: RecordedOutput) -> None:
        camera.film(90)
        muxer = LiveMuxer(1, nothing, output)
        camera.subscribers.subscribe(muxer)
        muxer.process()
        [(key, init, blob)] = output.parts
        assert key
        assert init is not None
        codec, width, height, size = init
        assert codec.startswith("avc1.42")
        assert (width, height) == (320, 192)
        assert blob[4:8] == b"ftyp"
        assert blob[size + 4 : size + 8] == b"moof"
        assert pictures(blob) == 14, "from the 75th on; the last goes out with the next"

    def test_each_keyframe_begins_a_part_and_brings_the_opening(self, camera: Camera, output: RecordedOutput) -> None:
        camera.film(30)
        muxer = LiveMuxer(1, nothing, output)
        camera.subscribers.subscribe(muxer)
        camera.film(46)
        muxer.process()
        assert [(key, init is not None) for key, init, _ in output.parts] == [(True, True), (True, True)]
        camera.film(10)
        muxer.process()
        assert [key for key, _, _ in output.parts] == [True, True, True]
        camera.film(10)
        muxer.process()
        key, init, blob = output.parts[-1]
        assert (key, init, blob[4:8]) == (False, None, b"moof")

    def test_much_since_a_keyframe_goes_out_in_pieces(
        self, camera: Camera, output: RecordedOutput, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(muxers, "MAX_SEGMENT_BYTES", 5_000)
        camera.film(49)
        muxer = LiveMuxer(1, nothing, output)
        camera.subscribers.subscribe(muxer)
        muxer.process()
        assert [key for key, _, _ in output.parts] == [True] + [False] * (len(output.parts) - 1)
        assert len(output.parts) > 2
        assert pictures(b"".join(blob for _, _, blob in output.parts)) == 23

    def test_one_who_does_not_work_loses_up_to_a_keyframe(
        self, camera: Camera, output: RecordedOutput, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(muxers, "MAX_PENDING_BYTES", 100_000)
        camera.film(25)
        muxer = LiveMuxer(1, nothing, output)
        camera.subscribers.subscribe(muxer)
        camera.film(100)
        assert muxer.dropped > 0
        muxer.process()
        output.parts.clear()
        camera.film(60)
        muxer.process()
        assert output.parts[0][0], "it goes on with a keyframe"

    def test_a_lost_stream_is_told(self, camera: Camera, output: RecordedOutput) -> None:
        camera.film(30)
        muxer = LiveMuxer(7, nothing, output)
        camera.subscribers.subscribe(muxer)
        camera.subscribers.end("the camera is gone")
        muxer.process()
        assert muxer.is_finished
        assert output.last("view_failed") == {"view": 7, "why": "the camera is gone", "code": ""}

    def test_who_joins_a_lost_stream_is_told_at_once(self, camera: Camera, output: RecordedOutput) -> None:
        camera.subscribers.end("gone")
        muxer = LiveMuxer(7, nothing, output)
        camera.subscribers.subscribe(muxer)
        muxer.process()
        assert output.last("view_failed") == {"view": 7, "why": "gone", "code": ""}

    def test_what_no_browser_could_play_is_told_as_that(self, camera: Camera, output: RecordedOutput) -> None:
        camera.subscribers.end("coded as mjpeg", "codec")
        muxer = LiveMuxer(7, nothing, output)
        camera.subscribers.subscribe(muxer)
        muxer.process()
        assert output.last("view_failed") == {"view": 7, "why": "coded as mjpeg", "code": "codec"}


class TestFile:
    @pytest.mark.parametrize("codec", ["h264", "hevc"])
    def test_from_before_to_after(self, codec: str, output: RecordedOutput, tmp_path: Path) -> None:
        camera = Camera(codec)
        camera.film(300)
        raw, mp4 = tmp_path / "raw", tmp_path / "clip.mp4"
        muxer = FileMuxer(1, nothing, output, raw)
        camera.subscribers.subscribe(muxer, 4.0)
        camera.film(50)
        muxer.process()
        camera.subscribers.unsubscribe(muxer)
        muxer.end("enough")
        muxer.process()
        said = output.last("recorded")
        assert said is not None
        assert camera.now - 7.0 <= said["began"] <= camera.now - 6.0, "at the keyframe at or before"
        assert said["ended"] == pytest.approx(camera.now, abs=0.05)
        seconds = write_faststart(raw, mp4)
        assert seconds == pytest.approx(said["ended"] - said["began"], abs=0.1)
        assert pictures(mp4) == round(seconds * 25)
        assert oct(raw.stat().st_mode & 0o777) == "0o600"

    def test_the_packets_are_the_cameras_own(self, camera: Camera, output: RecordedOutput, tmp_path: Path) -> None:
        muxer = FileMuxer(1, nothing, output, tmp_path / "raw")
        camera.subscribers.subscribe(muxer)
        camera.film(51)
        muxer.end("enough")
        muxer.process()
        write_faststart(tmp_path / "raw", tmp_path / "clip.mp4")
        slices = [nal for unit in encoded(count=400)[:50] for nal in unit if nal[0] & 31 in {1, 5}]
        with av.open(str(tmp_path / "clip.mp4")) as container:
            kept = b"".join(bytes(packet) for packet in container.demux(video=0))
        assert all(nal in kept for nal in slices)

    @pytest.mark.parametrize("codec", ["h264", "hevc"])
    def test_a_picture_of_which_nothing_came_costs_itself_alone(
        self, codec: str, output: RecordedOutput, tmp_path: Path
    ) -> None:
        """Over UDP; FFmpeg reads no further in a file than to a sample without bytes."""
        whole = units(75, codec)
        emptied = replace(whole[60], packets=whole[60].packets[:0], lost=2)
        muxer = FileMuxer(1, nothing, output, tmp_path / "raw")
        for unit in (*whole[:60], emptied, *whole[61:]):
            muxer.put(unit, 1000.0 + unit.time_s)
        muxer.end("enough")
        muxer.process()
        assert write_faststart(tmp_path / "raw", tmp_path / "clip.mp4") == pytest.approx(2.96)
        with av.open(str(tmp_path / "clip.mp4")) as container:
            assert len([packet for packet in container.demux(video=0) if packet.size]) == 73

    @pytest.mark.parametrize("codec", ["h264", "hevc"])
    def test_a_camera_that_is_set_to_another_size_meanwhile(
        self, codec: str, output: RecordedOutput, tmp_path: Path
    ) -> None:
        small, large = encoded(codec, 50), encoded(codec, 26, size=(640, 352))
        muxer = FileMuxer(1, nothing, output, tmp_path / "raw")
        for unit in received(codec, packed(codec, [*small, *large])):
            muxer.put(unit, 1000.0 + unit.time_s)
        muxer.end("enough")
        muxer.process()
        write_faststart(tmp_path / "raw", tmp_path / "clip.mp4")
        with av.open(str(tmp_path / "clip.mp4")) as container:
            sizes = [(frame.width, frame.height) for frame in container.decode(video=0)]
        assert sizes == [(320, 192)] * 50 + [(640, 352)] * 25

    @pytest.mark.needs("ffprobe", "ffmpeg")
    def test_ffprobe_has_nothing_to_complain_of(self, camera: Camera, output: RecordedOutput, tmp_path: Path) -> None:
        muxer = FileMuxer(1, nothing, output, tmp_path / "raw")
        camera.subscribers.subscribe(muxer)
        camera.film(101)
        muxer.end("enough")
        muxer.process()
        mp4 = tmp_path / "clip.mp4"
        write_faststart(tmp_path / "raw", mp4)
        command = [
            "ffprobe",
            "-v",
            "warning",
            "-of",
            "json",
            "-show_format",
            "-show_streams",
            "-count_frames",
            str(mp4),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
        assert done.stderr == ""
        said = json.loads(done.stdout)
        assert said["streams"][0]["nb_read_frames"] == "100"
        assert float(said["format"]["duration"]) == pytest.approx(4.0, abs=0.05)
        index, media = mp4.read_bytes().find(b"moov"), mp4.read_bytes().find(b"mdat")
        assert 0 < index < media, "the index stands in front, so that a player can begin at once"

    def test_what_was_cut_off_by_a_power_cut_is_saved(
        self, camera: Camera, output: RecordedOutput, tmp_path: Path
    ) -> None:
        muxer = FileMuxer(1, nothing, output, tmp_path / "raw")
        camera.subscribers.subscribe(muxer)
        camera.film(101)
        muxer.process()
        whole = (tmp_path / "raw").read_bytes()
        (tmp_path / "raw").write_bytes(whole[: len(whole) * 2 // 3])
        assert 1.0 < write_faststart(tmp_path / "raw", tmp_path / "clip.mp4") < 4.0
        assert pictures(tmp_path / "clip.mp4") > 25

    @pytest.mark.parametrize("content", [b"", b"garbage" * 1000])
    def test_what_holds_no_picture_is_refused(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "raw").write_bytes(content)
        with pytest.raises(BadInput, match="raw"):
            write_faststart(tmp_path / "raw", tmp_path / "clip.mp4")

    def test_a_recording_without_a_keyframe_comes_to_nothing(self, output: RecordedOutput, tmp_path: Path) -> None:
        muxer = FileMuxer(3, nothing, output, tmp_path / "raw")
        Camera().subscribers.subscribe(muxer, 10.0)
        muxer.end("enough")
        muxer.process()
        assert output.last("view_failed") == {"view": 3, "why": "no keyframe came while it was recorded"}


class TestMuxThreads:
    @pytest.fixture
    def mux_threads(self, output: RecordedOutput) -> MuxThreads:
        mux_threads = MuxThreads(output)
        mux_threads.start()
        return mux_threads  # its threads are daemons, as the worker's are

    def test_shown_recorded_and_hidden(
        self, mux_threads: MuxThreads, camera: Camera, output: RecordedOutput, tmp_path: Path
    ) -> None:
        camera.film(60)
        mux_threads.view(1, camera.subscribers)
        mux_threads.record(2, camera.subscribers, tmp_path / "raw", 10.0)
        wait_for(lambda: output.parts)
        recording = output.last("recording")
        assert recording is not None
        assert recording["value"] == pytest.approx(camera.now - 59 / 25)
        camera.film(40)
        mux_threads.stop(2)
        wait_for(lambda: output.last("recorded"))
        mux_threads.finish(9, tmp_path / "raw", tmp_path / "clip.mp4")
        wait_for(lambda: output.last("finished"))
        assert output.last("finished") == {"view": 9, "value": pytest.approx(3.96)}
        mux_threads.stop(1)
        wait_for(lambda: output.last("view_failed"))
        parts = len(output.parts)
        camera.film(40)
        time.sleep(0.3)
        assert len(output.parts) == parts

    def test_a_file_that_can_not_be_made_is_told(
        self, mux_threads: MuxThreads, camera: Camera, output: RecordedOutput
    ) -> None:
        mux_threads.record(2, camera.subscribers, Path("/nowhere/raw"), 10.0)
        said = output.last("view_failed")
        assert said is not None
        assert "/nowhere/raw" in said["why"]

    def test_a_disk_that_fills_ends_the_recording_alone(
        self, mux_threads: MuxThreads, camera: Camera, output: RecordedOutput
    ) -> None:
        camera.film(60)
        mux_threads.view(1, camera.subscribers)
        mux_threads.record(2, camera.subscribers, Path("/dev/full"), 10.0)
        wait_for(lambda: output.last("view_failed"))
        said = output.last("view_failed")
        assert said is not None
        assert said["view"] == 2
        before = len(output.parts)
        camera.film(30)
        wait_for(lambda: len(output.parts) > before)
