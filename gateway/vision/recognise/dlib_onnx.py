"""Converts dlib's face encoder to ONNX: the same 128 numbers in a twelfth of the time, without holding the GIL.

dlib_face_recognition_resnet_model_v1 is a residual network of 29 convolutions (dlib's example
dnn_face_recognition_ex.cpp: a stem, fourteen blocks, an average, a matrix). Every convolution is followed by an
affine layer, which is folded into its weights. Where a block halves the picture, its shortcut is a 2×2 average,
padded with zeros to the block's channels; the smaller of the two is padded to the other's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.vision.recognise.dlib_model import DlibLayer, read_layers

VERSION = "dlib-face-encoder-1"
CHIP_SIDE = 150
"""Height and width of a chip in pixels."""
MEANS = (122.782, 117.001, 104.298)
"""Red, green and blue that dlib's input layer subtracts before it divides by 256."""
BLOCKS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""Channels, number of blocks, and whether the first of them halves the picture."""
_STEM_SIDE = 35


class OnnxGraph:
    """Builds ONNX nodes; each method returns the name of its result."""

    def __init__(self, weights: Iterator[DlibLayer]) -> None:
        import onnx  # noqa: PLC0415  only the first start needs it

        self._onnx = onnx
        self._weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """Add a node."""
        name = f"{operation}{len(self.nodes)}"
        self.nodes.append(self._onnx.helper.make_node(operation, list(inputs), [name], **attributes))
        return name

    def constant(self, value: NDArray[Any]) -> str:
        """Add a constant."""
        name = f"constant{len(self.constants)}"
        self.constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def convolution(self, source: str, channels: int) -> str:
        """Add the next convolution, with the affine layer behind it folded in."""
        filters, rows, columns, down, right, above, left = (layer := self._take("convolution")).shape
        gain, shift = self._take("affine").values.reshape(2, filters)
        weights = layer.values[:-filters].reshape(filters, channels, rows, columns) * gain[:, None, None, None]
        return self.node(
            "Conv",
            source,
            self.constant(weights),
            self.constant(layer.values[-filters:] * gain + shift),
            kernel_shape=[rows, columns],
            strides=[down, right],
            # ONNX wants the beginning of rows and columns first, then their ends
            pads=[above, left, above, left],
        )

    def dense(self, source: str, outputs: int) -> str:
        """Add the next matrix, without bias."""
        return self.node("MatMul", source, self.constant(self._take("dense").values.reshape(-1, outputs)))

    def pad(self, source: str, channels: int = 0, pixels: int = 0) -> str:
        """Add zeros behind the channels, below and to the right."""
        ends = np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64)
        return self.node("Pad", source, self.constant(ends)) if channels or pixels else source

    def _take(self, kind: str) -> DlibLayer:
        layer = next(self._weights)
        if layer.kind != kind:
            raise ValueError(f"a {layer.kind} layer where a {kind} is expected: not dlib's face encoder")
        return layer

    def model(self, result: str) -> bytes:
        """The checked and serialised model, from `chips` to `result`."""
        helper, proto = self._onnx.helper, self._onnx.TensorProto
        chips = helper.make_tensor_value_info("chips", proto.UINT8, ["faces", CHIP_SIDE, CHIP_SIDE, 3])
        templates = helper.make_tensor_value_info(result, proto.FLOAT, ["faces", 128])
        graph = helper.make_graph(self.nodes, "dlib-face-encoder", [chips], [templates], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        self._onnx.checker.check_model(model)
        serialised: bytes = model.SerializeToString()
        return serialised


def convert(file: Path) -> bytes:
    """Dlib's .dat as ONNX: `chips` (faces × 150 × 150 × 3, uint8, RGB) to templates (faces × 128).

    Raises ImportError without the `onnx` package, ValueError if the file is another network.
    """
    weights = read_layers(file)
    graph = OnnxGraph(weights)
    picture, channels, side = _stem(graph), 32, _STEM_SIDE
    for output_channels, count, downsample in BLOCKS:
        for number in range(count):
            picture, side = _block(
                graph, picture, channels, output_channels, side, downsample=downsample and number == 0
            )
            channels = output_channels
    average = graph.node("Flatten", graph.node("GlobalAveragePool", picture))
    result = graph.dense(average, 128)
    if next(weights, None) is not None:
        raise ValueError("more layers than dlib's face encoder has")
    return graph.model(result)


def _stem(graph: OnnxGraph) -> str:
    floats = graph.node("Cast", "chips", to=1)
    planes = graph.node("Transpose", floats, perm=[0, 3, 1, 2])
    centred = graph.node("Sub", planes, graph.constant(np.array(MEANS, np.float32).reshape(1, 3, 1, 1)))
    scaled = graph.node("Mul", centred, graph.constant(np.array(1 / 256, np.float32)))
    return graph.node("MaxPool", graph.node("Relu", graph.convolution(scaled, 3)), kernel_shape=[3, 3], strides=[2, 2])


def _block(
    graph: OnnxGraph, source: str, channels: int, output_channels: int, side: int, *, downsample: bool
) -> tuple[str, int]:
    """Two convolutions and the shortcut around them; also returns the side of the result."""
    inner = graph.node("Relu", graph.convolution(source, channels))
    deep, shortcut = graph.convolution(inner, output_channels), source
    if downsample:
        # the 3×3 convolution leaves fewer pixels than the 2×2 average of the shortcut
        averaged, convolved = (side - 2) // 2 + 1, (side - 3) // 2 + 1
        shortcut = graph.node("AveragePool", source, kernel_shape=[2, 2], strides=[2, 2])
        shortcut = graph.pad(shortcut, channels=output_channels - channels)
        deep, side = graph.pad(deep, pixels=averaged - convolved), averaged
    return graph.node("Relu", graph.node("Add", deep, shortcut)), side
