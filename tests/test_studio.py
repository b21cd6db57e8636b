"""The studio in a real browser: actions on the page change the files, and the other way round."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from photopoem.english.lexicon import read_house_words
from photopoem.poem import Line, Span
from photopoem.poems.show import read_show
from photopoem.poems.text import read_edited
from photopoem.vocabulary import Source
from tests.browser import complaints_of, look_as, requests_of
from tests.command import photopoem
from tests.gallery import HOSTILE, hostile_poem
from tests.studio import StudioPage, pictures, studio, until, write


@pytest.fixture
def page(driver: Chrome, poems: Path) -> Iterator[StudioPage]:
    """The studio's page for them, in light mode; at the end, there were no console errors and no foreign requests."""
    look_as(driver)
    with pictures(poems), studio(poems) as running:
        page = StudioPage(driver, running, poems)
        page.open()
        yield page
        # A browser notes each answer that refuses something, which the page told the person.
        refused = ("status of 400", "status of 409")
        assert [each for each in complaints_of(driver) if not any(told in each for told in refused)] == []
        own = f"http://127.0.0.1:{running.port}/{running.token}/"
        assert [url for url in requests_of(driver) if not url.startswith((own, "blob:"))] == []
        driver.get("about:blank")


def test_wall_shows_every_photograph_with_its_poem(page: StudioPage, samples: list[Path]) -> None:
    """The wall shows six pictures, each with the lines of its poem, and the focus is on the first."""
    page.until("[...document.querySelectorAll('.card img')].filter((i) => i.naturalWidth > 0).length == 6")
    assert page.js("document.querySelectorAll('#cards .card').length") == len(samples)
    assert page.path() == str(samples[0])
    assert page.lines() == page.text(str(samples[0])).split("\n")


def test_keep_drop_and_their_return_stand_in_the_show_file(page: StudioPage) -> None:
    """Space keeps and x drops the poem under the focus, again takes that back; a reload shows the same."""
    first = page.path()
    page.keys(" ")
    page.said("kept")
    assert page.choice(first).state == "kept"
    page.keys("j", "x")
    page.said("dropped")
    second = page.path()
    assert second != first
    assert page.choice(second).state == "dropped"
    page.open()
    states = "[...document.querySelectorAll('.card')].map((c) => c.className)"
    assert page.js(states)[:3] == ["card kept", "card dropped", "card undecided"]
    assert page.js("document.getElementById('count').textContent") == "6, 1 kept, 1 dropped"
    page.keys(" ")
    page.said("undecided")
    assert page.choice(first).state == "undecided"


def test_focus_stays_where_it_was_after_an_act(page: StudioPage) -> None:
    """J and k go on and back, and after each act the focus is on the same poem, for keys and for screen readers."""
    page.keys("j", "j")
    third = page.card()
    page.keys("x")
    page.said("dropped")
    page.until("document.activeElement.className == 'card dropped'")
    assert page.card() == third
    page.keys("k")
    assert page.card() != third
    page.keys("j")
    assert page.card() == third
    assert page.js("[...document.querySelectorAll('.card')].filter((c) => c.tabIndex == 0).length") == 1


def test_reroll_brings_another_poem_and_undo_the_one_before(page: StudioPage) -> None:
    """R writes another poem and records its seed; u restores the previous one byte for byte."""
    path, before = page.path(), page.lines()
    text = page.poems / "autumn-hills.jpg.txt"
    bytes_before = text.read_bytes()
    page.keys("r")
    page.said("seed")
    until(lambda: page.lines() != before)
    assert page.text(path).split("\n") == page.lines()
    assert page.choice(path).seed is not None
    page.keys("u")
    page.said("undone")
    until(lambda: page.lines() == before)
    assert text.read_bytes() == bytes_before
    assert page.choice(path).is_empty
    page.keys("u")
    page.said("nothing to undo")


