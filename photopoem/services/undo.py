"""Takes back what was done to the poem of a photograph: a choice, a poem that was re-rolled, a text that was edited."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photopoem.errors import UsageError
from photopoem.files import write_atomically
from photopoem.photo.discover import Found
from photopoem.poem import from_record
from photopoem.poems.edits import read_text
from photopoem.poems.folder import PoemsFolder
from photopoem.poems.show import Choice, Show, change_show, read_show
from photopoem.poems.text import as_text
from photopoem.services.curate import Pick


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands for one photograph: its choice, the record of its poem, and its text (None where there is none)."""

    folder: Path
    path: str
    choice: Choice
    record: str
    text: str | None


def standing(pick: Pick) -> Standing:
    """What stands for a photograph now. Raises `StoreError`."""
    choice = read_show(pick.folder).choice(pick.path, pick.digest)
    record = json.dumps(pick.record, sort_keys=True)
    return Standing(pick.folder, pick.path, choice, record, read_text(pick.text) if pick.text else None)


def take_back(before: Sequence[Standing], after: Sequence[Standing], now: Sequence[Standing]) -> None:
    """Let what stood `before` an act stand again. `after` is what stood when the act was done.

    Raises `UsageError` where something else stands `now`, because somebody changed it since; `StoreError`, and
    `UsageError` where a run is writing to the folder.
    """
    for done, found in zip(after, now, strict=True):
        if done != found:
            raise UsageError(f"{done.path}: changed since, so it is not taken back")
    for old, new in zip(before, after, strict=True):
        if old.record != new.record:
            _put_back(old)
        elif old.text != new.text:
            _write_text(old)
    folders = {each.folder for each in before}
    for folder in folders:
        change_show(folder, _choosing([each.choice for each in before if each.folder == folder]))


def _choosing(choices: Sequence[Choice]) -> Any:
    def change(show: Show) -> Show:
        return show.with_choices(choices)

    return change


def _put_back(old: Standing) -> None:
    """Write a record and its text as they were."""
    record: dict[str, Any] = json.loads(old.record)
    made = record.pop("made")
    poem = from_record(record)
    text = as_text(poem, with_colophon="without colophon" not in made["settings"])
    with PoemsFolder(old.folder, force=True) as folder:
        found = Found(old.path, Path(old.path).name, made["stamp"])
        # The record first names the text as photopoem wrote it: what a person made of it is known by the difference.
        folder.add(record, found, made["settings"], text)
        folder.finish()
    if old.text != text:
        _write_text(old)


def _write_text(old: Standing) -> None:
    """Write the text of a poem as it was, or take it away where there was none."""
    file = old.folder / json.loads(old.record)["made"]["file"]
    if old.text is None:
        file.unlink(missing_ok=True)
    else:
        write_atomically(file, old.text.encode("utf-8", "surrogateescape"))
