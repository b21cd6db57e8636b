"""Reads the tensors of an old-style torch file, and nothing else of it: no pickle is ever run.

Such a file is five pickles (a magic number, a version, the machine's sizes, the tensors' table, the
storages' keys) and then the numbers. A pickle is a program; here its instructions are only *looked
at*, one by one, by an interpreter that knows the twenty or so that such a table needs and the four
names that it may mention. Everything else is refused before anything has been called.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
MAX_INSTRUCTIONS = 100_000

# The only names a file may mention. They are tokens here: none is imported, none is called.
GLOBALS = frozenset(
    {"collections OrderedDict", "torch._utils _rebuild_tensor_v2", "torch FloatStorage", "torch LongStorage"}
)
DTYPES: dict[str, np.dtype[Any]] = {
    "torch FloatStorage": np.dtype("<f4"),
    "torch LongStorage": np.dtype("<i8"),
}


class RefusedError(ValueError):
    """A file that asks for more than tensors, or whose tensors do not fit it."""


@dataclass(frozen=True, slots=True)
class _Name:
    text: str


@dataclass(frozen=True, slots=True)
class _Storage:
    kind: str
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class _View:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Mark:
    """Where a list of stacked values begins."""


def _view(args: Any) -> _View:
    """What `_rebuild_tensor_v2(storage, offset, shape, strides, ...)` describes, checked for type."""
    if not (isinstance(args, tuple) and len(args) == 6 and isinstance(args[0], _Storage)):
        raise RefusedError("a tensor is not described as a view of a storage")
    storage, offset, shape, strides = args[:4]
    plain = isinstance(shape, tuple) and isinstance(strides, tuple) and len(shape) == len(strides) <= 8
    if not plain or not all(type(n) is int and n >= 0 for n in (offset, *shape, *strides)):
        raise RefusedError("a tensor's shape is not plain numbers")
    return _View(storage, offset, shape, strides)


def _storage(args: Any) -> _Storage:
    """What a persistent id `("storage", kind, key, device, count, None)` describes, checked for type."""
    if not (isinstance(args, tuple) and len(args) == 6 and args[0] == "storage"):
        raise RefusedError("a persistent id is not a storage")
    _, kind, key, _, count, _ = args
    if not (isinstance(kind, _Name) and kind.text in DTYPES and isinstance(key, str)):
        raise RefusedError("a storage is neither floats nor longs")
    if type(count) is not int or count < 0:
        raise RefusedError("a storage's size is not a number")
    return _Storage(kind.text, key, count)


class _Reader:
    """Follows the instructions of one pickle on a stack of plain values."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, stream: io.BytesIO) -> Any:
        """The value that the next pickle in `stream` describes."""
        for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if opcode.name == "STOP":
                break
            step = _STEPS.get(opcode.name)
            if step is None or count > MAX_INSTRUCTIONS:
                raise RefusedError(f"the instruction {opcode.name} has no place in a table of tensors")
            step(self, argument)
        if len(self.stack) != 1:
            raise RefusedError("a table of tensors does not end with one value")
        return self.stack.pop()

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def to_mark(self) -> list[Any]:
        """The values stacked since the last mark, taken off with it."""
        for at in range(len(self.stack) - 1, -1, -1):
            if isinstance(self.stack[at], _Mark):
                values = self.stack[at + 1 :]
                del self.stack[at:]
                return values
        raise RefusedError("a list has no beginning")

    def keep(self, at: int) -> None:
        self.memo[at] = self.stack[-1]

    def name(self, text: str) -> None:
        if text not in GLOBALS:
            raise RefusedError(f"it mentions {text.replace(' ', '.')!r}")
        self.push(_Name(text))

    def reduce(self) -> None:
        args, callee = self.stack.pop(), self.stack.pop()
        if callee == _Name("collections OrderedDict") and args == ():
            self.push({})
        elif callee == _Name("torch._utils _rebuild_tensor_v2"):
            self.push(_view(args))
        else:
            raise RefusedError("it calls something")

    def set_items(self, pairs: list[Any]) -> None:
        if not (isinstance(self.stack[-1], dict) and len(pairs) % 2 == 0):
            raise RefusedError("items are set on something that is no table")
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if not isinstance(key, str):
                raise RefusedError("a table's key is no text")
            self.stack[-1][key] = value

    def append(self, values: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise RefusedError("values are added to something that is no list")
        self.stack[-1].extend(values)

    def take(self, count: int) -> tuple[Any, ...]:
        if count > len(self.stack):
            raise RefusedError("more values are asked for than there are")
        values = tuple(self.stack[len(self.stack) - count :])
        del self.stack[len(self.stack) - count :]
        return values


def _value(reader: _Reader, argument: Any) -> None:
    reader.push(argument)


_STEPS: dict[str, Callable[[_Reader, Any], None]] = {
    "PROTO": lambda _r, _a: None,
    "GLOBAL": lambda r, a: r.name(a),
    "MARK": lambda r, _a: r.push(_Mark()),
    "BINPUT": lambda r, a: r.keep(a),
    "LONG_BINPUT": lambda r, a: r.keep(a),
    "BINGET": lambda r, a: r.push(r.memo[a]),
    "LONG_BINGET": lambda r, a: r.push(r.memo[a]),
    "BINUNICODE": _value,
    "BININT": _value,
    "BININT1": _value,
    "BININT2": _value,
    "LONG1": _value,
    "NONE": lambda r, _a: r.push(None),
    "NEWFALSE": lambda r, _a: r.push(False),
    "NEWTRUE": lambda r, _a: r.push(True),
    "EMPTY_TUPLE": lambda r, _a: r.push(()),
    "EMPTY_DICT": lambda r, _a: r.push({}),
    "EMPTY_LIST": lambda r, _a: r.push([]),
    "TUPLE": lambda r, _a: r.push(tuple(r.to_mark())),
    "TUPLE1": lambda r, _a: r.push(r.take(1)),
    "TUPLE2": lambda r, _a: r.push(r.take(2)),
    "TUPLE3": lambda r, _a: r.push(r.take(3)),
    "SETITEM": lambda r, _a: r.set_items(list(r.take(2))),
    "SETITEMS": lambda r, _a: r.set_items(r.to_mark()),
    "APPEND": lambda r, _a: r.append(list(r.take(1))),
    "APPENDS": lambda r, _a: r.append(r.to_mark()),
    "BINPERSID": lambda r, _a: r.push(_storage(r.stack.pop())),
    "REDUCE": lambda r, _a: r.reduce(),
    # A module's notes about itself (versions of its parts), of no use here: dropped unread.
    "BUILD": lambda r, _a: r.stack.pop() and None,
}


def _storages(stream: io.BytesIO, views: dict[str, _View], keys: Any) -> dict[str, npt.NDArray[Any]]:
    """The numbers of each storage, in the order of `keys`, each with its count before it."""
    kinds = {view.storage.key: view.storage for view in views.values()}
    if not isinstance(keys, list) or set(keys) != set(kinds) or len(keys) != len(kinds):
        raise RefusedError("the storages listed are not those used")
    found: dict[str, npt.NDArray[Any]] = {}
    for key in keys:
        storage = kinds[key]
        head, dtype = stream.read(8), DTYPES[storage.kind]
        left = stream.getbuffer().nbytes - stream.tell()
        if int.from_bytes(head, "little") != storage.count or storage.count * dtype.itemsize > left:
            raise RefusedError(f"storage {key!r} is larger than the file")
        found[key] = np.frombuffer(stream.read(storage.count * dtype.itemsize), dtype)
    return found


def _tensor(view: _View, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The view's numbers: dense in some order of its axes, so that it can neither overlap nor overrun."""
    steps = sorted((stride, length) for stride, length in zip(view.strides, view.shape, strict=True))
    size, dense = 1, True
    for stride, length in steps:
        dense = dense and length > 0 and (stride == size or length == 1)  # one step's stride says nothing
        size *= length
    if not dense or view.offset + size > numbers.size:
        raise RefusedError("a tensor overlaps itself or its storage's end")
    strides = [stride * numbers.itemsize for stride in view.strides]
    return np.ndarray(view.shape, numbers.dtype, numbers, view.offset * numbers.itemsize, strides)


def read_tensors(data: bytes) -> dict[str, npt.NDArray[Any]]:
    """The tensors in `data` by name, as read-only arrays.

    Raises `RefusedError` for anything that is not a plain old-style torch file of float and long tensors.
    """
    stream = io.BytesIO(data)
    try:
        magic, protocol, _, views, keys = (_Reader().run(stream) for _ in range(5))
    except RefusedError:
        raise
    except Exception as error:
        # genops and the steps above fail in many ways on broken input; all of them mean the same.
        raise RefusedError(f"it is broken ({type(error).__name__})") from error
    if (magic, protocol) != (MAGIC, PROTOCOL) or not isinstance(views, dict):
        raise RefusedError("it is no torch file of the old style")
    if not all(isinstance(view, _View) for view in views.values()):
        raise RefusedError("its table holds more than tensors")
    numbers = _storages(stream, views, keys)
    if len({view.storage.key for view in views.values()}) != len(views):
        raise RefusedError("two tensors share one storage")
    return {name: _tensor(view, numbers[view.storage.key]) for name, view in views.items()}