def test_another_grammar_is_taken_from_a_list(page: StudioPage) -> None:
    """G lists the grammars; the one that is clicked writes the poem, and is remembered."""
    path = page.path()
    page.keys("g")
    page.until("document.getElementById('grammars').open")
    buttons = page.driver.find_elements(By.CSS_SELECTOR, "#grammars-list button")
    next(each for each in buttons if each.text.startswith("haiku\n")).click()
    page.said("haiku")
    assert page.choice(path).grammar == "haiku"
    until(lambda: len(page.lines()) == 3)


def test_kept_poem_is_not_rerolled(page: StudioPage) -> None:
    """R on a poem that is kept changes nothing, and says why."""
    path, before = page.path(), page.lines()
    page.keys(" ")
    page.said("kept")
    page.keys("r")
    page.said("so it is not re-rolled")
    assert page.lines() == before
    assert page.choice(path).seed is None


def test_edit_in_place_stands_in_the_text(page: StudioPage) -> None:
    """E opens the words under the focus; Ctrl Enter writes them into the text, and u puts back what stood there."""
    path = page.path()
    page.keys("e")
    page.until("document.activeElement.tagName == 'TEXTAREA'")
    assert page.text(path) in page.js("document.activeElement.value")
    page.js("document.activeElement.value = 'My title\\n\\nMy own line,\\nand j x r a second.'")
    ActionChains(page.driver).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
    page.said("your words")
    assert page.text(path) == "My own line,\nand j x r a second."
    page.until("document.activeElement.className.includes('card')")
    assert page.lines() == ["My own line,", "and j x r a second."]
    assert "Labels: local" in (page.poems / "autumn-hills.jpg.txt").read_text()
    page.keys("u")
    page.said("undone")
    assert "My own" not in page.text(path)


def test_letters_in_an_editor_are_no_keys(page: StudioPage) -> None:
    """While a text is edited its letters do nothing else; Escape leaves the poem as it was."""
    path, before = page.path(), page.lines()
    page.keys("e")
    page.until("document.activeElement.tagName == 'TEXTAREA'")
    page.keys("xrju /")
    page.keys(Keys.ESCAPE)
    page.until("document.activeElement.className.includes('card')")
    assert page.lines() == before
    assert page.choice(path).is_empty
    assert page.running.wall.undo_description() == ""


def test_edited_text_is_asked_about_before_a_reroll(page: StudioPage) -> None:
    """Before another poem takes the place of a person's words the page asks; undo brings them back."""
    path, text = page.path(), page.poems / "autumn-hills.jpg.txt"
    text.write_text("Mine\n\nNot a word of it.\n")
    until(lambda: page.lines() == ["Not a word of it."])
    page.keys("r")
    page.until("document.getElementById('sure').open")
    page.driver.find_element(By.CSS_SELECTOR, "#sure button[value='']").click()
    assert page.text(path) == "Not a word of it."
    page.keys("r")
    page.until("document.getElementById('sure').open")
    page.driver.find_element(By.CSS_SELECTOR, "#sure button[value='yes']").click()
    page.said("seed")
    assert page.text(path) != "Not a word of it."
    assert (page.poems / "autumn-hills.jpg.txt.mine1").read_text() == "Mine\n\nNot a word of it.\n"
    page.keys("u")
    page.said("undone")
    assert page.text(path) == "Not a word of it."


def test_word_tells_its_source_and_is_never_said_again(page: StudioPage) -> None:
    """A word shows its score; "never say this" changes words.toml and rewrites the poem, and undo reverts both."""
    path = page.path()
    before = page.text(path)
    page.see_one()
    page.click_word("machine")
    assert "The machine saw" in page.js("document.getElementById('word-said').textContent")
    assert "scored" in page.js("document.getElementById('word-figures').textContent")
    said = page.js("document.getElementById('word-said').textContent").split("\u201c")[1].rstrip("\u201d")
    page.driver.find_element(By.ID, "word-never").click()
    page.said("never say")
    words = read_house_words(page.poems / "words.toml")
    assert words.never == (said,)
    assert page.text(path) != before
    for poem in read_edited(page.poems):
        assert not words.is_silent(poem.text)
    page.keys("u")
    page.said("undone")
    assert page.text(path) == before
    assert not (page.poems / "words.toml").exists()


