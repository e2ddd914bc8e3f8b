"""A vision worker: `python -m gateway.vision.worker FD`, with a socket to the gateway as FD.

Few workers, many cameras each. It does what it is told on the socket, and ends when that ends:
addresses with passwords come over the socket, never as arguments. A crash in a codec costs
this process, which the pool starts again.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import cv2

from gateway.errors import LinkLost
from gateway.vision.camera_feeds import CameraFeed, make_feed
from gateway.vision.camera_recogniser import TimedFrame
from gateway.vision.camera_session import CameraSession
from gateway.vision.decode_threads import DecodeThreads
from gateway.vision.identities import Identities
from gateway.vision.ipc import IpcMessage, IpcParser
from gateway.vision.latest_frames import LatestFrames
from gateway.vision.recognition_thread import RecognitionThread
from gateway.vision.send_queue import SendQueue
from gateway.vision.sighting import StreamConfig
from gateway.vision.stream.polling.stall_detection import FrameCadence
from gateway.vision.stream.polling.stream_poller import StreamPoller
from gateway.vision.view.mux_threads import MuxThreads

NICENESS = 5
FAILED = 70
MAX_REMEMBERED_CADENCES = 1000
"""Addresses whose rhythm is remembered: more than any worker has cameras."""
_PR_SET_PDEATHSIG = 1


class Worker:
    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._frames: LatestFrames[TimedFrame] = LatestFrames()
        self._decode_threads = DecodeThreads()
        self._send_queue = SendQueue(lambda: self._frames.dropped + self._decode_threads.dropped)
        self._recognition = RecognitionThread(self._send_queue, self._frames)
        self._mux_threads = MuxThreads(self._send_queue)
        self._poller = StreamPoller()
        self._cameras: dict[int, tuple[CameraSession, CameraFeed]] = {}
        self._cadences: dict[str, FrameCadence] = {}

    def serve(self) -> None:
        """Until the gateway closes the socket, or is gone."""
        threading.Thread(target=self._write, name="outbox", daemon=True).start()
        self._recognition.start()
        self._mux_threads.start()
        self._decode_threads.start()
        self._poller.start()
        self._send_queue.say("ready")
        reader = IpcParser()
        with suppress(ConnectionError):
            while data := self._line.recv(1 << 16):
                for message in reader.feed(data):
                    self._do(message)

    def _write(self) -> None:
        try:
            self._send_queue.write_to(self._line)
        except OSError:
            os._exit(0)  # the gateway is gone, and nobody waits for anything here

    def _do(self, message: IpcMessage) -> None:
        header = message.header
        match header["do"]:
            case "watch":
                self._watch(header["watch"], StreamConfig.of(header["what"]))
            case "unwatch":
                self._unwatch(header["watch"])
            case "spend":
                self._decode_threads.spend(header["of_a_core"])
            case "know":
                self._recognition.know(Identities.of(header["known"], message.blob))
            case "picture":
                self._picture(header["watch"], header["ask"])
            case "show" | "record" | "hide" | "finish":
                self._view(header)
            case other:
                raise ValueError(f"the gateway asks for {other!r}: it is of another version")

    def _watch(self, number: int, watch: StreamConfig) -> None:
        eye = CameraSession(number, watch, self._send_queue, self._frames, self._decode_threads)
        self._recognition.add(number, watch, eye.fail)
        eye.open()
        try:
            feed = make_feed(watch, eye, self._poller, self._cadence(watch))
        except LinkLost as error:
            eye.lost(error)
            return
        self._cameras[number] = eye, feed
        eye.cut = feed.stop
        feed.start()

    def _cadence(self, watch: StreamConfig) -> FrameCadence:
        """Of its address, whose connections come and go."""
        cadence = self._cadences.pop(watch.source, None) or FrameCadence()
        self._cadences[watch.source] = cadence
        while len(self._cadences) > MAX_REMEMBERED_CADENCES:
            del self._cadences[next(iter(self._cadences))]
        cadence.patience = watch.max_gap_s
        return cadence

    def _unwatch(self, number: int) -> None:
        self._recognition.remove(number)
        if camera := self._cameras.pop(number, None):
            eye, feed = camera
            feed.stop()
            eye.close()

    def _eye(self, number: int) -> CameraSession | None:
        camera = self._cameras.get(number)
        return camera[0] if camera else None

    def _view(self, header: dict[str, Any]) -> None:
        view, eye = header["view"], self._eye(header.get("watch", 0))
        match header["do"]:
            case "hide":
                self._mux_threads.hide(view)
            case "finish":
                self._mux_threads.finish(view, Path(header["raw"]), Path(header["mp4"]))
            case _ if eye is None:
                self._send_queue.say("unshown", view=view, why="the camera is gone")
            case "show":
                self._mux_threads.show(view, eye.subscribers)
            case "record":
                self._mux_threads.record(view, eye.subscribers, Path(header["file"]), header["before"])

    def _picture(self, number: int, ask: int) -> None:
        if eye := self._eye(number):
            eye.look.ask(ask)
        else:
            self._send_queue.say("picture", ask=ask)


def _fail_loudly(args: threading.ExceptHookArgs) -> None:
    """What concerns one camera alone is caught with it; what comes here costs the process, which is started again."""
    threading.__excepthook__(args)
    os._exit(FAILED)


def main(fd: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the gateway ends us in order
    os.nice(NICENESS)
    cv2.setNumThreads(1)
    av.logging.set_level(av.logging.PANIC)
    threading.excepthook = _fail_loudly
    gc.freeze()  # modules stay: the collector need not go through them while packets wait
    with socket.socket(fileno=fd) as line:
        Worker(line).serve()
    os._exit(0)  # threads inside FFmpeg may take their ten seconds; the gateway does not wait for them


if __name__ == "__main__":
    main(int(sys.argv[1]))
