"""The html press in a real browser: content, source notes, highlights, requests and speed."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.interaction import POINTER_TOUCH
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from photopoem.color.spaces import contrast
from photopoem.photo.reading import read_photo
from photopoem.press.html import HtmlPress
from tests.browser import complaints_of, look_as, open_page, requests_of
from tests.conftest import Rounds
from tests.gallery import HOSTILE, hostile_poem, poem_of
from tests.paper import WIDE, make_poem

JOINED = ("\U0001f469\u200d\U0001f33e", "\u0645\u06cc\u200c\u0631\u0648\u0645", "auf\u200clage")


@pytest.fixture(scope="module")
def page(samples: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery of the six samples."""
    path = tmp_path_factory.mktemp("page") / "poems.html"
    path.write_bytes(HtmlPress().press([poem_of(sample) for sample in samples]))
    return path


@pytest.fixture
def gallery(driver: Chrome, page: Path) -> Chrome:
    """The gallery, opened afresh by day."""
    look_as(driver)
    open_page(driver, page)
    return driver


def word(driver: Chrome, text: str, poem: int = 1) -> WebElement:
    """The first word of a poem with this text."""
    words = driver.find_elements(By.CSS_SELECTOR, f"#p{poem} .poem .w")
    return next(each for each in words if each.text == text)


def tip(driver: Chrome) -> str:
    """What the tip says; nothing while it is hidden."""
    return driver.find_element(By.ID, "tip").text


def press_keys(driver: Chrome, *keys: str) -> None:
    """Keys, wherever the focus is."""
    ActionChains(driver).send_keys(*keys).perform()


def until(driver: Chrome, script: str) -> None:
    """Wait until a script returns something true, ten seconds at most."""
    WebDriverWait(driver, 10, poll_frequency=0.05).until(lambda _: driver.execute_script(f"return {script}"))


def test_page_asks_for_nothing_and_complains_of_nothing(gallery: Chrome, page: Path) -> None:
    """The gallery of the six samples shows six pictures in its own letters, without a request or a complaint."""
    gallery.execute_script("for (const image of document.images) image.loading = 'eager'")
    until(
        gallery, "document.fonts.ready.then(() => 1) && [...document.images].every((i) => i.naturalWidth > 0)"
    )
    assert len(gallery.find_elements(By.CSS_SELECTOR, "article img")) == 6
    faces = gallery.execute_script("return [...document.fonts].map((face) => face.status)")
    assert faces == ["loaded", "loaded"]
    assert requests_of(gallery) == [page.as_uri()]
    assert complaints_of(gallery) == []


@pytest.mark.parametrize(
    ("text", "layer", "told"),
    [
        ("sky", "machine", ["the machine", "sky", "0.92", "local"]),
        ("still", "machine", ["the machine", "measured", "pixels"]),
        ("autumn", "place", ["the place", "season", "2018-10-04 17:31"]),
        ("holds no shape", "author", ["the author", "sky", "lexicon"]),
    ],
)
def test_word_tells_its_source_on_hover(gallery: Chrome, text: str, layer: str, told: list[str]) -> None:
    """A word under the pointer shows its layer and figures; elsewhere the tip is hidden."""
    ActionChains(gallery).move_to_element(word(gallery, text)).perform()
    assert all(part in tip(gallery) for part in told), tip(gallery)
    assert gallery.find_element(By.ID, "tip").get_attribute("class") == layer
    box = gallery.execute_script("return document.getElementById('tip').getBoundingClientRect().toJSON()")
    assert box["left"] >= 0
    assert box["right"] <= 1280
    ActionChains(gallery).move_to_element(gallery.find_element(By.TAG_NAME, "h1")).perform()
    assert tip(gallery) == ""