def test_label_is_said_otherwise(page: StudioPage) -> None:
    """Saying something instead writes words.toml; the poem says the new word, and its source names both."""
    (page.poems / "words.toml").write_text('# the words of this house\nnever = ["gun"]\n')
    page.see_one()
    page.click_word("machine")
    said = page.js("document.getElementById('word-said').textContent").split("\u201c")[1].rstrip("\u201d")
    page.keys(Keys.TAB)
    page.driver.find_element(By.ID, "word-instead").send_keys("Nouk", Keys.ENTER)
    page.said("say 'Nouk'")
    assert (page.poems / "words.toml").read_text().startswith('# the words of this house\nnever = ["gun"]\n')
    assert read_house_words(page.poems / "words.toml").said(said) == "Nouk"
    page.until("[...document.querySelectorAll('#poem-lines .w')].some((w) => w.textContent.includes('Nouk'))")
    title = (
        "[...document.querySelectorAll('#poem-lines .w')].find((w) => w.textContent.includes('Nouk')).title"
    )
    assert f"saw \u201c{said}\u201d" in page.js(title)
    assert "called Nouk by this house" in page.js(title)


def test_color_is_never_said_again(page: StudioPage) -> None:
    """A banned color is removed from the poems and added to never_colors."""
    page.see_one()
    color = page.click_word("people")
    page.driver.find_element(By.ID, "word-never").click()
    page.said("never say")
    (name,) = read_house_words(page.poems / "words.toml").never_colors
    assert color
    page.until(f"document.getElementById('poem-lines').textContent.indexOf({json.dumps(name)}) < 0")


def test_pointing_at_a_color_dims_the_rest(page: StudioPage) -> None:
    """Under the pointer a swatch, and a color word, leave only the pixels that are nearest to it undimmed."""
    page.see_one()
    page.until("document.getElementById('photo').complete && document.getElementById('photo').naturalWidth")
    shares = page.js(
        "[...document.querySelectorAll('#palette button')].map((b) => parseInt(b.title.split(', ').at(-1)))"
    )
    clear = """(() => { const v = document.getElementById('veil');
        const d = v.getContext('2d').getImageData(0, 0, v.width, v.height).data;
        let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] == 0; return 100 * n / (d.length / 4); })()"""
    for swatch, share in zip(
        page.driver.find_elements(By.CSS_SELECTOR, "#palette button"), shares, strict=True
    ):
        page.point_at(swatch)
        page.until("document.getElementById('veil').classList.contains('on')")
        assert page.js(clear) == pytest.approx(share, abs=6)
    page.point_at(page.driver.find_element(By.ID, "poem-colophon"))
    page.until("!document.getElementById('veil').classList.contains('on')")
    page.point_at(page.driver.find_element(By.CSS_SELECTOR, "#poem-lines .w.c"))
    page.until("document.getElementById('veil').classList.contains('on')")


def test_filter_finds_words_colors_states_and_grammars(page: StudioPage) -> None:
    """/ goes to the filter; words, colors, states and grammars narrow the wall, Escape widens it again."""
    page.keys("x")
    page.said("dropped")
    page.keys("/")
    for words, count in (
        ("dropped", 1),
        ("undecided", 5),
        ("i-can-remember", 6),
        ("haiku", 0),
        ("fig.jpg", 1),
        ("dog undecided", 1),
    ):
        page.driver.find_element(By.ID, "words").clear()
        page.driver.find_element(By.ID, "words").send_keys(words)
        assert page.js("document.querySelectorAll('.card').length") == count, words
    page.keys(Keys.ESCAPE)
    assert page.js("document.querySelectorAll('.card').length") == 6


