"""The bounded places between a camera's thread, the recognisers and the gateway."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from gateway.errors import LinkLost
from gateway.vision.camera_slot import SightingQueue
from gateway.vision.ipc import IpcParser
from gateway.vision.latest_frames import LatestFrames
from gateway.vision.send_queue import SendQueue
from gateway.vision.sighting import Sighting


def sighting(number: int) -> Sighting:
    return Sighting("plate.read", float(number), {"number": number}, b"jpeg")


class TestNewest:
    def test_the_newest_frame_wins_and_the_other_is_counted(self) -> None:
        frames: LatestFrames[str] = LatestFrames()
        frames.put(1, "old")
        frames.put(2, "other")
        frames.put(1, "new")
        assert frames.take(0) == (1, "new")
        assert frames.take(0) == (2, "other")
        assert frames.take(0) is None
        assert frames.dropped == 1

    def test_no_camera_waits_for_a_busier_one(self) -> None:
        frames: LatestFrames[str] = LatestFrames()
        frames.put(1, "busy")
        frames.put(2, "quiet")
        assert frames.take(0) == (1, "busy")
        frames.put(1, "busy again")
        assert frames.take(0) == (2, "quiet")

    def test_what_is_forgotten_is_not_taken(self) -> None:
        frames: LatestFrames[str] = LatestFrames()
        frames.put(1, "gone")
        frames.remove(1)
        frames.remove(7)
        assert frames.take(0) is None


class TestOutbox:
    def written(self, send_queue: SendQueue, count: int) -> list[dict[str, object]]:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            threading.Thread(target=self.write, args=(send_queue, theirs), daemon=True).start()
            reader, got = IpcParser(), list[dict[str, object]]()
            while len(got) < count:
                got += [message.header for message in reader.feed(ours.recv(65536))]
            return got

    @staticmethod
    def write(send_queue: SendQueue, line: socket.socket) -> None:
        try:
            send_queue.write_to(line)
        except OSError:
            return

    def test_sightings_are_dropped_and_counted_when_nobody_reads(self) -> None:
        send_queue = SendQueue(lambda: 7, max_sightings=3)
        for number in range(5):
            send_queue.send_sighting(1, sighting(number))
        send_queue.send("lost", stream=1, why="gone")
        got = self.written(send_queue, 4)
        assert [header["event"] for header in got] == ["lost", "sighting", "sighting", "sighting"]
        assert [header["at"] for header in got[1:]] == [0.0, 1.0, 2.0]
        assert got[-1]["dropped"] == [2, 7, 0]

    def test_a_pulse_waits_once(self) -> None:
        send_queue = SendQueue(lambda: 0)
        for _ in range(100):
            send_queue.send_alive(1)
        send_queue.send_alive(2)
        assert [header["stream"] for header in self.written(send_queue, 2)] == [1, 2]

    def test_says_that_it_lives(self) -> None:
        assert self.written(SendQueue(lambda: 0), 1)[0]["event"] == "idle"

    def test_live_pictures_go_last_and_are_dropped_up_to_a_keyframe(self) -> None:
        send_queue = SendQueue(lambda: 0, max_live_bytes=10)
        for key, blob in ((True, b"key 1"), (False, b"more"), (False, b"too much"), (False, b"x"), (True, b"key 2")):
            send_queue.send_segment(1, blob, key=key, init=None)
        assert send_queue.segments_dropped == 3
        send_queue.send_sighting(1, sighting(1))
        send_queue.send("ready")
        assert [send_queue._next().header["event"] for _ in range(4)] == ["ready", "sighting", "segment", "segment"]
        send_queue.send_segment(1, b"later", key=False, init=None)
        send_queue.send_segment(2, b"other", key=False, init=None)
        send_queue.send_segment(1, b"key 3", key=True, init=None)
        said = [send_queue._next().header for _ in range(2)]
        assert [(header["view"], header["key"]) for header in said] == [(2, False), (1, True)]


class TestSightings:
    async def test_a_slow_driver_gets_the_newest(self) -> None:
        dropped = []
        sightings = SightingQueue(lambda: dropped.append(1), max_pending=2)
        for number in range(4):
            sightings.put(sighting(number))
        assert [(await anext(sightings)).at, (await anext(sightings)).at] == [2.0, 3.0]
        assert len(dropped) == 2

    async def test_what_was_seen_before_the_end_is_told_before_it(self) -> None:
        sightings = SightingQueue(lambda: None)
        sightings.put(sighting(1))
        sightings.end(LinkLost("the worker is gone"))
        assert (await anext(sightings)).at == 1.0
        with pytest.raises(LinkLost, match="the worker is gone"):
            await anext(sightings)

    async def test_waits_for_the_next(self) -> None:
        sightings = SightingQueue(lambda: None)
        async with asyncio.timeout(2), asyncio.TaskGroup() as group:
            waiting = group.create_task(anext(sightings))
            await asyncio.sleep(0)
            sightings.put(sighting(5))
        assert waiting.result().at == 5.0
