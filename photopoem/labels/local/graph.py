"""Builds EfficientNet-Lite0 as an ONNX model in memory, from its tensors alone.

The architecture is the published one (M. Tan and Q. V. Le, "EfficientNet", ICML 2019, without
squeeze-and-excitation and with ReLU6, as in the TensorFlow Lite variants). Messages are written in
protobuf's wire format directly: the field numbers are those of onnx.proto3, and the `onnx` package
(31 MB) is not needed to write seven kinds of message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Tensors = Mapping[str, npt.NDArray[Any]]

# (repeats, kernel, stride, expansion, channels out): the published table of blocks.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
EPSILON = 1e-3  # batch norm's, as in TensorFlow, where the weights come from
FLOAT = 1


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _block(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _attribute(name: str, value: int | str | Iterable[int]) -> bytes:
    """AttributeProto: name 1, i 3, s 4, ints 8, type 20 (2 int, 3 string, 7 ints)."""
    if isinstance(value, int):
        return _block(1, name) + _number(3, value) + _number(20, 2)
    if isinstance(value, str):
        return _block(1, name) + _block(4, value) + _number(20, 3)
    return _block(1, name) + b"".join(_number(8, each) for each in value) + _number(20, 7)


def _tensor(name: str, array: npt.NDArray[Any]) -> bytes:
    """TensorProto: dims 1, data_type 2, name 8, raw_data 9."""
    dims = b"".join(_number(1, length) for length in array.shape)
    return dims + _number(2, FLOAT) + _block(8, name) + _block(9, array.astype("<f4").tobytes())


def _value(name: str, shape: tuple[int | str, ...]) -> bytes:
    """ValueInfoProto of a float tensor; a named dimension may have any length."""
    dims = b"".join(_block(1, _block(2, n) if isinstance(n, str) else _number(1, n)) for n in shape)
    return _block(1, name) + _block(2, _block(1, _number(1, FLOAT) + _block(2, dims)))


class _Graph:
    """The nodes and numbers of a network in the making; `at` is the name of the last node's output."""

    def __init__(self, tensors: Tensors, start: str) -> None:
        self.tensors = tensors
        self.nodes: list[bytes] = []
        self.numbers: list[bytes] = []
        self.at = start

    def constant(self, name: str, array: npt.NDArray[Any]) -> str:
        self.numbers.append(_tensor(name, array))
        return name

    def node(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        """Add a NodeProto (input 1, output 2, op_type 4, attribute 5)."""
        self.at = output or f"{len(self.nodes)}"
        parts = [_block(1, name) for name in inputs] + [_block(2, self.at), _block(4, kind)]
        parts += [_block(5, _attribute(key, value)) for key, value in attributes.items()]
        self.nodes.append(b"".join(parts))
        return self.at

    def convolution(
        self, weight: str, norm: str, stride: int = 1, groups: int = 1, clip: bool = True
    ) -> None:
        """A convolution with its batch norm folded in, then ReLU6."""
        kernel = self.tensors[f"{weight}.weight"]
        get = self.tensors
        scale = get[f"{norm}.weight"] / np.sqrt(get[f"{norm}.running_var"] + EPSILON)
        bias = get[f"{norm}.bias"] - get[f"{norm}.running_mean"] * scale
        inputs = [
            self.at,
            self.constant(f"{weight}.w", kernel * scale[:, None, None, None]),
            self.constant(f"{weight}.b", bias),
        ]
        self.node("Conv", inputs, group=groups, strides=[stride, stride], auto_pad="SAME_UPPER")
        if clip:
            self.node("Clip", [self.at, "zero", "six"])

    def block(self, name: str, stride: int, expands: bool) -> None:
        """An inverted residual block: widen, look, narrow; added to what came in where shapes agree."""
        before, width = self.at, self.tensors[f"{name}._depthwise_conv.weight"].shape[0]
        if expands:
            self.convolution(f"{name}._expand_conv", f"{name}._bn0")
        self.convolution(f"{name}._depthwise_conv", f"{name}._bn1", stride, groups=width)
        self.convolution(f"{name}._project_conv", f"{name}._bn2", clip=False)
        project = self.tensors[f"{name}._project_conv.weight"]
        first = f"{name}._expand_conv.weight" if expands else f"{name}._depthwise_conv.weight"
        incoming = self.tensors[first].shape[1] if expands else self.tensors[first].shape[0]
        if stride == 1 and incoming == project.shape[0]:
            self.node("Add", [self.at, before])


def build_model(tensors: Tensors) -> bytes:
    """The network as a serialized ONNX model.

    Input `pixels`: float32 (1, 3, h, w), (value - 127) / 128, any size. Outputs: `embedding`
    (1, 1280), the averaged last features, and `logits` (1, 1000) over ImageNet's classes.
    """
    graph = _Graph(tensors, "pixels")
    graph.constant("zero", np.array(0.0))
    graph.constant("six", np.array(6.0))
    graph.convolution("_conv_stem", "_bn0", stride=2)
    number = 0
    for repeats, _, stride, expansion, _ in STAGES:
        for repeat in range(repeats):
            graph.block(f"_blocks.{number}", stride if repeat == 0 else 1, expansion > 1)
            number += 1
    graph.convolution("_conv_head", "_bn1")
    graph.node("GlobalAveragePool", [graph.at])
    graph.node("Flatten", [graph.at], "embedding", axis=1)
    layer = [graph.constant("fc.w", tensors["_fc.weight"]), graph.constant("fc.b", tensors["_fc.bias"])]
    graph.node("Gemm", [graph.at, *layer], "logits", transB=1)
    return _model(graph)


def _model(graph: _Graph) -> bytes:
    """ModelProto: ir_version 1, graph 7, opset_import 8; GraphProto: node 1, name 2, initializer 5, ..."""
    body = [_block(1, node) for node in graph.nodes]
    body += [_block(2, "EfficientNet-Lite0")]
    body += [_block(5, number) for number in graph.numbers]
    body += [_block(11, _value("pixels", (1, 3, "height", "width")))]
    body += [_block(12, _value("embedding", (1, 1280))), _block(12, _value("logits", (1, 1000)))]
    return _number(1, 8) + _block(7, b"".join(body)) + _block(8, _number(2, 13))
