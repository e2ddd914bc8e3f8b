"""Reads dlib's serialised network: its layers in order, with their weights.

dlib writes a network from its input to its output, every layer as a named record ("con_4", "affine_", "fc_2") that
begins with its parameters. Layers without parameters (relu, pooling, the shortcuts) leave nothing that is needed
here. dlib's serialize.h: an integer is a byte whose low four bits count the bytes that follow, lowest first, and
whose top bit is its sign; a tensor is its version (2), four extents, and its floats, lowest byte first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]

_NAMES = {b"\x01\x05con_4": "convolution", b"\x01\x07affine_": "affine", b"\x01\x04fc_2": "dense"}
_TENSOR_VERSION = 2


@dataclass(frozen=True, slots=True)
class DlibLayer:
    """`shape` of a convolution: filters, rows, columns, stride y and x, padding y and x; of other layers: empty."""

    kind: str
    values: Float32Array
    shape: tuple[int, ...] = ()


class DlibReader:
    """Reads values from dlib's bytes at a position that advances."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data = data
        self.position = position

    def integer(self) -> int:
        """Read a variable-length signed integer."""
        control = self.data[self.position]
        length = control & 0x0F
        value = int.from_bytes(self.data[self.position + 1 : self.position + 1 + length], "little")
        self.position += 1 + length
        return -value if control & 0x80 else value

    def tensor(self) -> Float32Array:
        """Read a tensor's values, flattened. Raises ValueError at another version of the format."""
        version = self.integer()
        if version != _TENSOR_VERSION:
            raise ValueError(f"a tensor of version {version}: dlib writes {_TENSOR_VERSION}")
        count = prod(self.integer() for _ in range(4))
        values = np.frombuffer(self.data, "<f4", count, self.position).astype(np.float32)
        self.position += 4 * count
        return values


def read_layers(file: Path) -> Iterator[DlibLayer]:
    """The layers that have parameters, from the input on."""
    data, position = file.read_bytes(), 0
    while (found := _find_next_layer(data, position)) is not None:
        position, name = found
        source = DlibReader(data, position + len(name))
        yield _layer(_NAMES[name], source)
        position = source.position


def _find_next_layer(data: bytes, position: int) -> tuple[int, bytes] | None:
    # only the names of layers with parameters are searched for; everything between is skipped
    found = [(at, name) for name in _NAMES if (at := data.find(name, position)) >= 0]
    return min(found, default=None)


def _layer(kind: str, source: DlibReader) -> DlibLayer:
    if kind == "dense":
        source.integer(), source.integer()  # numbers of outputs and inputs, which the tensor repeats
        return DlibLayer(kind, source.tensor())
    values = source.tensor()
    shape = tuple(source.integer() for _ in range(7)) if kind == "convolution" else ()
    return DlibLayer(kind, values, shape)
