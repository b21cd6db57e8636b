"""The poems of the samples are the recorded ones, until they are changed on purpose."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import pytest

from photopoem.grammar import shelf
from photopoem.photo.discover import find_photos
from photopoem.services.describe import describe
from photopoem.services.pipeline import Settings, compose, labeller_for
from photopoem.vocabulary import Subject

ROOT = Path(__file__).parent.parent
RECORDED = Path(__file__).parent / "data" / "poem-digests.json"
SEEDS = range(5)


@cache
def subjects() -> dict[str, Subject]:
    settings = Settings(labels="local")
    labeller = labeller_for(settings)
    found = find_photos([str(ROOT / "samples")])
    return {Path(one.path).name: describe(one, settings, labeller).subject for one in found}


def digest(subject: Subject, grammar: str, seed: int) -> str:
    """The first half of the SHA-256 of a poem's title and text."""
    poem = compose(subject, Settings(grammars=(grammar,), labels="local", seed=seed))
    return hashlib.sha256(f"{poem.title}\n\n{poem.text}".encode()).hexdigest()[:32]


@pytest.mark.parametrize("grammar", shelf())
def test_poems_are_the_recorded_ones(grammar: str, request: pytest.FixtureRequest) -> None:
    """Each sample's poems of the seeds 0 to 4 have the recorded digests; `--refresh-digests` records them anew."""
    written = {
        name: [digest(subject, grammar, seed) for seed in SEEDS] for name, subject in subjects().items()
    }
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    if request.config.getoption("--refresh-digests"):
        RECORDED.write_text(json.dumps(recorded | {grammar: written}, indent=1, sort_keys=True) + "\n")
        return
    assert len(written) == 6
    assert written == recorded[grammar]


def test_every_grammar_is_recorded() -> None:
    """The record has the grammars of the shelf and no others."""
    assert set(json.loads(RECORDED.read_text())) == set(shelf())
