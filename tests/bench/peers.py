"""The same live streams watched as others do it: every frame decoded, a thread or a process' thread for each camera.

`opencv` is a thread a camera over PyAV with OpenCV's MOG2 behind it, `motion` is Debian's. A few cameras are
measured, still ones and busy ones apart, and what many of them would take is reckoned from that.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import cv2

from tests.bench import debian_motion
from tests.bench.process import cpu, resident

CAMERAS = 4
WARM_UP, SECONDS = 10.0, 20.0
PEERS = {"opencv": "every frame, OpenCV MOG2, a thread a camera", "motion": "every frame, Debian's motion"}
_CONFIGURATION = """
daemon off
setup_mode off
log_level 4
webcontrol_port 0
stream_port 0
picture_output off
movie_output off
target_dir {folder}
{cameras}
"""
_CAMERA = "camera_id {number}\nwidth 640\nheight 360\nframerate 25\nnetcam_url {url}\n"


@dataclass(frozen=True, slots=True)
class Peer:
    """`core` and `megabytes` are those of one camera, beyond what the process takes without any."""

    name: str
    still: float
    busy: float
    megabytes: float

    def core(self, cameras: int, busy: int) -> float:
        """Of so many cameras, so many of them busy: reckoned."""
        return (cameras - busy) * self.still + busy * self.busy


def installed() -> list[str]:
    return [name for name in PEERS if name != "motion" or debian_motion.installed()]


def peer(name: str, port: int, busy: int) -> Peer:
    """Of a server whose first `busy` cameras are busy."""
    still, megabytes = _cost(name, port, range(busy, busy + CAMERAS))
    moving, _ = _cost(name, port, range(CAMERAS))
    return Peer(name, still, moving, megabytes)


def _cost(name: str, port: int, numbers: range) -> tuple[float, float]:
    urls = [f"rtsp://127.0.0.1:{port}/cam{number}" for number in numbers]
    with _alone(name, []) as pid:
        time.sleep(2)
        base = resident(pid)
    with _alone(name, urls) as pid:
        time.sleep(WARM_UP)
        used, began = cpu(pid), time.monotonic()
        time.sleep(SECONDS)
        core = (cpu(pid) - used) / (time.monotonic() - began)
        return core / len(urls), (resident(pid) - base) / len(urls)


@contextmanager
def _alone(name: str, urls: list[str]) -> Iterator[int]:
    """A process of its own that watches them."""
    with tempfile.TemporaryDirectory(prefix="anju-bench-") as folder:
        command = _motion(Path(folder), urls) if name == "motion" else _opencv(urls)
        silent = subprocess.DEVNULL
        process = subprocess.Popen(["nice", "-n", "5", *command], stdin=subprocess.PIPE, stdout=silent, stderr=silent)
        try:
            yield process.pid
        finally:
            process.kill()
            process.wait()


def _opencv(urls: list[str]) -> list[str]:
    return [sys.executable, "-m", "tests.bench.peers", *urls]


def _motion(folder: Path, urls: list[str]) -> list[str]:
    lines = []
    for number, url in enumerate(urls, 1):
        file = folder / f"camera{number}.conf"
        file.write_text(_CAMERA.format(number=number, url=url))
        lines.append(f"camera {file}")
    (folder / "motion.conf").write_text(_CONFIGURATION.format(folder=folder, cameras="\n".join(lines)))
    return ["motion", "-n", "-c", str(folder / "motion.conf")]


def watch(url: str) -> None:
    """One camera, for ever."""
    model = cv2.createBackgroundSubtractorMOG2(detectShadows=True)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    with av.open(url, options={"rtsp_transport": "tcp"}) as container:
        container.streams.video[0].thread_type = "NONE"
        for frame in container.decode(video=0):
            _, mask = cv2.threshold(model.apply(frame.to_ndarray(format="bgr24")), 200, 255, cv2.THRESH_BINARY)
            opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel)
            cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)


def main() -> None:
    cv2.setNumThreads(1)
    for url in sys.argv[1:]:
        threading.Thread(target=watch, args=(url,), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