def test_photograph_dims_but_where_the_machine_looked(gallery: Chrome) -> None:
    """Under the pointer a label's word dims its photograph around its region; other words, or none, leave it whole."""

    def mask() -> str:
        script = "return getComputedStyle(document.querySelector('#p1 img')).maskImage"
        return str(gallery.execute_script(script))

    picture = gallery.find_element(By.CSS_SELECTOR, "#p1 img").size
    ActionChains(gallery).move_to_element(word(gallery, "sky")).perform()
    found = re.search(r"radial-gradient\(([\d.]+)px ([\d.]+)px at ([\d.]+)px ([\d.]+)px", mask())
    assert found is not None
    across, down = float(found[3]), float(found[4])
    assert across == pytest.approx(picture["width"] / 2, abs=2)
    assert down == pytest.approx(picture["height"] * 0.2, abs=2)
    for other in (word(gallery, "autumn"), gallery.find_element(By.TAG_NAME, "h1")):
        ActionChains(gallery).move_to_element(other).perform()
        assert mask() == "none"


def test_color_word_tells_hex_and_share_on_focus(gallery: Chrome, samples: list[Path]) -> None:
    """A focused color word shows its hex, its share and who named it, and has that as its description."""
    swatch = poem_of(samples[0]).subject.palette.swatches[0]
    one = word(gallery, swatch.name)
    gallery.execute_script("arguments[0].focus()", one)
    assert all(part in tip(gallery) for part in ("the people", swatch.hex, f"{swatch.share:.0%}", "xkcd"))
    assert one.get_attribute("aria-describedby") == "tip"
    press_keys(gallery, Keys.ESCAPE)
    assert tip(gallery) == ""


def test_word_tells_its_source_on_touch(gallery: Chrome) -> None:
    """A finger on a word opens the tip, which stays; a second touch closes it."""
    look_as(gallery, width=390, height=844)
    one = word(gallery, "sky")
    gallery.execute_script("arguments[0].scrollIntoView({block: 'center'})", one)
    for expected in ("scored 0.92", ""):
        builder = ActionBuilder(gallery, mouse=PointerInput(POINTER_TOUCH, "finger"))
        builder.pointer_action.move_to(one).pointer_down().pointer_up()
        builder.perform()
        time.sleep(0.2)
        assert expected in tip(gallery)
        assert bool(tip(gallery)) == bool(expected)
    assert "#" not in gallery.current_url


