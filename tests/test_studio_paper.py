"""The paper view of the studio: the queue and what is in doubt, printing, previews; on a printer of the test."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from photopoem.errors import UsageError
from photopoem.press.receipt import ReceiptPress
from photopoem.printing.queue import Queue
from photopoem.services.publish import enqueue, open_paper
from photopoem.studio.paper import Tray
from photopoem.studio.server import ON_PAPER
from photopoem.studio.wall import Wall
from tests.browser import complaints_of, look_as
from tests.command import photopoem
from tests.fake_printer import FakePrinter
from tests.gallery import poem_of
from tests.studio import StudioPage, pictures, studio, until


@pytest.fixture
def page(driver: Chrome, poems: Path, printer: FakePrinter) -> Iterator[StudioPage]:
    """The paper view, in a studio that was given a printer."""
    look_as(driver)
    with pictures(poems), studio(poems, paper=open_paper(f"tcp://127.0.0.1:{printer.port}")) as running:
        page = StudioPage(driver, running, poems)
        page.open("#paper")
        page.until("document.getElementById('p-target').value")
        yield page
        assert [each for each in complaints_of(driver) if "status of 4" not in each] == []
        driver.get("about:blank")


def send(page: StudioPage, which: str) -> None:
    """Choose which poems, and press Print these."""
    page.driver.find_element(By.CSS_SELECTOR, f"#p-which option[value={which}]").click()
    page.driver.find_element(By.ID, "p-send").click()


def test_these_are_printed_once_and_dropped_ones_never(page: StudioPage, printer: FakePrinter) -> None:
    """The poems of the filter are printed after a question, each once; one that was dropped is not among them."""
    photopoem("drop", page.poems / "fig.jpg.txt")
    page.until("document.getElementById('count').textContent.includes('1 dropped')")
    send(page, "shown")
    page.until("document.getElementById('sure').open")
    page.driver.find_element(By.CSS_SELECTOR, "#sure button[value=yes]").click()
    until(lambda: len(printer.jobs) == 5)
    page.until("document.getElementById('p-counts').textContent == '5 printed'")
    send(page, "one")
    page.said("it had before")
    assert len(printer.jobs) == 5


def test_doubtful_poem_is_printed_again_or_skipped(page: StudioPage, printer: FakePrinter) -> None:
    """Doubtful jobs come first, with their cause; one click prints a job again, another skips it."""
    folder = page.poems
    ids = page.running.wall.ids()
    with Queue(folder) as queue:
        enqueue(queue, page.running.wall.poems(ids[:2]), open_paper(f"tcp://127.0.0.1:{printer.port}"))
        for job in queue.jobs():
            queue.mark(job.id, "doubtful", "the printer went away")
    page.until("document.querySelectorAll('#p-jobs .doubtful').length == 2")
    assert "the printer went away" in page.js("document.getElementById('p-jobs').textContent")
    page.js(
        "document.querySelector('#p-jobs button').click()"
    )  # at once: the list is drawn anew all the time
    until(lambda: len(printer.jobs) == 1)
    page.until("document.querySelectorAll('#p-jobs .doubtful').length == 1")
    page.js("document.querySelectorAll('#p-jobs button')[1].click()")
    page.said("1 skipped")
    page.until("document.getElementById('p-counts').textContent == '1 printed, 1 skipped'")


def test_printer_that_is_off_is_told(page: StudioPage, printer: FakePrinter) -> None:
    """Where a printer is off the page says so, and the poem is printed once it is on again."""
    printer.switch_off()
    send(page, "one")
    page.until("document.getElementById('p-trouble').textContent")
    page.until("document.querySelectorAll('#p-jobs li').length == 1")
    printer.switch_on()
    until(lambda: len(printer.jobs) == 1, 20)


def test_previews_show_the_poem(page: StudioPage) -> None:
    """The receipt and the plotter's sheet appear as pictures; the card is a PDF with the poem's words."""
    loaded = (
        "document.getElementById('p-image').complete && document.getElementById('p-image').naturalWidth > 100"
    )
    page.until(loaded)
    page.driver.find_element(By.CSS_SELECTOR, "#p-kind option[value=plot]").click()
    page.until("document.getElementById('p-image').src.includes('/plot') && " + loaded)
    data, media = page.running.tray.preview(page.running.wall.ids()[0], "card")
    assert media == "application/pdf"
    from pypdf import PdfReader

    told = " ".join(each.extract_text() for each in PdfReader(io.BytesIO(data)).pages)
    assert "remember" in told


def test_receipt_preview_is_as_wide_as_the_paper(samples: list[Path]) -> None:
    """The preview of a receipt has the dots of the paper between its margins, and the photograph above the words."""
    press = ReceiptPress(photo=True, columns=42)
    poem = poem_of(samples[0])
    with_photo, without = press.preview(poem), ReceiptPress(columns=42).preview(poem)
    assert with_photo.width == without.width == press.dots + 60
    assert with_photo.height > without.height + 200
    ink = without.convert("L").point(lambda v: 255 - v)
    assert 0.01 < sum(ink.histogram()[128:]) / (ink.width * ink.height) < 0.3
    assert isinstance(with_photo, Image.Image)


@pytest.mark.parametrize(
    "target", ["tcp://127.0.0.1:1", "dir:/tmp/anywhere", "file:/tmp/x.pdf", "serial:/dev/ttyS0", ""]
)
def test_page_cannot_name_a_printer(poems: Path, target: str) -> None:
    """Only a printer of the command line, or one that this folder was printed to, is printed to."""
    wall = Wall(poems, str(poems / "words.toml"))
    wall.look()
    with pytest.raises(UsageError):
        Tray(wall).send(wall.ids(), target)
    assert not (poems / "print-queue.sqlite").exists()


def test_acts_on_paper_go_through_the_same_doors(poems: Path) -> None:
    """What prints is a POST of the page alone, and is refused on a screen."""
    from tests.test_studio_doors import ask

    with studio(poems) as running:
        for act in ON_PAPER:
            path = f"/{running.token}/{act}"
            assert ask(running, path)[0] == 405
            assert ask(running, path, "POST", {"ids": []}, Origin="http://evil.example")[0] == 403
            assert ask(running, path, "POST", {"ids": []})[0] == 400
    with studio(poems, read_only=True) as running:
        assert ask(running, f"/{running.token}/print", "POST", {"ids": running.wall.ids()})[0] == 403