def test_commands_and_page_follow_each_other(page: StudioPage) -> None:
    """What a command does appears on the page without a reload, and what the page does is what the command lists."""
    text = page.poems / "fig.jpg.txt"
    photopoem("drop", text)
    page.until("document.querySelectorAll('.card')[2].className == 'card dropped'")
    photopoem("show", "--title", "Whose dogs?", "--poems", page.poems)
    page.until("document.getElementById('title').textContent == 'Whose dogs?'")
    page.keys(" ")
    page.said("kept")
    listed = json.loads(photopoem("show", page.poems, "--json").stdout)
    assert [each["state"] for each in listed["poems"]][:3] == ["kept", "undecided", "dropped"]
    text.write_text("Mine\n\nWritten in an editor.\n")
    page.until("document.querySelectorAll('.card')[2].textContent.includes('Written in an editor.')")


def test_two_tabs_agree(page: StudioPage) -> None:
    """Changes in one tab appear in the other; of two edits of a poem, the second gets a message, and none is lost."""
    first = page.driver.current_window_handle
    path, id_ = page.path(), page.card()
    page.driver.switch_to.new_window("tab")
    try:
        page.driver.get(page.running.address)
        page.until("document.querySelectorAll('.card').length == 6")
        page.keys("e")
        page.until("document.activeElement.tagName == 'TEXTAREA'")
        page.driver.switch_to.window(first)
        page.keys("e")
        page.until("document.activeElement.tagName == 'TEXTAREA'")
        page.js("document.activeElement.value = 'The first hand.'")
        page.driver.find_element(By.CSS_SELECTOR, ".card .acts button").click()
        page.said("your words")
        second = next(each for each in page.driver.window_handles if each != first)
        page.driver.switch_to.window(second)
        page.js("document.activeElement.value = 'The second hand.'")
        page.driver.find_element(By.CSS_SELECTOR, ".card .acts button").click()
        page.said("changed since you began")
        assert page.js("document.querySelector('.card textarea').value") == "The second hand."
        assert page.text(path) == "The first hand."
        page.keys(Keys.ESCAPE)
        page.until(
            f"document.querySelector('.card[data-id=\"{id_}\"] .lines')?.textContent == 'The first hand.'"
        )
    finally:
        page.driver.close()
        page.driver.switch_to.window(first)


def test_key_is_seen_before_it_stands_in_the_file(page: StudioPage) -> None:
    """A key shows at once on the card, which is paler until the studio has done it; keys are done in their order."""
    path = page.path()
    card = "document.activeElement.closest('.card').className"
    with page.running.wall._lock:
        page.keys("x")
        assert page.js(card) == "card dropped waits"
        page.keys("x", " ")
        assert page.js(card) == "card kept waits"
        assert page.choice(path).is_empty
    page.until(f"{card} == 'card kept'")
    assert page.choice(path).state == "kept"


def test_refused_key_is_taken_back_on_the_card(page: StudioPage) -> None:
    """Where the studio cannot do what a key asks, a line says why and the card shows what stands."""
    (page.poems / "show.json").write_text("{ damaged")
    page.keys("x")
    page.said("show.json")
    page.until("document.activeElement.closest('.card').className == 'card undecided'")
    (page.poems / "show.json").unlink()


def test_key_before_the_page_is_left_is_done(page: StudioPage) -> None:
    """What was asked for in the moment before a tab is closed is done all the same."""
    path = page.path()
    page.keys(" ", "x")
    page.driver.get("about:blank")
    until(lambda: page.choice(path).state == "dropped")


