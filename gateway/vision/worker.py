"""A vision worker: `python -m gateway.vision.worker FD`, with a socket to the gateway as FD.

Few workers serve many cameras each. A worker handles the requests on the socket and exits when that closes. Addresses
with passwords come over the socket, never as arguments, which other users of the machine could read. A crash in a
codec ends this process alone; the pool starts it again.
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
from gateway.vision.stream.polling.stall_detection import FrameCadence
from gateway.vision.stream.polling.stream_poller import StreamPoller
from gateway.vision.stream_config import StreamConfig
from gateway.vision.view.mux_threads import MuxThreads

NICENESS = 5
FAILURE_EXIT_CODE = 70
MAX_CADENCES = 1000
"""Addresses whose cadence is remembered: more than any worker has cameras."""
_PR_SET_PDEATHSIG = 1


class Worker:
    """Handles requests in the main thread; all work happens in the threads that it starts."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._frames: LatestFrames[TimedFrame] = LatestFrames()
        self._decode_threads = DecodeThreads()
        self._send_queue = SendQueue(lambda: self._frames.dropped + self._decode_threads.dropped)
        self._recognition = RecognitionThread(self._send_queue, self._frames)
        self._mux_threads = MuxThreads(self._send_queue)
        self._poller = StreamPoller()
        self._cameras: dict[int, tuple[CameraSession, CameraFeed]] = {}
        self._cadences: dict[str, FrameCadence] = {}

    def serve(self) -> None:
        """Returns when the gateway closes the socket, or is gone."""
        threading.Thread(target=self._write, name="send-queue", daemon=True).start()
        self._recognition.start()
        self._mux_threads.start()
        self._decode_threads.start()
        self._poller.start()
        self._send_queue.send("ready")
        parser = IpcParser()
        with suppress(ConnectionError):
            while data := self._connection.recv(1 << 16):
                for message in parser.feed(data):
                    self._handle(message)

    def _write(self) -> None:
        try:
            self._send_queue.write_to(self._connection)
        except OSError:
            os._exit(0)  # the gateway is gone: nothing is left to finish

    def _handle(self, message: IpcMessage) -> None:
        header = message.header
        match header["request"]:
            case "add_stream":
                self._add_stream(header["stream"], StreamConfig.from_message(header["config"]))
            case "remove_stream":
                self._remove_stream(header["stream"])
            case "set_keyframe_check_share":
                self._decode_threads.set_keyframe_check_share(header["of_a_core"])
            case "set_identities":
                self._recognition.set_identities(Identities.from_message(header["identities"], message.blob))
            case "jpeg":
                self._send_jpeg(header["stream"], header["id"])
            case "view" | "record" | "stop_view" | "finish":
                self._handle_view(header)
            case other:
                raise ValueError(f"the gateway asks for {other!r}: it is of another version")

    def _add_stream(self, number: int, config: StreamConfig) -> None:
        session = CameraSession(number, config, self._send_queue, self._frames, self._decode_threads)
        self._recognition.add(number, config, session.fail)
        session.open()  # before the feed, whose thread may bring units at once
        try:
            feed = make_feed(config, session, self._poller, self._cadence(config))
        except LinkLost as error:
            session.stream_lost(error)
            return
        self._cameras[number] = session, feed
        session.stop_feed = feed.stop
        feed.start()

    def _cadence(self, config: StreamConfig) -> FrameCadence:
        """That of the address, which outlives its connections. The least recently used ones are forgotten."""
        cadence = self._cadences.pop(config.source, None) or FrameCadence()
        self._cadences[config.source] = cadence
        while len(self._cadences) > MAX_CADENCES:
            del self._cadences[next(iter(self._cadences))]
        cadence.max_gap = config.max_gap_s
        return cadence

    def _remove_stream(self, number: int) -> None:
        self._recognition.remove(number)
        if camera := self._cameras.pop(number, None):
            session, feed = camera
            feed.stop()
            session.close()

    def _session(self, number: int) -> CameraSession | None:
        camera = self._cameras.get(number)
        return camera[0] if camera else None

    def _handle_view(self, header: dict[str, Any]) -> None:
        view, session = header["view"], self._session(header.get("stream", 0))
        match header["request"]:
            case "stop_view":
                self._mux_threads.stop(view)
            case "finish":
                self._mux_threads.finish(view, Path(header["raw"]), Path(header["mp4"]))
            # The stream may have been removed while the request was under way.
            case _ if session is None:
                self._send_queue.send("view_failed", view=view, why="the camera is gone")
            case "view":
                self._mux_threads.view(view, session.subscribers)
            case "record":
                self._mux_threads.record(view, session.subscribers, Path(header["file"]), header["before"])

    def _send_jpeg(self, number: int, request: int) -> None:
        if session := self._session(number):
            session.analysis.request_jpeg(request)
        else:
            self._send_queue.send("jpeg", id=request)


def _exit_on_error(args: threading.ExceptHookArgs) -> None:
    """Errors of one camera are caught with it. Any other ends the process, which the gateway starts again."""
    threading.__excepthook__(args)
    os._exit(FAILURE_EXIT_CODE)


def main(fd: int) -> None:
    """Serve the gateway on this socket, then exit the process."""
    # Without this a worker would live on when the gateway is killed, and hold its cameras' connections.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the gateway ends us in order
    os.nice(NICENESS)
    # One thread a decoder and a filter: many cameras share few cores.
    cv2.setNumThreads(1)
    av.logging.set_level(av.logging.PANIC)
    threading.excepthook = _exit_on_error
    gc.freeze()  # modules stay: the collector need not go through them while packets wait
    with socket.socket(fileno=fd) as connection:
        Worker(connection).serve()
    os._exit(0)  # threads inside FFmpeg may take ten seconds to end; the gateway does not wait for them


if __name__ == "__main__":
    main(int(sys.argv[1]))
