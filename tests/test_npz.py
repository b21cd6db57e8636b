"""Numbers from strangers: an .npz file makes no more of itself than its size allows."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from photopoem.labels.local.classifier import load_npz


def headed(shape: str, data: bytes = b"", kind: str = "<f4") -> bytes:
    """An .npy file with a heading of one's choice."""
    heading = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(heading)) + heading + data


def packed(path: Path, **members: bytes) -> Path:
    """A .npz file of these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return path


def test_arrays_are_read(tmp_path: Path) -> None:
    """What numpy wrote comes back as it was."""
    np.savez(tmp_path / "a.npz", words=np.array(["a", "bc"]), numbers=np.arange(6.0).reshape(2, 3))
    with load_npz(tmp_path / "a.npz") as arrays:
        assert arrays["words"].tolist() == ["a", "bc"]
        assert arrays["numbers"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("member", "told"),
    [
        (headed("(400000, 400000)"), "claims more numbers than it holds"),
        (headed("(400000, 400000)", b"0" * 4000), "claims more numbers than it holds"),
        (headed("(1,)", kind="<U500000000"), "claims more numbers than it holds"),
        (headed("(60000000,)", bytes(60_000_000)), "unpacks to more than 32 MB"),
    ],
    ids=["empty", "short", "word", "bomb"],
)
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, member: bytes, told: str) -> None:
    """A heading that claims gigabytes and a member that unpacks to them are refused from what the file says."""
    path = packed(tmp_path / "a.npz", weights=member)
    assert path.stat().st_size < 100_000
    with pytest.raises(ValueError, match=told):
        load_npz(path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x93NUMPY", headed("(1,)", bytes(4))])
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    """A file that is no archive of arrays raises ValueError, whatever it begins with."""
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(ValueError):
        load_npz(tmp_path / "a.npz")


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    """An archive with its compressed bytes changed raises ValueError or a zip error's, and nothing else."""
    stream = io.BytesIO()
    np.savez_compressed(stream, a=np.arange(1000.0))
    data = bytearray(stream.getvalue())
    data[60:90] = bytes(30)
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(ValueError):
        load_npz(tmp_path / "a.npz")
