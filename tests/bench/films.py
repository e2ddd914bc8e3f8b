"""The films motion is measured on: one difficulty each, busy a fifth of the time."""

from __future__ import annotations

from pathlib import Path

from tests.support.film.film import Coding, Film, cast
from tests.support.film.scenes import courtyard, road
from tests.support.film.weather import cloud, dusk, infrared, lamp, noise, rain, whole_lamp, wind

BUSY = 0.2


def films(seconds: float, seed: int = 1, video: Path | None = None) -> list[Film]:
    """`video` is a real road, whose empty picture becomes a scene; other seeds give other passers-by."""
    third, half = seconds / 3, seconds / 2
    plain, grain = courtyard(seed), noise(3, seed)
    made = [
        ("day", plain, [grain], Coding()),
        ("noise", plain, [noise(8, seed)], Coding(crf=26)),
        ("dusk", plain, [dusk(0.4), noise(5, seed)], Coding()),
        ("rain", plain, [rain(150, since=third), grain], Coding()),
        ("wind", plain, [wind(), grain], Coding()),
        ("clouds", plain, [cloud(), grain], Coding()),
        ("lamp", plain, [lamp((third, third + 9, half + 3)), grain], Coding()),
        ("dark", plain, [whole_lamp((half - 7, half + 7)), grain], Coding()),
        ("infrared", plain, [grain, infrared(half)], Coding()),
        ("smart", plain, [grain], Coding(group=10)),
        ("constant", plain, [noise(5, seed)], Coding(kbits=512)),
        ("b frames", plain, [grain], Coding(b_frames=3, group=4)),
    ]
    if video is not None and video.exists():
        made.append(("road", road(video), [grain], Coding()))
    return [
        Film(f"{name} {seed} {seconds:.0f}s", scene, seconds, cast(seconds, BUSY, seed * 100 + number), weather, coding)
        for number, (name, scene, weather, coding) in enumerate(made)
    ]
