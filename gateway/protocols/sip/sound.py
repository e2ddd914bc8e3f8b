"""Recorded texts for announcements: WAV files, read into samples as the engine takes them."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, ValidationInfo

from gateway.protocols.sip.sdp import SAMPLE_RATE
from gateway.settings.context import Context, ExistingFile
from gateway.settings.mend import Wrong

LONGEST_S = 120.0
_RATES = (8000, SAMPLE_RATE, 32000, 48000)
_MEND = f"write it as PCM with 16 bits, one channel, {SAMPLE_RATE} Hz: ffmpeg -i IN -ac 1 -ar {SAMPLE_RATE} OUT.wav"


def read_sound(path: Path) -> bytes:
    """16-bit samples, little-endian, one channel, SAMPLE_RATE. Blocks. Raises Wrong for another format, OSError."""
    try:
        with wave.open(str(path)) as file:
            width, channels, rate, frames = (
                file.getsampwidth(),
                file.getnchannels(),
                file.getframerate(),
                file.getnframes(),
            )
            if (width, channels) != (2, 1) or rate not in _RATES:
                raise Wrong(f"{path.name} has {8 * width} bits, {channels} channels and {rate} Hz", _MEND)
            if not 0 < frames / rate <= LONGEST_S:
                raise Wrong(f"{path.name} lasts {frames / rate:.0f} s", f"record a text of at most {LONGEST_S:.0f} s")
            samples = file.readframes(frames)
    except (wave.Error, EOFError) as error:
        raise Wrong(f"{path.name} is no WAV file ({error})", _MEND) from None
    return samples if rate == SAMPLE_RATE else _resampled(samples, rate)


def _resampled(samples: bytes, rate: int) -> bytes:
    """By straight lines between samples: door stations play 8 kHz in the end."""
    given = np.frombuffer(samples, "<i2").astype(np.float64)
    count = len(given) * SAMPLE_RATE // rate
    at = np.arange(count) * (rate / SAMPLE_RATE)
    resampled: bytes = np.interp(at, np.arange(len(given)), given).astype("<i2").tobytes()
    return resampled


def _readable(path: Path, info: ValidationInfo) -> Path:
    if isinstance(info.context, Context):  # without one, e.g. in a schema, there are no files
        read_sound(path)
    return path


SoundFile = Annotated[ExistingFile, AfterValidator(_readable)]
"""A WAV file, relative to the configuration's folder."""