def test_words_that_were_not_saved_come_back(page: StudioPage) -> None:
    """Words that somebody typed and left are there again when the poem is edited next, until they are discarded."""
    path, before = page.path(), page.text(page.path())
    page.keys("e")
    page.until("document.activeElement.tagName == 'TEXTAREA'")
    page.keys("Kept in mind ")
    page.js("(location.hash = '#paper')")
    page.until("!document.getElementById('paper').hidden")
    page.js("(location.hash = '#wall')")
    page.until("document.activeElement.closest('.card')")
    assert page.text(path) == before
    page.keys("e")
    page.until("document.activeElement.tagName == 'TEXTAREA'")
    assert page.js("document.activeElement.value").startswith("Kept in mind ")
    page.driver.find_elements(By.CSS_SELECTOR, ".card .acts button")[1].click()
    page.until("document.activeElement.closest('.card')")
    page.keys("e")
    page.until("document.activeElement.tagName == 'TEXTAREA'")
    assert not page.js("document.activeElement.value").startswith("Kept in mind")
    page.keys(Keys.ESCAPE)


def test_undo_does_not_undo_what_others_did(page: StudioPage) -> None:
    """An action is not undone if the command line has changed the same poem since."""
    path = page.path()
    page.keys(" ")
    page.said("kept")
    photopoem("drop", page.poems / "autumn-hills.jpg.txt")
    page.keys("u")
    page.said("changed since")
    assert page.choice(path).state == "dropped"


def test_hostile_texts_stay_texts(driver: Chrome, tmp_path: Path) -> None:
    """Markup in labels, names, sources and texts is shown as it was written, in every view, and does nothing."""
    write(tmp_path, hostile_poem(), f"{HOSTILE.replace('/', '')}.jpg")
    look_as(driver)
    with studio(tmp_path) as running:
        page = StudioPage(driver, running, tmp_path)
        page.open()
        assert HOSTILE in page.js("document.querySelector('.card').textContent")
        page.see_one()
        assert HOSTILE in page.js("document.getElementById('poem-lines').textContent")
        page.click_word("machine")
        assert HOSTILE in page.js("document.getElementById('word-said').textContent")
        page.keys(Keys.ESCAPE)
        page.js("location.hash = '#screen'")
        page.until("document.querySelector('.slide.on')")
        assert HOSTILE in page.js("document.querySelector('.slide').textContent")
        page.js("location.hash = '#wall'")
        page.keys("e")
        page.until("document.activeElement.tagName == 'TEXTAREA'")
        assert HOSTILE in page.js("document.activeElement.value")
        assert (
            page.js(
                "[...document.querySelectorAll('img')].filter((i) => !i.src.startsWith(location.origin)).length"
            )
            <= 1
        )
        assert page.js("document.querySelectorAll('script').length") == 1
        assert page.js("document.title") == "photopoem studio"
        allowed = [each for each in complaints_of(driver) if "/picture/" not in each]
        driver.get("about:blank")
    assert allowed == []


def test_blanks_stay_as_they_were_written(driver: Chrome, tmp_path: Path) -> None:
    """Runs of blanks and wide spaces in a title, a line or a word keep their place on the wall, alone and on screen."""
    word = Source("machine", "label", "dry   grass", score=0.9, labeller="local")
    line = Line((Span("   far    off,\u3000 the  "), Span("dry   grass", word), Span("  \u2003 .")))
    write(
        tmp_path,
        replace(hostile_poem("photos/a.jpg"), title=Line((Span("Two   words"),)), lines=(line,)),
        "a.jpg",
    )
    shown = ["Two   words", "   far    off,\u3000 the  dry   grass  \u2003 ."]
    with studio(tmp_path) as running:
        page = StudioPage(driver, running, tmp_path)
        page.open()
        assert page.as_shown(".card h2", ".card .lines > span") == shown
        page.see_one()
        assert page.as_shown("#poem-title", "#poem-lines > span") == shown
        page.js("location.hash = '#screen'")
        page.until("document.querySelector('.slide.on')")
        assert page.as_shown("#screen h2", "#screen .lines > span") == shown
        driver.get("about:blank")


