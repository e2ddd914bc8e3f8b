"""Debian's `motion` as a peer: clips played to it at the speed of life, each to a process of its own, all at once."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.watching import Found

PACKAGE = "motion"
GAP = 2.0
"""Seconds of quiet that end an event; its own default is a minute, which would hide what is asked here."""
_CONFIGURATION = """
daemon off
log_level 6
webcontrol_port 0
stream_port 0
picture_output off
movie_output off
width 640
height 360
framerate 25
event_gap {gap:.0f}
target_dir {folder}
netcam_url file://{clip}
"""


def installed() -> bool:
    return shutil.which("motion") is not None


@dataclass
class _Playing:
    process: subprocess.Popen[bytes]
    found: Found = field(default_factory=Found)
    began: float = 0.0
    since: float | None = None
    rest: bytes = b""

    def read(self, now: float) -> bool:
        """False at the end of what it says."""
        assert self.process.stdout is not None
        said = os.read(self.process.stdout.fileno(), 1 << 16)
        *lines, self.rest = (self.rest + said).split(b"\n")
        for line in lines:
            self._note(line.decode(errors="replace"), now)
        return bool(said)

    def _note(self, line: str, now: float) -> None:
        if "connected" in line and not self.began:
            self.began = now
        elif "starting event" in line:
            self.since = now - self.began
        elif "End of event" in line:
            self.over(now - self.began - GAP)

    def over(self, until: float) -> None:
        if self.since is not None:
            self.found.spans.append((self.since, max(until, self.since)))
            self.found.told.append(self.since)
            self.since = None


def watch(clips: Sequence[Path], seconds: float, folder: Path) -> list[Found]:
    """What it finds in each clip, its times those of the clip to about a tenth of a second."""
    playing = [_start(clip, number, folder) for number, clip in enumerate(clips)]
    with selectors.DefaultSelector() as selector:
        for each in playing:
            assert each.process.stdout is not None
            selector.register(each.process.stdout, selectors.EVENT_READ, each)
        until = time.monotonic() + seconds + 1.0
        while (left := until - time.monotonic()) > 0 and selector.get_map():
            for key, _ in selector.select(left):
                if not key.data.read(time.monotonic()):
                    selector.unregister(key.fileobj)
    return [_end(each, seconds) for each in playing]


def _start(clip: Path, number: int, folder: Path) -> _Playing:
    home = folder / f"motion-{number}"
    home.mkdir()
    link = home / "clip.mp4"  # its addresses take no blanks
    link.symlink_to(clip)
    (home / "motion.conf").write_text(_CONFIGURATION.format(gap=GAP, folder=home, clip=link))
    command = ["nice", "-n", "5", "motion", "-n", "-c", str(home / "motion.conf")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=home)
    return _Playing(process)


def _end(playing: _Playing, seconds: float) -> Found:
    """Its CPU time is the kernel's word."""
    playing.over(seconds)
    playing.process.send_signal(signal.SIGKILL)
    _, _, usage = os.wait4(playing.process.pid, 0)
    playing.process.returncode = 0
    if playing.process.stdout is not None:
        playing.process.stdout.close()
    playing.found.spans = [span for span in playing.found.spans if span[0] < seconds]
    playing.found.told = playing.found.told[: len(playing.found.spans)]
    playing.found.cpu = usage.ru_utime + usage.ru_stime
    return playing.found
