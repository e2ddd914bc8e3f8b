"""Coded pictures: parameter sets, the records of other libraries, FFmpeg's decoders, residents' photographs."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image

from gateway.errors import BadInput
from gateway.vision.stream.decoder import PacketDecoder
from gateway.vision.stream.fmp4.boxes import init_segment
from gateway.vision.stream.fmp4.remux import Remuxer
from gateway.vision.stream.fmp4.sps import sps_info
from gateway.vision.stream.packet import CodecParameters, Packet
from gateway.vision.stream.pyav_units import PyAvUnits
from gateway.vision.stream.rtp.access_unit import StreamFormat
from gateway.vision.stream.rtp.codec import annex_b
from gateway.web.pages.photo import InvalidPhoto, sanitize_photo
from tests.fuzz.subject import Feed, Subject
from tests.vision.stream.coded import FORMATS, encoded

SMALL = (96, 64)


@lru_cache
def pictures(codec: str) -> Sequence[Sequence[bytes]]:
    return [list(unit) for unit in encoded(codec, 30, size=SMALL, key_every=5) if unit]


_HIGH = "67640029ac1b1a5014016ec04000"
"""A Hikvision camera's."""
_SCALED = "67640029" + "ad" + "ff" * 12 + "1a5014016ec04000"
"""With matrices (H.264, 7.3.2.1.1.1), all of their own."""


def _sets(codec: str) -> list[bytes]:
    """Sequence parameter sets of several profiles and sizes."""
    wanted = [{}, {"profile": "high"}, {"profile": "high444"}] if codec == "h264" else [{}]
    rank = FORMATS[codec].codec.parameter_set_rank
    units = [encoded(codec, 1, size=size, options=how)[0] for size in (SMALL, (98, 66), (1920, 1080)) for how in wanted]
    sets = [nal for unit in units for nal in unit if rank(nal) == (codec == "hevc")]
    return sets + ([bytes.fromhex(_HIGH), bytes.fromhex(_SCALED)] if codec == "h264" else [])


def _shape(codec: str) -> Feed:
    def feed(nal: bytes) -> None:
        form = StreamFormat(FORMATS[codec].codec).with_parameter_sets([nal])
        init_segment(form, sps_info(form))

    return feed


def _plain(codec: str) -> Feed:
    """Two bytes of length, the stream's own description, a picture: as another library hands them on."""

    def feed(data: bytes) -> None:
        stop = 2 + int.from_bytes(data[:2])
        units, remuxer = PyAvUnits(CodecParameters(codec, data[2:stop])), Remuxer()
        for at in (0.0, 0.04):
            remuxer.push(units.access_unit(Packet(at, True, len(data), data[stop:])))

    return feed


def _described(codec: str) -> list[bytes]:
    first, unit = pictures(codec)[:2]
    rank = FORMATS[codec].codec.parameter_set_rank
    sets = [nal for nal in first if rank(nal) is not None]
    if codec == "h264":
        counted = [b"\xe1" + len(sets[0]).to_bytes(2) + sets[0], b"\x01" + len(sets[1]).to_bytes(2) + sets[1]]
        record = b"\x01" + sets[0][1:4] + b"\xff" + b"".join(counted)
    else:
        arrays = b"".join(bytes((nal[0] >> 1 & 63, 0, 1)) + len(nal).to_bytes(2) + nal for nal in sets)
        record = b"\x01" + bytes(20) + b"\x03" + bytes((len(sets),)) + arrays
    sized = b"".join(len(nal).to_bytes(4) + nal for nal in unit)
    both = [(record, sized), (annex_b(sets), annex_b(unit)), (record, b"".join(len(n).to_bytes(4) + n for n in first))]
    return [len(extra).to_bytes(2) + extra + data for extra, data in both]


def _decoder(codec: str) -> Feed:
    decoder, time = PacketDecoder(CodecParameters(codec)), 0.0

    def feed(data: bytes) -> None:
        nonlocal time
        time += 0.04
        for frame in decoder.decode(Packet(time, False, len(data), data)):
            assert frame.luma(64).size > 0
        if len(data) % 8 == 0:
            list(decoder.decode_alone(Packet(time, True, len(data), data)))

    return feed


def _photos() -> list[bytes]:
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 30, 3), dtype=np.uint8))
    kept = []
    for form, how in (("JPEG", {"quality": 60}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {})):
        out, exif = io.BytesIO(), Image.Exif()
        exif[0x0112] = 6
        picture.save(out, form, exif=exif, **how)
        kept.append(out.getvalue())
    return kept


def _photo(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of what it passes over in a photograph's tags
        assert sanitize_photo(data).startswith(b"\xff\xd8")


def _of_codec(codec: str) -> Sequence[Subject]:
    words = (b"\0\0\3", b"\0\0\1", b"\x67", b"\x42\1", b"\xff" * 8, bytes(8))

    def units() -> list[bytes]:
        return [annex_b(unit) for unit in pictures(codec)]

    return [
        Subject(f"sps-{codec}", lambda: _shape(codec), lambda: _sets(codec), (BadInput,), whole=True, words=words),
        Subject(f"av-{codec}", lambda: _plain(codec), lambda: _described(codec), (BadInput,), whole=True, words=words),
        Subject(
            f"pictures-{codec}", lambda: _decoder(codec), units, whole=True, in_order=True, words=words, holds=16 << 20
        ),
    ]


def subjects() -> Sequence[Subject]:
    words = (b"\xff\xd8", b"\xff\xc4", b"IHDR", b"IDAT")
    photo = Subject("photo", lambda: _photo, _photos, (InvalidPhoto,), whole=True, words=words, holds=16 << 20)
    return [*_of_codec("h264"), *_of_codec("hevc"), photo]