def test_keyboard_goes_from_poem_to_poem_and_word_to_word(gallery: Chrome) -> None:
    """Each poem is one stop of the Tab key; arrows go along its words, j and k to the next poem and back."""
    stops = gallery.execute_script(
        "return [...document.querySelectorAll('article')].map((a) => a.querySelectorAll('.w[tabindex=\"0\"]').length)"
    )
    assert stops == [1] * 6
    focus = "document.activeElement.closest('article').id + ' ' + document.activeElement.textContent"
    press_keys(gallery, "j")
    assert gallery.execute_script(f"return {focus}") == "p1 sky"
    press_keys(gallery, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert gallery.execute_script(f"return {focus}") == "p1 holds no shape"
    press_keys(gallery, "jj", Keys.ARROW_LEFT)
    assert gallery.execute_script(f"return {focus}") == "p3 sky"
    press_keys(gallery, "k")
    assert gallery.execute_script(f"return {focus}") == "p2 sky"
    assert 0 <= gallery.execute_script("return document.activeElement.getBoundingClientRect().top") < 900


@pytest.mark.parametrize(("key", "layer"), [("1", "place"), ("2", "machine"), ("3", "people")])
def test_layers_are_lit_one_by_one(gallery: Chrome, key: str, layer: str) -> None:
    """A key lights the words of one layer and dims all other text; its button does the same and shows it."""
    inks = "[...document.querySelectorAll('#p1 .poem .w')].map((w) => [w.classList[1], getComputedStyle(w).color])"
    ink = gallery.execute_script("return getComputedStyle(document.body).color")
    pressed = "[...document.querySelectorAll('nav button')].map((b) => b.getAttribute('aria-pressed')).join()"
    before = gallery.execute_script(f"return {inks}")
    button = gallery.find_element(By.CSS_SELECTOR, f"nav [data-layer={layer}]")
    for act in (lambda: press_keys(gallery, key), button.click):
        act()
        lit = {own for own, color in gallery.execute_script(f"return {inks}") if color == ink}
        assert lit == {layer}
        assert gallery.execute_script(f"return {pressed}").count("true") == 1
        act()
        assert gallery.execute_script(f"return {inks}") == before
    press_keys(gallery, "1" if key != "1" else "2", key)
    assert gallery.execute_script("return document.documentElement.dataset.lit") == layer
    press_keys(gallery, "0")
    assert gallery.execute_script(f"return {inks}") == before


@pytest.mark.parametrize("dark", [False, True])
def test_color_words_can_be_read(gallery: Chrome, dark: bool) -> None:
    """By day and by night every color word has a contrast of 4.5 with the page, and an underline of its true color."""
    look_as(gallery, dark=dark)
    script = """return [...document.querySelectorAll('.poem .w.c')].map((w) => {
        const style = getComputedStyle(w);
        return [style.color, getComputedStyle(document.body).backgroundColor, style.textDecorationColor];
    })"""
    found = gallery.execute_script(script)
    assert len(found) >= 30
    rgb = [[tuple(map(int, re.findall(r"\d+", color)[:3])) for color in one] for one in found]
    assert min(contrast(ink, paper) for ink, paper, _ in rgb) >= 4.5
    assert (sum(rgb[0][1]) < 100) == dark
    palettes = gallery.execute_script(
        "return [...document.querySelectorAll('.strip rect')].map((r) => getComputedStyle(r).fill)"
    )
    true = {tuple(map(int, re.findall(r"\d+", color)[:3])) for color in palettes}
    assert {line for *_, line in rgb} <= true


def test_hostile_texts_stay_texts(driver: Chrome, tmp_path: Path) -> None:
    """Markup in labels, names, sources and colophon is shown as it was written and does nothing."""
    path = tmp_path / "hostile.html"
    path.write_bytes(HtmlPress(title=HOSTILE).press([hostile_poem(), hostile_poem()]))
    look_as(driver)
    open_page(driver, path)
    ActionChains(driver).move_to_element(driver.find_element(By.CSS_SELECTOR, "#p1 .poem .w")).perform()
    assert HOSTILE in tip(driver)
    assert HOSTILE in driver.find_element(By.CSS_SELECTOR, "#p1 .poem").text
    assert "{{ 7 * 7 }}" in driver.find_element(By.CSS_SELECTOR, "#p1 .poem").text
    press_keys(driver, "s")
    until(driver, "document.querySelector('#show article.on')")
    assert len(driver.find_elements(By.CSS_SELECTOR, "img, iframe, object, embed")) == 0
    assert len(driver.find_elements(By.TAG_NAME, "script")) == 1
    assert driver.title == HOSTILE
    assert complaints_of(driver) == []
    assert requests_of(driver) == [path.as_uri()]


def test_page_may_do_nothing_but_its_own(gallery: Chrome) -> None:
    """The page's policy stops foreign script, style, pictures and requests, should any ever get in."""
    gallery.execute_script("""
        const script = document.createElement('script');
        script.textContent = "document.title = 'harmed'";
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<p id=q onclick="document.title=1" style="color:red">q</p>');
        document.getElementById('q').click();
    """)
    fetched = gallery.execute_async_script(
        "const done = arguments[0]; fetch('http://127.0.0.1:9/').then(() => done('sent'), () => done('stopped'))"
    )
    assert fetched == "stopped"
    assert gallery.title == "Whose memories?"
    assert (
        gallery.execute_script("return getComputedStyle(document.getElementById('q')).color")
        != "rgb(255, 0, 0)"
    )
    said = " ".join(complaints_of(gallery))
    assert said.count("Content Security Policy") >= 3


def test_show_fills_the_screen_and_goes_on_by_itself(driver: Chrome, page: Path) -> None:
    """`#show=1` covers everything with one poem after another, each whole; Escape ends it."""
    look_as(driver)
    open_page(driver, page, "#show=1")
    seen: list[str] = []
    title = "document.querySelector('#show article.on h2')"
    picture = "document.querySelector('#show article.on img')"
    deadline = time.monotonic() + 20
    while len(seen) < 3 and time.monotonic() < deadline:
        source = driver.execute_script(f"return {title} && {picture}.src")
        if source and (not seen or seen[-1] != source):
            seen.append(source)
        time.sleep(0.05)
    assert len(set(seen)) == 3
    box = driver.execute_script("return document.getElementById('show').getBoundingClientRect().toJSON()")
    assert (box["left"], box["top"], box["width"], box["height"]) == (0, 0, 1280, 900)
    text = driver.execute_script(
        "return document.querySelector('#show article:last-of-type .text').getBoundingClientRect().toJSON()"
    )
    assert text["top"] >= 0
    assert text["bottom"] <= 900
    press_keys(driver, Keys.ESCAPE)
    assert not driver.find_element(By.ID, "show").is_displayed()
    assert "#" not in driver.current_url
    assert complaints_of(driver) == []


def test_show_obeys_its_keys(gallery: Chrome) -> None:
    """In the slide show, arrows move, Space pauses, layers can be highlighted, and the page behind is inert."""
    press_keys(gallery, "s")
    on = "document.querySelector('#show article:last-of-type').querySelector('img').src"
    until(gallery, "document.querySelector('#show article.on')")
    first = gallery.execute_script(f"return {on}")
    press_keys(gallery, Keys.ARROW_RIGHT)
    assert gallery.execute_script(f"return {on}") != first
    press_keys(gallery, Keys.ARROW_LEFT, " ", "2")
    assert gallery.execute_script(f"return {on}") == first
    assert gallery.find_element(By.CSS_SELECTOR, "#show .paused").text == "paused"
    assert gallery.execute_script("return document.documentElement.dataset.lit") == "machine"
    assert gallery.execute_script("return document.querySelector('main').inert")
    press_keys(gallery, Keys.ESCAPE)
    assert not gallery.execute_script("return document.querySelector('main').inert")


def test_screen_reader_hears_names_and_states(gallery: Chrome) -> None:
    """Poems are articles named by their titles, pictures say what was seen, palettes and buttons have names."""
    gallery.execute_cdp_cmd("Accessibility.enable", {})
    nodes = gallery.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    gallery.execute_cdp_cmd("Accessibility.disable", {})
    named = {(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n.get("ignored")}
    assert ("article", "Before the sky") in named
    assert any(role == "image" and "labels: sky, mountain" in name for role, name in named)
    assert any(role == "image" and name.startswith("Palette: ") for role, name in named)
    assert any(role == "button" and "the machine" in name for role, name in named)
    assert {"main", "navigation", "banner", "contentinfo", "heading"} <= {role for role, _ in named}
    assert not [
        role for role, name in named if role in {"button", "link", "image", "doc-noteref"} and not name
    ]


def test_page_prints_every_poem(gallery: Chrome, samples: list[Path], tmp_path: Path) -> None:
    """The printed page has every line in black on white, even in dark mode, without screen-only parts."""
    import base64
    import io

    from pypdf import PdfReader

    night = [{"name": "prefers-color-scheme", "value": "dark"}]
    gallery.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": night})
    ink = "const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]"
    assert gallery.execute_script(ink) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert not gallery.find_element(By.TAG_NAME, "nav").is_displayed()
    made = gallery.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
    reader = PdfReader(io.BytesIO(base64.b64decode(made["data"])))
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))
    for sample in samples:
        for line in poem_of(sample).lines:
            assert str(line).replace("y's", "y\u2019s") in text
    assert "light a layer" not in text
    assert 2 <= len(reader.pages) <= 6
    gallery.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def test_page_works_without_script(driver: Chrome, page: Path) -> None:
    """Without script poems are there, and a word leads to the note of its source, which opens."""
    look_as(driver)
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        open_page(driver, page)
        word(driver, "sky").click()
        note = driver.find_element(By.CSS_SELECTOR, "#p1 details li")
        assert note.is_displayed()
        assert "scored 0.92" in note.text
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_page_fits_a_telephone(gallery: Chrome) -> None:
    """On a narrow screen nothing is wider than the screen."""
    look_as(gallery, width=360, height=740)
    assert gallery.execute_script("return document.documentElement.scrollWidth") <= 360


