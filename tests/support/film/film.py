"""Films whose truth is known: a scene, who appears in it and when, the weather, and how it is encoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

from tests.support.film.actors import Actor, Car, Walker
from tests.support.film.scenes import HEIGHT, HORIZON, WIDTH, Picture
from tests.support.film.weather import Weather

RATE = 25


@dataclass(frozen=True)
class Coding:
    """How a camera encodes: seconds between keyframes, quality or bits a second, B frames or none."""

    group: float = 2.0
    crf: int = 24
    kbits: int | None = None
    b_frames: int = 0
    refresh: bool = False
    """Gradual refresh with recovery points, and no keyframe after the first."""

    def options(self, rate: int) -> dict[str, str]:
        group = str(round(self.group * rate))
        quality = {"crf": str(self.crf)}
        if self.kbits:
            quality = {"b": f"{self.kbits}k", "maxrate": f"{self.kbits}k", "bufsize": f"{self.kbits}k"}
        return {
            "preset": "veryfast",
            "g": group,
            "keyint_min": group,
            "sc_threshold": "0",
            "bf": str(self.b_frames),
            "intra-refresh": str(int(self.refresh)),
        } | quality


@dataclass(frozen=True)
class Film:
    name: str
    scene: Picture
    seconds: float
    actors: Sequence[Actor] = ()
    weather: Sequence[Weather] = ()
    coding: Coding = field(default_factory=Coding)
    rate: int = RATE

    @property
    def truth(self) -> list[tuple[float, float]]:
        """When something moves, seconds."""
        return sorted((actor.start, actor.end) for actor in self.actors)

    def pictures(self) -> Iterator[Picture]:
        for number in range(round(self.seconds * self.rate)):
            picture, time = self.scene.copy(), number / self.rate
            for actor in self.actors:
                actor.draw(picture, time)
            for change in self.weather:
                picture = change(picture, time)
            yield picture

    def shoot(self, folder: Path) -> Path:
        """Encoded as H.264 into the folder, unless it is there already."""
        path = folder / f"{self.name}.mp4"
        if not path.exists():
            encode(path, self.pictures(), self.rate, self.coding)
        return path


def encode(path: Path, pictures: Iterable[Picture], rate: int = RATE, coding: Coding | None = None) -> Path:
    """BGR pictures of one size as H.264."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options=(coding or Coding()).options(rate))
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


def cast(seconds: float, busy: float, seed: int) -> list[Actor]:
    """Figures and cars that fill `busy` of the time, with pauses between them, none in the first six seconds."""
    chance = np.random.default_rng(seed)
    actors: list[Actor] = []
    time, share = 6.0, busy / (1 - busy)
    while True:
        lasts = float(chance.uniform(3, 8))
        if time + lasts + 2 > seconds:
            return actors
        actors.append(_anybody(time, lasts, chance))
        time += lasts + max(5.0, float(lasts / share * chance.uniform(0.8, 1.2)))


def _anybody(start: float, lasts: float, chance: np.random.Generator) -> Actor:
    shade = [int(value) for value in chance.choice([30, 60, 90, 150, 190], 3)]
    leftward = bool(chance.integers(2))
    if chance.random() < 0.35:
        return Car(
            start, start + lasts * 0.7, float(chance.uniform(230, 330)), (shade[0], shade[1], shade[2]), leftward
        )
    foot = float(chance.uniform(HORIZON + 30, HEIGHT - 10))
    far = WIDTH * min(1.0, lasts * 0.12 * (0.5 + (foot - HORIZON) / 120))
    ends = ((2.0, foot), (2.0 + far, foot + float(chance.uniform(-15, 15))))
    path = ((WIDTH - ends[0][0], ends[0][1]), (WIDTH - ends[1][0], ends[1][1])) if leftward else ends
    return Walker(start, start + lasts, path, (shade[0], shade[1], shade[2]))
