"""Checksum algorithms. CRCs are named as in Greg Cook's catalogue of parametrised CRC algorithms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import xor
from typing import Annotated, Literal

import fastcrc
from pydantic import AfterValidator, Field, WithJsonSchema

from gateway.settings.mend import Wrong, did_you_mean
from gateway.settings.section import Section

ByteOrder = Literal["big", "little"]
Algorithm = Callable[[bytes], int]

_COMMON: Mapping[str, tuple[int, Algorithm]] = {
    "sum8": (1, lambda data: sum(data) & 0xFF),
    "sum16": (2, lambda data: sum(data) & 0xFFFF),
    "xor8": (1, lambda data: reduce(xor, data, 0)),
    "lrc": (1, lambda data: -sum(data) & 0xFF),  # as in Modbus ASCII (ISO 1155); what manuals call LRC is often xor8
    "crc8": (1, fastcrc.crc8.smbus),
    "crc16-ccitt": (2, fastcrc.crc16.ibm_3740),
}


def _crc_catalogue() -> Iterator[tuple[str, tuple[int, Algorithm]]]:
    for width, family in ((1, fastcrc.crc8), (2, fastcrc.crc16), (4, fastcrc.crc32)):
        for name in sorted(family.algorithms_available):
            # Manuals write crc16-modbus, fastcrc's functions are called modbus.
            yield f"crc{8 * width}-{name.replace('_', '-')}", (width, getattr(family, name))


ALGORITHMS: Mapping[str, tuple[int, Algorithm]] = {**_COMMON, **dict(_crc_catalogue())}
"""Name → width in bytes and function."""


def _check_kind(name: str) -> str:
    if name not in ALGORITHMS:
        raise Wrong(f"checksum {name!r} is not known", did_you_mean(name, ALGORITHMS))
    return name


class ChecksumSettings(Section):
    """Algorithm and place of the checksum. Offsets count from the first byte, negative ones from the end."""

    kind: Annotated[
        str,
        AfterValidator(_check_kind),
        WithJsonSchema({"enum": list(ALGORITHMS)}),
        Field(description="sum8, sum16, xor8, lrc (the sum's complement), crc8, crc16-modbus, crc16-ccitt, …"),
    ]
    start: Annotated[
        int | None, Field(alias="from", description="the first byte it covers; by default the first after start")
    ] = None
    stop: Annotated[
        int | None, Field(alias="to", description="the first byte it does not cover; by default its own first")
    ] = None
    at: Annotated[int | None, Field(description="offset of the checksum; by default directly before end")] = None
    order: Annotated[ByteOrder, Field(description="its byte order; CRC-16/MODBUS is usually little")] = "big"
    text: Annotated[bool, Field(description="it is written as hexadecimal digits")] = False

    @property
    def width(self) -> int:
        """Bytes of the checksum in the frame."""
        return ALGORITHMS[self.kind][0] * (2 if self.text else 1)

    def compute(self, data: bytes) -> bytes:
        """Return the checksum of `data` as it is written in a frame."""
        width, algorithm = ALGORITHMS[self.kind]
        value = algorithm(data).to_bytes(width, self.order)
        return value.hex().upper().encode() if self.text else value
