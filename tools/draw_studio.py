"""Takes the pictures of docs/studio.md, curating.md and class.md from a real studio on the samples.

    python tools/draw_studio.py

Writes docs/images/studio-*.jpg. Needs chromium and chromedriver.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from tests.studio import StudioPage

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
IMAGES = ROOT / "docs" / "images"
WIDE, HIGH = 1120, 700
QUALITY = 78

ANA = """{
  "origin": "#first#\\n#color.capitalize#, and #color#.\\n#last#",
  "first": ["Here is #label1.a#.", "Somebody left #label1.a# here.", "Nobody told me what this is."],
  "last": ["Was there #doubt.a#?", "I was not there."]
}
"""
BEN = ANA.replace("#label1.a# here", "#lable1.a# here")
CLEO = """{
  "origin": "#say#\\n#where#\\nWho called it that? #color.capitalize#.",
  "say": ["Dear #label1#,", "#label1.the.capitalize#:"],
  "where": ["you are #placed#, I am told,", "#label1.does#,"]
}
"""


def wall(page: StudioPage) -> None:
    """The wall in the middle of the work: some are kept, one is dropped."""
    for name, state in (("fig", "kept"), ("dandelions", "kept"), ("stream", "dropped")):
        page.running.wall.decide([_id(page, name)], state)
    page.open()
    page.until("document.querySelectorAll('.card.kept').length == 2")


def word(page: StudioPage) -> None:
    """One poem, and what a word of it tells."""
    _open_poem(page, "two-dogs")
    page.click_word("machine")


def color(page: StudioPage) -> None:
    """One poem, and where one of its colors is."""
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    _open_poem(page, "fig")
    swatch = page.driver.find_elements(By.CSS_SELECTOR, "#palette button")[1]
    ActionChains(page.driver).move_to_element(swatch).perform()
    page.until("document.getElementById('veil').classList.contains('on')")


def grammar(page: StudioPage) -> None:
    """A grammar of one's own, beside its poems."""
    page.open("#grammar")
    page.until("document.querySelectorAll('#g-poems article').length == 6")
    page.js("(document.getElementById('g-open').value = 'ana.json', 1)")
    page.js("(document.getElementById('g-open').dispatchEvent(new Event('change')), 1)")
    page.until("document.getElementById('g-text').value.includes('Somebody left')")
    page.until("document.getElementById('g-figures').textContent.startsWith('no errors')")


def several(page: StudioPage) -> None:
    """Several grammars on one photograph, one of them with a mistake."""
    page.open("#grammar=several")
    page.until("document.querySelectorAll('#s-poems article :is(h2, .none)').length >= 3")
    for _ in range(5):
        page.keys("j")
    page.until("document.getElementById('s-photo').selectedIndex == 5")
    page.until("document.querySelector('#s-picture img').naturalWidth")


def screen(page: StudioPage) -> None:
    """The newest poem, full screen."""
    page.open("#screen")
    page.until("document.querySelector('.slide.on')")


def _id(page: StudioPage, name: str) -> str:
    wall = page.running.wall
    return next(each for each in wall.ids() if wall.row(each).told["name"] == f"{name}.jpg")


def _open_poem(page: StudioPage, name: str) -> None:
    page.open(f"#poem={_id(page, name)}")
    page.until("document.querySelectorAll('#poem-lines .w').length")
    page.until("document.getElementById('photo').naturalWidth")


PICTURES: dict[str, Callable[[StudioPage], None]] = {
    "wall": wall, "word": word, "color": color, "grammar": grammar, "several": several, "screen": screen,
}  # fmt: skip


def main() -> None:
    """Write the samples' poems, open a studio on them, and take each picture."""
    from tests.browser import chromium, look_as
    from tests.command import photopoem
    from tests.studio import StudioPage, studio

    names = sys.argv[1:] or list(PICTURES)
    with tempfile.TemporaryDirectory() as temporary, chdir(temporary):
        shutil.copytree(ROOT / "samples", "samples")
        photopoem("run", "samples", "--labels", "local", "--quiet")
        for name, text in (("ana", ANA), ("ben", BEN), ("cleo", CLEO)):
            Path(f"{name}.json").write_text(text)
        with chromium() as driver, studio(Path("poems")) as running:
            look_as(driver, width=WIDE, height=HIGH)
            page = StudioPage(driver, running, Path("poems"))
            for name in names:
                PICTURES[name](page)
                take(page, name)
            driver.get("about:blank")


def take(page: StudioPage, name: str) -> None:
    """Take a picture of what the page shows once nothing in it moves."""
    sleep(2)
    shot = Image.open(io.BytesIO(page.driver.get_screenshot_as_png())).convert("RGB")
    file = IMAGES / f"studio-{name}.jpg"
    shot.save(file, quality=QUALITY, optimize=True)
    print(f"docs/images/{file.name}", file.stat().st_size // 1000, "kB")


if __name__ == "__main__":
    main()
