"""`python -m tests.bench.codes`: passes' QR codes in a gate camera's picture, ours beside OpenCV's detector.

The codes are rendered and then warped, blurred, shaded and made noisy as a phone at a gate would be, and go through
H.264 at a camera's bit rate before they are read: synthetic, since no recordings of phones at gates can be had here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path
from statistics import median

import av
import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from gateway.vision.recognise.codes import read_codes
from tests.bench.machine import machine
from tests.vision.code_pictures import TEXT, Look, Picture, code_picture, gray

SIDES = (70, 100, 130, 180, 260)
LOOKS = (
    ("straight", [Look(0), Look(0, turn=3), Look(0, turn=-6)]),
    ("turned", [Look(0, turn=angle) for angle in (20, 45, 100, 170)]),
    ("tilted", [Look(0, tilt=tilt, turn=5) for tilt in (0.2, 0.35, 0.5)]),
    ("blurred", [Look(0, blur=blur) for blur in (0.8, 1.2, 1.6)]),
    ("shaded", [Look(0, shade=shade, noise=6) for shade in (0.5, 0.7, 0.85)]),
    ("noisy", [Look(0, noise=noise) for noise in (10, 20, 30)]),
    ("all at once", [Look(0, 12, 0.25, 1.0, 0.6, 8), Look(0, -25, 0.3, 0.8, 0.5, 12)]),
)
SIZE = (1280, 720)
BIT_RATE = 2_000_000
SEEDS = (1, 2, 3)
Reader = Callable[[Picture], str]


def main() -> None:
    console = Console(width=None if Console().is_terminal else 110)
    cv2.setNumThreads(1)
    opencv = cv2.QRCodeDetector()
    readers: dict[str, Reader] = {
        "ours (zxing-cpp)": lambda picture: next((code.text for code in read_codes(picture)), ""),
        "OpenCV": lambda picture: _opencv(opencv, picture),
    }
    times: dict[str, list[float]] = {name: [] for name in readers}
    table = Table("seen as", *(f"{side} px" for side in SIDES), title="read right, ours / OpenCV, in %")
    for name, looks in LOOKS:
        table.add_row(name, *(_cell(looks, side, readers, times) for side in SIDES))
    console.print(table)
    for name, taken in times.items():
        console.print(f"{name}: {median(taken):.1f} ms a picture of {SIZE[0]}×{SIZE[1]}, at most {max(taken):.1f}")
    console.print(machine(Path.cwd()))


def _opencv(detector: cv2.QRCodeDetector, picture: Picture) -> str:
    try:
        return detector.detectAndDecode(picture)[0]
    except cv2.error:  # of some pictures without a code
        return ""


def _cell(looks: Sequence[Look], side: int, readers: dict[str, Reader], times: dict[str, list[float]]) -> str:
    right = dict.fromkeys(readers, 0)
    pictures = list(_seen([_sized(look, side) for look in looks]))
    for picture in pictures:
        for name, read in readers.items():
            began = time.thread_time()
            right[name] += read(picture) == TEXT
            times[name].append((time.thread_time() - began) * 1000)
    return " / ".join(f"{100 * count / len(pictures):.0f}" for count in right.values())


def _sized(look: Look, side: int) -> Look:
    return Look(side, look.turn, look.tilt, look.blur, look.shade, look.noise)


def _seen(looks: Sequence[Look]) -> Iterator[Picture]:
    """Each look as a camera's H.264 shows it: the last of some pictures, when the rate has settled."""
    for look, seed in product(looks, SEEDS):
        picture = code_picture(TEXT, look, SIZE, seed)
        encoder = av.CodecContext.create("libx264", "w")
        assert isinstance(encoder, av.VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = *SIZE, "yuv420p"
        encoder.time_base, encoder.framerate, encoder.bit_rate = Fraction(1, 25), Fraction(25), BIT_RATE
        encoder.options = {"preset": "superfast", "tune": "zerolatency"}
        decoder = av.CodecContext.create("h264", "r")
        frames = [av.VideoFrame.from_ndarray(picture, format="bgr24") for _ in range(5)]
        packets = [packet for frame in frames for packet in encoder.encode(frame)] + encoder.encode(None)
        shown = [frame for packet in packets for frame in decoder.decode(packet)]
        yield gray(np.asarray(shown[-1].to_ndarray(format="bgr24"), np.uint8))


if __name__ == "__main__":
    main()
