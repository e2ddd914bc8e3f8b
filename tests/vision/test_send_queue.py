"""A worker's bounded queue of outgoing messages."""

from __future__ import annotations

import socket
import threading

from gateway.vision.ipc import IpcParser
from gateway.vision.send_queue import SendQueue
from gateway.vision.sighting import Sighting


def sighting(number: int) -> Sighting:
    return Sighting("plate.read", float(number), {"number": number}, b"jpeg")


def written(send_queue: SendQueue, count: int) -> list[dict[str, object]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        threading.Thread(target=write, args=(send_queue, theirs), daemon=True).start()
        reader, got = IpcParser(), list[dict[str, object]]()
        while len(got) < count:
            got += [message.header for message in reader.feed(ours.recv(65536))]
        return got


def write(send_queue: SendQueue, line: socket.socket) -> None:
    try:
        send_queue.write_to(line)
    except OSError:
        return


def test_sightings_are_dropped_and_counted_when_nobody_reads() -> None:
    send_queue = SendQueue(lambda: 7, max_sightings=3)
    for number in range(5):
        send_queue.send_sighting(1, sighting(number))
    send_queue.send("lost", stream=1, why="gone")
    got = written(send_queue, 4)
    assert [header["event"] for header in got] == ["lost", "sighting", "sighting", "sighting"]
    assert [header["at"] for header in got[1:]] == [0.0, 1.0, 2.0]
    assert got[-1]["dropped"] == [2, 7, 0]


def test_a_pulse_waits_once() -> None:
    send_queue = SendQueue(lambda: 0)
    for _ in range(100):
        send_queue.send_alive(1)
    send_queue.send_alive(2)
    assert [header["stream"] for header in written(send_queue, 2)] == [1, 2]


def test_says_that_it_lives() -> None:
    assert written(SendQueue(lambda: 0), 1)[0]["event"] == "idle"


def test_live_pictures_go_last_and_are_dropped_up_to_a_keyframe() -> None:
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
