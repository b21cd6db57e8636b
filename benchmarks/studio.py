"""How fast the studio shows a wall of poems and reacts to a key, in a real browser.

    PYTHONPATH=. python benchmarks/studio.py            2,000 poems of the six samples
    PYTHONPATH=. python benchmarks/studio.py 10000      more of them

Prints, in milliseconds: the first wall with its pictures, when none of them was made before and when all were; and the
medians of keeping, dropping, going on and re-rolling, from the key to the card that shows it, and of keeping until it
stands in the file.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from selenium.webdriver import Chrome

from photopoem.photo.discover import Found
from photopoem.poem import record
from photopoem.poems.folder import PoemsFolder
from photopoem.poems.text import as_text
from tests.browser import chromium, look_as
from tests.gallery import poem_of
from tests.studio import studio

KEYS = 30
KINDS = (
    (" ", "seen", "keep"), ("x", "seen", "drop"), ("j", "seen", "next"), ("r", "poem", "another poem"),
    (" ", "told", "keep, until it stands in the file"),
)  # fmt: skip
SAMPLES = sorted((Path(__file__).parent.parent / "samples").glob("*.jpg"))
WALL = """
    const done = arguments[0];
    const wait = setInterval(() => {
        const all = [...document.querySelectorAll(".card img")];
        const seen = all.filter((i) => i.getBoundingClientRect().top < innerHeight);
        if (!seen.length || !seen.every((i) => i.naturalWidth)) return;
        clearInterval(wait);
        done(performance.now());
    }, 2);
"""
KEY = """
    const [key, what, done] = arguments, on = () => document.activeElement, states = {
        seen: () => on().className.replace(" waits", "") + on().dataset.id,
        poem: () => on().querySelector(".lines").textContent,
        told: () => on().classList.contains("waits") ? before : on().className,
    }, state = states[what];
    const before = state(), began = performance.now();
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const wait = setInterval(() => {
        if (state() === before) return;
        clearInterval(wait);
        done(performance.now() - began);
    }, 1);
"""


def write_poems(folder: Path, number: int) -> None:
    """Write so many poems, of copies of the samples."""
    poems = [poem_of(sample) for sample in SAMPLES]
    photos = folder / "photos"
    photos.mkdir()
    with PoemsFolder(folder / "poems") as open_folder:
        for n in range(number):
            photo = photos / f"{n:05}.jpg"
            shutil.copy(SAMPLES[n % len(SAMPLES)], photo)
            poem = poems[n % len(poems)]
            poem = replace(poem, subject=replace(poem.subject, path=str(photo)))
            open_folder.add(record(poem), Found(str(photo), photo.name, "1-1"), "", as_text(poem))


def measure(driver: Chrome, address: str) -> None:
    """Open a studio once, and print what it takes."""
    driver.get("about:blank")
    driver.get(address)
    print(f"first wall: {driver.execute_async_script(WALL):.0f} ms")
    for key, what, name in KINDS:
        took = [driver.execute_async_script(KEY, key, what) for _ in range(KEYS)]
        print(f"{name}: median {statistics.median(took):.0f} ms, most {max(took):.0f} ms")


def main() -> None:
    """Measure with new pictures and with cached ones."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as folder, chromium() as driver:
        write_poems(Path(folder), number)
        look_as(driver)
        for pictures in ("made now", "there already"):
            with studio(Path(folder) / "poems") as running:
                print(f"{number} poems, pictures {pictures}")
                measure(driver, running.address)
                driver.get("about:blank")


if __name__ == "__main__":
    main()