@pytest.mark.campaign
def test_many_photographs_are_seen_at_once(
    driver: Chrome, samples: list[Path], tmp_path: Path, rounds: Rounds
) -> None:
    """Of 2,000 photographs the first is seen in under 2 s; pictures out of sight wait; the file stays under 70 MB.

    Without --campaign there are 400, in a file of that share.
    """
    count = rounds(400, 2000)
    originals = [poem_of(sample) for sample in samples]
    poems, digests = [], dict[Path, str]()
    for number in range(count):
        one = originals[number % 6]
        path = tmp_path / f"{number % 48}.jpg"
        if not path.exists():
            with Image.open(one.subject.path) as image:
                image.reduce(2).rotate(number // 6 * 3).save(path)
            digests[path] = read_photo(path).digest
        subject = replace(one.subject, path=str(path), digest=digests[path])
        poems.append(replace(one, seed=number, subject=subject))
    page = tmp_path / "many.html"
    page.write_bytes(HtmlPress().press(poems))
    assert page.stat().st_size < 35_000 * count
    look_as(driver)
    open_page(driver, page)
    # The first photograph is the largest thing in the first view.
    seen = driver.execute_async_script("""const done = arguments[0];
        new PerformanceObserver((list) => {
            const pictures = list.getEntries().filter((entry) => entry.element?.tagName === "IMG");
            if (pictures.length) done(pictures[0].startTime);
        }).observe({type: "largest-contentful-paint", buffered: true})""")
    assert seen < 2000
    loaded = driver.execute_script("return [...document.images].filter((image) => image.complete).length")
    assert 1 <= loaded < 200
    driver.execute_script("document.getElementById('p' + arguments[0]).scrollIntoView()", count)
    last = "return [...document.images].pop().complete"
    WebDriverWait(driver, 10).until(lambda _: driver.execute_script(last))
    assert complaints_of(driver) == []
    assert requests_of(driver) == [page.as_uri()]


def test_a_page_shows_the_authors_blanks_and_joiners(driver: Chrome, tmp_path: Path) -> None:
    """In a browser a line has all its characters, and runs of spaces, wide blanks and indents take their width."""
    page = tmp_path / "page.html"
    page.write_bytes(HtmlPress().press([make_poem("a b", "ab", *WIDE, *JOINED)]))
    look_as(driver)
    open_page(driver, page)
    told, wide = driver.execute_script(
        """const lines = [...document.querySelectorAll("#poems .line")];
        const width = line => { const all = document.createRange(); all.selectNodeContents(line);
                                return all.getBoundingClientRect().width; };
        return [lines.map(line => line.textContent), lines.map(width)];"""
    )
    assert tuple(told[2:]) == (*WIDE, *JOINED)
    space, joined = wide[0] - wide[1], wide[1] / 2
    assert wide[2] - wide[1] > 3.5 * space  # four spaces
    assert wide[3] > joined + 6 * space  # two em are eight spaces or so
    assert wide[4] > joined + 3.5 * space
    assert wide[5] - wide[1] > 2 * space
