"""A studio that runs in this process, for the tests of its page and of its doors."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from photopoem.photo.discover import Found
from photopoem.poem import Poem, record
from photopoem.poems.folder import PoemsFolder
from photopoem.poems.show import read_show
from photopoem.poems.text import as_text, read_edited
from photopoem.studio.server import Studio
from photopoem.studio.wall import PICTURES, Wall


@contextmanager
def studio(folder: Path, **options: Any) -> Iterator[Studio]:
    """A studio on a folder of poems, served until the block ends."""
    running = Studio(Wall(folder, str(folder / "words.toml")), **options)
    bound = running.bind()
    servers: list[Any] = []
    thread = threading.Thread(target=running.serve, args=(bound,), kwargs={"ready": servers.append})
    thread.start()
    try:
        until(lambda: bool(servers) and servers[0].started)
        running.wall.look()
        yield running
    finally:
        servers[0].should_exit = True
        thread.join(timeout=20)
        bound.close()
    assert not thread.is_alive()


@contextmanager
def pictures(folder: Path) -> Iterator[None]:
    """The small pictures of photographs that were shown in other folders so far lie in this one too."""
    made = folder / PICTURES
    made.mkdir(exist_ok=True)
    for name, data in _PICTURES.items():
        (made / name).write_bytes(data)
    yield
    _PICTURES.update({path.name: path.read_bytes() for path in made.glob("*.webp")})


_PICTURES: dict[str, bytes] = {}


def write(folder: Path, poem: Poem, name: str = "photo.jpg") -> None:
    """Write a poem into a folder of poems, as a run does."""
    with PoemsFolder(folder) as open_folder:
        open_folder.add(record(poem), Found(poem.subject.path, name, "1-1"), "settings", as_text(poem))


def until(holds: Any, seconds: float = 10.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        time.sleep(0.02)


class StudioPage:
    """The page of a studio, as its tests use it."""

    def __init__(self, driver: Chrome, running: Studio, poems: Path) -> None:
        self.driver, self.running, self.poems = driver, running, poems

    def open(self, anchor: str = "") -> None:
        """Open it afresh, and wait until the show is there."""
        if self.driver.current_url != "about:blank":
            self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(self.running.address.partition("#")[0] + anchor)
        self.until("document.getElementById('count').textContent")

    def js(self, script: str, *given: Any) -> Any:
        """The value of a script."""
        return self.driver.execute_script(f"return {script}", *given)

    def until(self, script: str) -> None:
        """Wait until a script returns something true."""
        until(lambda: self.js(script))

    def keys(self, *keys: str) -> None:
        """Keys, wherever the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def point_at(self, element: Any) -> None:
        """Move the pointer there, at once."""
        ActionChains(self.driver, duration=0).move_to_element(element).perform()

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """In pages that are opened meanwhile, a second lasts a tenth of one."""
        script = "const real = setTimeout; window.setTimeout = (act, time) => real(act, time / 10);"
        hurry = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        yield
        self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", hurry)

    def said(self, text: str) -> None:
        """Wait until the page says this."""
        until(lambda: text in self.js("document.getElementById('said').textContent"))

    def card(self) -> Any:
        """The id of the poem under the focus."""
        return self.js("document.activeElement.closest('.card')?.dataset.id")

    def path(self) -> str:
        """The path of the photograph under the focus."""
        return self.running.wall.row(self.card()).path

    def lines(self) -> list[str]:
        """The lines of the poem under the focus, as they stand on the wall."""
        found: list[str] = self.js(
            "[...document.activeElement.closest('.card').querySelectorAll('.lines span')].map((s) => s.textContent)"
        )
        return found

    def as_shown(self, *selectors: str) -> list[str]:
        """The text of an element for each selector, with the blanks that the page shows."""
        return [self.js("document.querySelector(arguments[0]).innerText", each) for each in selectors]

    def choice(self, path: str) -> Any:
        """What the show file says of a photograph."""
        return read_show(self.poems).choice(path)

    def text(self, path: str) -> str:
        """The lines of a photograph's poem in the files."""
        (poem,) = [each for each in read_edited(self.poems) if each.subject.path == path]
        return poem.text

    def see_one(self) -> None:
        """Open the poem under the focus, and wait for its words."""
        self.keys(Keys.ENTER)
        self.until("document.querySelectorAll('#poem-lines .w').length")

    def click_word(self, layer: str) -> str:
        """Click the first word of a layer in the poem's lines; returns it."""
        word = self.driver.find_element(By.CSS_SELECTOR, f"#poem-lines .w.{layer}")
        told = word.text
        word.click()
        self.until("document.getElementById('word').open")
        return told
