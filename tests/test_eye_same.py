"""The eye says the same everywhere: whatever the threads, the options of onnxruntime and the day."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path
from typing import Any

import pytest

from photopoem.errors import LabelError
from photopoem.labels.labeller import Labels, LabelSettings
from photopoem.labels.local import network
from photopoem.labels.local.labeller import open_labeller
from photopoem.photo.reading import read_photo

# Of every sample: SHA-256 of its labels, a line each: word, score in hundredths, kind, narrower words.
SAID = {
    "autumn-hills": "adef1cc2aa5fad2b",
    "dandelions": "86ca2ce06f2d0f44",
    "fig": "76ed60f06935ffa3",
    "stream": "2652b98404e867f5",
    "sunset": "c6c3af6b9fdf86dc",
    "two-dogs": "cef760975f23f01d",
}


def told(labels: Labels | LabelError) -> str:
    """The labels of a photograph, a line each."""
    assert not isinstance(labels, LabelError)
    return "\n".join(f"{each.text} {each.score:.2f} {each.kind} {'|'.join(each.narrower)}" for each in labels)


def all_told(samples: list[Path]) -> dict[str, str]:
    """What a newly opened eye says of every sample."""
    answers = open_labeller("", LabelSettings()).label([read_photo(path) for path in samples])
    return {path.stem: told(labels) for path, labels in zip(samples, answers, strict=True)}


@pytest.fixture(scope="module")
def expected(samples: list[Path]) -> dict[str, str]:
    """What the eye says of every sample as photopoem opens it."""
    return all_told(samples)


@pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the 8-bit sums were compared on x86 only: run it there"
)
def test_the_samples_are_said_as_they_were(expected: dict[str, str]) -> None:
    """The labels of the samples are those that were recorded, on any x86."""
    found = {stem: hashlib.sha256(text.encode()).hexdigest()[:16] for stem, text in expected.items()}
    assert found == SAID


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("precision", ["0", "1"])
def test_threads_and_precision_change_no_word(
    samples: list[Path],
    expected: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    threads: int,
    precision: str,
) -> None:
    """One thread or two, and x86's exact or quick 8-bit sums, give the same words with the same scores."""
    opened: list[Any] = []

    def session(model: bytes | str) -> Any:
        onnxruntime = network.import_onnxruntime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.add_session_config_entry("session.x64quantprecision", precision)
        opened.append(onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]))
        return opened[-1]

    monkeypatch.setattr(network, "open_session", session)
    assert all_told(samples) == expected
    assert len(opened) == 1