def test_page_may_run_nothing_but_its_own(page: StudioPage) -> None:
    """The page's policy stops inline script, inline handlers, style and foreign requests, should any ever get in."""
    page.driver.execute_script("""
        const script = document.createElement('script');
        script.textContent = "document.title = 'harmed'";
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<p id=q onclick="document.title=1" style="color:red">q</p>');
        document.getElementById('q').click();
    """)
    fetched = page.driver.execute_async_script(
        "const done = arguments[0]; fetch('http://127.0.0.1:9/').then(() => done('sent'), () => done('stopped'))"
    )
    assert fetched == "stopped"
    assert page.js("document.title") == "photopoem studio"
    assert " ".join(complaints_of(page.driver)).count("Content Security Policy") >= 3
    requests_of(page.driver)


def test_screen_shows_each_new_poem(page: StudioPage, samples: list[Path]) -> None:
    """The screen shows one poem, and then each that is written, without a touch."""
    with page.hurried():
        page.open("#screen")
    page.until("document.querySelector('.slide.on')")
    first = page.js("document.querySelector('.slide.on').dataset.id")
    photopoem("reroll", page.poems / "fig.jpg.txt")
    ids = {page.running.wall.row(each).path: each for each in page.running.wall.ids()}
    fig = ids[str(samples[2])]
    assert fig != first
    page.until(f"document.querySelector('.slide.on')?.dataset.id == '{fig}'")
    box = page.js("document.getElementById('screen').getBoundingClientRect().toJSON()")
    assert (box["left"], box["top"], box["width"], box["height"]) == (0, 0, 1280, 900)
    text = page.js(
        "[...document.querySelectorAll('.slide')].at(-1).querySelector('.text').getBoundingClientRect().toJSON()"
    )
    assert text["top"] >= 0
    assert text["bottom"] <= 900


def test_screen_follows_a_running_watch(driver: Chrome, tmp_path: Path, samples: list[Path]) -> None:
    """A screen that was opened before the first photograph arrived shows its poem once the watch has written it."""
    import threading

    from photopoem.services.pipeline import Settings
    from photopoem.services.publish import open_paper
    from photopoem.services.watch import Watch
    from photopoem.text.terminal import say_nothing

    inbox, poems = tmp_path / "inbox", tmp_path / "poems"
    inbox.mkdir()
    paper = open_paper(f"dir:{tmp_path / 'paper'}", "text")
    watch = Watch(inbox, paper, Settings(labels="local"), poems, say=say_nothing)
    thread = threading.Thread(target=watch.run)
    thread.start()
    look_as(driver)
    try:
        assert watch.watching.wait(30)
        with studio(poems, view="screen", read_only=True) as running:
            page = StudioPage(driver, running, poems)
            page.open("#screen")
            assert "Waiting" in page.js("document.getElementById('screen').textContent")
            shutil.copy(samples[1], inbox / "flower.jpg")
            until(lambda: page.js("Boolean(document.querySelector('.slide.on img'))"), 60)
            (poem,) = read_edited(poems)
            shown = page.js(
                "[...document.querySelectorAll('.slide.on .lines span')].map((s) => s.textContent)"
            )
            assert shown == poem.text.split("\n")
            assert not page.js("document.querySelectorAll('#screen .waiting').length")
            driver.get("about:blank")
    finally:
        watch.stop.set()
        thread.join(30)


def test_pointing_at_a_label_shows_where_the_machine_looked(page: StudioPage) -> None:
    """A label that has a region frames it in the photograph where the record says; others frame nothing."""
    page.see_one()
    page.until("document.getElementById('photo').naturalWidth")
    record = json.loads((page.poems / "poems.jsonl").read_text().splitlines()[0])
    boxes = [label.get("region", {}).get("box") for label in record["labels"]]
    assert any(boxes)
    place = """(() => { const b = document.getElementById('box').getBoundingClientRect(),
        p = document.getElementById('photo').getBoundingClientRect();
        return [(b.left - p.left) / p.width, (b.top - p.top) / p.height,
            (b.right - p.left) / p.width, (b.bottom - p.top) / p.height]; })()"""
    for button, box in zip(page.driver.find_elements(By.CSS_SELECTOR, "#seen button"), boxes, strict=True):
        page.point_at(button)
        assert page.js("document.getElementById('box').hidden") == (box is None)
        if box is not None:
            assert page.js(place) == pytest.approx(box, abs=0.01)


