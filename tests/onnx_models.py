"""Writes small ONNX models in protobuf's wire format: field numbers are those of onnx.proto3."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

FLOAT, INT64, BOOL = 1, 7, 9


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def block(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def attribute(name: str, value: int | str | Iterable[int]) -> bytes:
    """AttributeProto: name 1, i 3, s 4, ints 8, type 20 (2 int, 3 string, 7 ints)."""
    if isinstance(value, int):
        return block(1, name) + number(3, value) + number(20, 2)
    if isinstance(value, str):
        return block(1, name) + block(4, value) + number(20, 3)
    return block(1, name) + b"".join(number(8, each) for each in value) + number(20, 7)


def value(name: str, shape: tuple[int | str, ...]) -> bytes:
    """ValueInfoProto of a float tensor; a named dimension may have any length."""
    dims = b"".join(block(1, block(2, n) if isinstance(n, str) else number(1, n)) for n in shape)
    return block(1, name) + block(2, block(1, number(1, FLOAT) + block(2, dims)))


def endless(shape: tuple[int, ...]) -> list[bytes]:
    """The nodes and initializers of an endless loop: `picture` is its input, `looped` its output."""
    body = b"".join(
        block(1, block(1, name) + block(2, f"{name}_out") + block(4, "Identity")) for name in ("go", "kept")
    )
    scalars = [
        block(11, scalar("turn", INT64)),
        block(11, scalar("go", BOOL)),
        block(11, value("kept", shape)),
    ]
    results = [block(12, scalar("go_out", BOOL)), block(12, value("kept_out", shape))]
    graph = body + block(2, "body") + b"".join([*scalars, *results])
    attribute_body = block(1, "body") + block(6, graph) + number(20, 5)
    loop = block(1, "") + block(1, "yes") + block(1, "picture") + block(2, "looped") + block(4, "Loop")
    yes = number(2, BOOL) + block(8, "yes") + block(9, b"\1")
    return [block(1, loop + block(5, attribute_body)), block(5, yes)]


def scalar(name: str, kind: int) -> bytes:
    """ValueInfoProto of a single number."""
    return block(1, name) + block(2, block(1, number(1, kind) + block(2, b"")))


class Graph:
    """The nodes of a network in the making; `at` is the name of the last node's output."""

    def __init__(self, start: str) -> None:
        self.nodes: list[bytes] = []
        self.at = start

    def node(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        """Add a NodeProto (input 1, output 2, op_type 4, attribute 5)."""
        self.at = output or f"{len(self.nodes)}"
        parts = [block(1, name) for name in inputs] + [block(2, self.at), block(4, kind)]
        parts += [block(5, attribute(key, value)) for key, value in attributes.items()]
        self.nodes.append(b"".join(parts))
        return self.at