def test_screen_reader_hears_names_and_states(page: StudioPage) -> None:
    """Poems are articles of a feed, named and counted; pictures say what was seen, all controls have names."""
    page.driver.execute_cdp_cmd("Accessibility.enable", {})
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    page.driver.execute_cdp_cmd("Accessibility.disable", {})
    named = {(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n.get("ignored")}
    assert ("article", page.js("document.querySelector('.card h2').textContent")) in named
    assert any(role == "image" and "labels: " in name for role, name in named)
    assert {"feed", "main", "navigation", "search", "heading"} <= {role for role, _ in named}
    assert not [role for role, name in named if role in {"button", "link", "image", "searchbox"} and not name]
    counted = "['aria-posinset', 'aria-setsize'].map((name) => document.activeElement.getAttribute(name))"
    assert page.js(counted) == ["1", "6"]


@pytest.mark.parametrize("dark", [False, True])
def test_colors_can_be_read(page: StudioPage, dark: bool) -> None:
    """By day and by night every word of a poem has a contrast of 4.5 with the page."""
    import re

    from photopoem.color.spaces import contrast

    look_as(page.driver, dark=dark)
    page.see_one()
    found = page.js("""[...document.querySelectorAll('#poem-lines .w')].map(
        (w) => [getComputedStyle(w).color, getComputedStyle(document.body).backgroundColor])""")
    rgb = [[tuple(map(int, re.findall(r"\d+", color)[:3])) for color in one] for one in found]
    assert len(rgb) > 5
    assert min(contrast(ink, paper) for ink, paper in rgb) >= 4.5
    assert (sum(rgb[0][1]) < 100) == dark


def test_page_fits_a_telephone(page: StudioPage) -> None:
    """On a narrow screen nothing is wider than the screen, on the wall and for one poem."""
    look_as(page.driver, width=360, height=740)
    page.until("document.documentElement.scrollWidth <= 360")
    page.see_one()
    page.until("document.documentElement.scrollWidth <= 360")


def test_many_poems_are_few_cards(driver: Chrome, tmp_path: Path, samples: list[Path]) -> None:
    """Of three hundred poems only those in sight are in the page; End goes to the last, and a key acts on it."""
    from photopoem.photo.discover import Found
    from photopoem.poem import record
    from photopoem.poems.folder import PoemsFolder
    from photopoem.poems.text import as_text
    from tests.gallery import poem_of, poem_with

    one = poem_of(samples[0])
    with PoemsFolder(tmp_path) as folder:
        for n in range(300):
            poem = poem_with(f"{samples[0].parent}/no-{n:04}.jpg", f"{n:064x}", one.subject.palette)
            folder.add(record(poem), Found(poem.subject.path, f"no-{n:04}.jpg", "1-1"), "s", as_text(poem))
    look_as(driver)
    with studio(tmp_path) as running:
        page = StudioPage(driver, running, tmp_path)
        page.open()
        assert page.js("document.getElementById('count').textContent") == "300"
        assert page.js("document.querySelectorAll('.card').length") < 60
        page.keys(Keys.END)
        page.until("document.activeElement.getAttribute('aria-posinset') == '300'")
        assert page.js("document.querySelectorAll('.card').length") < 60
        box = page.js("document.activeElement.getBoundingClientRect().toJSON()")
        assert 0 <= box["top"] <= 900 - box["height"]
        page.keys("x")
        page.said("no-0299.jpg dropped")
        (choice,) = read_show(tmp_path).choices
        assert choice.path.endswith("no-0299.jpg")
        driver.get("about:blank")
