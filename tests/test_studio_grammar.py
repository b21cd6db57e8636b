"""The grammar view of the studio: poems while one types, faults at their line, files, and grammars that mean harm."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from photopoem.errors import UsageError
from photopoem.grammar import shelf_folder
from photopoem.studio.live import TOO_SLOW, Bench, Desk, Draft, tried
from photopoem.studio.wall import Unsure
from tests.browser import complaints_of, look_as
from tests.command import photopoem
from tests.gallery import HOSTILE
from tests.studio import StudioPage, pictures, studio, until

MINE = '{\n  "_about": "mine",\n  "origin": "I saw #label1.a#. / It was #color1#."\n}\n'


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A grammar of one's own."""
    path = tmp_path / "mine.json"
    path.write_text(MINE)
    return path


class LastingBench(Bench):
    """A bench that outlives the studios it is lent to."""

    def close(self) -> None:
        """Wait for the next studio."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One process that tries the drafts of all these studios, for each takes a second to start its own."""
    made = LastingBench()
    yield made
    Bench.close(made)


@pytest.fixture
def page(driver: Chrome, poems: Path, mine: Path, bench: Bench) -> Iterator[StudioPage]:
    """The grammar view on that file, and on the samples' poems, once the first poems are there."""
    look_as(driver)
    with pictures(poems), studio(poems, view="grammar", grammar=mine, bench=bench) as running:
        page = StudioPage(driver, running, poems)
        page.open("#grammar")
        page.until("document.querySelectorAll('#g-poems article').length == 6")
        yield page
        assert [each for each in complaints_of(driver) if "status of 4" not in each] == []
        driver.get("about:blank")


def type_draft(page: StudioPage, text: str) -> None:
    """Put a text into the editor, as somebody who types it."""
    page.js(
        "(() => { const t = document.getElementById('g-text'); t.value = arguments[0]; "
        "t.dispatchEvent(new Event('input')); })()".replace("arguments[0]", json.dumps(text))
    )


def told(page: StudioPage) -> str:
    """What the view says of the grammar."""
    return str(page.js("document.getElementById('g-figures').textContent"))


def poems_of(page: StudioPage) -> str:
    """The poems beside it."""
    return str(page.js("document.getElementById('g-poems').textContent"))


def test_poems_follow_what_is_typed(page: StudioPage) -> None:
    """Each change writes the poems of all photographs anew, and says how much of them comes from the photographs."""
    assert poems_of(page).count("I saw ") == 6
    type_draft(page, MINE.replace("I saw", "I never saw"))
    until(lambda: poems_of(page).count("I never saw ") == 6)
    assert "no errors" in told(page)
    assert "% of the words come from the photograph" in told(page)
    assert "Repeated lines" in page.js("document.getElementById('g-frames').textContent")


def test_blanks_of_a_draft_stay(page: StudioPage) -> None:
    """Runs of blanks that an author types are shown in the poems beside the grammar."""
    type_draft(page, MINE.replace("I saw", "I    saw,\u3000 "))
    until(lambda: "I    saw" in poems_of(page))
    assert page.as_shown("#g-poems .lines > span")[0].startswith("I    saw,\u3000  ")


def test_error_stands_at_its_line_until_it_is_cured(page: StudioPage) -> None:
    """An error is told with its line, which is marked; the last poems stay, paler, until it is cured."""
    type_draft(page, MINE.replace("#label1.a#", "#lable1.a#"))
    until(lambda: told(page).startswith("1 error"))
    assert page.js("document.querySelector('#g-problems button.error').textContent").startswith("3:")
    assert "lable1" in page.js("document.getElementById('g-problems').textContent")
    assert (
        page.js("[...document.querySelectorAll('#g-numbers b.error')].map((b) => b.textContent).join()")
        == "3"
    )
    assert page.js("document.getElementById('g-poems').classList.contains('old')")
    page.driver.find_element(By.CSS_SELECTOR, "#g-problems button").click()
    start = page.js("document.getElementById('g-text').selectionStart")
    assert page.js("document.getElementById('g-text').value")[start:].startswith("#lable1")
    type_draft(page, MINE)
    until(lambda: told(page).startswith("no errors"))
    assert not page.js("document.getElementById('g-poems').classList.contains('old')")
    assert page.js("document.querySelectorAll('#g-problems li, #g-numbers b.error').length") == 0


def test_unused_rules_are_told(page: StudioPage) -> None:
    """A rule that nothing reaches is a warning at its line, and the poems come all the same."""
    type_draft(page, MINE.replace('"origin"', '"never": "x",\n  "origin"'))
    until(lambda: "1 warning" in told(page))
    assert "never" in page.js("document.querySelector('#g-problems .warning').textContent")
    assert page.js("document.querySelector('#g-numbers b.warning').textContent") == "3"
    assert poems_of(page).count("I saw ") == 6


def test_hostile_grammar_freezes_nothing(page: StudioPage) -> None:
    """The page reports an endless grammar within seconds, and continues with the next one."""
    type_draft(page, '{"origin": "#a#", "a": ["#b##b##b##b#"], "b": ["#a##a##a#", "#a#"]}')
    until(lambda: "no errors" not in told(page), 20)
    type_draft(page, MINE.replace("I saw", "Still I saw"))
    until(lambda: poems_of(page).count("Still I saw ") == 6, 20)


def test_markup_in_a_grammar_stays_text(page: StudioPage) -> None:
    """Markup in rules, notes and keys is shown as it was written."""
    type_draft(page, json.dumps({"_about": HOSTILE, "origin": f"{HOSTILE} #label1#", HOSTILE: "x"}))
    until(lambda: HOSTILE in poems_of(page))
    assert page.js("document.querySelectorAll('#g-poems img[onerror], #g-problems img').length") == 0
    assert page.js("document.title") == "photopoem studio"


def test_grammar_is_saved_into_its_file(page: StudioPage, mine: Path) -> None:
    """Save writes the file; if another program changed it, the page asks first."""
    changed = MINE.replace("I saw", "We saw")
    type_draft(page, changed)
    page.driver.find_element(By.ID, "g-save").click()
    page.said("is written")
    assert mine.read_text() == changed
    type_draft(page, changed.replace("We", "They"))
    mine.write_text(MINE.replace("I saw", "Elsewhere"))
    page.until("!document.getElementById('g-outside').hidden")
    page.driver.find_element(By.ID, "g-save").click()
    page.until("document.getElementById('sure').open")
    page.driver.find_element(By.CSS_SELECTOR, "#sure button[value='']").click()
    assert "Elsewhere" in mine.read_text()
    page.driver.find_element(By.CSS_SELECTOR, "#g-outside button").click()
    until(lambda: poems_of(page).count("Elsewhere ") == 6)


def test_file_changed_in_an_editor_is_followed(page: StudioPage, mine: Path) -> None:
    """What another program writes into the file appears with its poems, where nothing was typed here since."""
    mine.write_text(MINE.replace("I saw", "Outside I saw"))
    until(lambda: poems_of(page).count("Outside I saw ") == 6)
    assert "Outside" in page.js("document.getElementById('g-text').value")


def test_shelf_is_copied_and_never_written(page: StudioPage, tmp_path: Path) -> None:
    """A grammar of the shelf opens as a copy, which is saved under a name of one's own beside the poems."""
    before = (shelf_folder() / "haiku.json").read_bytes()
    page.js(
        "(() => { const s = document.getElementById('g-open'); s.value = 'haiku'; "
        "s.dispatchEvent(new Event('change')); })()"
    )
    page.until("document.getElementById('g-name').value == 'my-haiku'")
    page.driver.find_element(By.ID, "g-save").click()
    page.said("is written")
    assert (tmp_path / "my-haiku.json").read_bytes() == before
    assert (shelf_folder() / "haiku.json").read_bytes() == before
    page.until(
        "[...document.querySelectorAll('#g-open option')].some((o) => o.textContent == 'my-haiku.json')"
    )


def test_only_the_grammar_is_open(page: StudioPage) -> None:
    """A studio for one grammar shows nothing else, and does nothing to the show."""
    page.js("location.hash = '#wall'")
    assert page.js("document.getElementById('wall').hidden")
    assert not page.driver.find_element(By.CSS_SELECTOR, "#bar nav").is_displayed()
    status = page.driver.execute_async_script("""
        const done = arguments[0];
        const headers = {'content-type': 'application/json'};
        fetch('decide', {method: 'POST', headers, body: '{}'}).then((a) => done(a.status));
    """)
    assert status == 404


@pytest.mark.parametrize(
    "name", ["../mine", "/etc/cron.d/x", "a/b", "", "x" * 61, "haiku.json", ".hidden", "a\0b"]
)
def test_no_other_file_is_written(tmp_path: Path, name: str) -> None:
    """A name that is neither an own file's nor plain letters is refused."""
    with pytest.raises(UsageError):
        Desk(tmp_path / "poems").save(name, "{}", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["/etc/passwd", "../x.json", "nothing", ""])
def test_no_other_file_is_opened(tmp_path: Path, name: str) -> None:
    """Only grammars that are listed are opened."""
    with pytest.raises(UsageError):
        Desk(tmp_path / "poems").text(name)


def test_other_text_is_not_written_over(tmp_path: Path) -> None:
    """A file that changed since it was opened is overwritten only after confirmation."""
    desk = Desk(tmp_path / "poems")
    path = desk.save("mine", "one", "")
    assert desk.save("mine", "two", "one") == path
    with pytest.raises(Unsure):
        desk.save("mine", "three", "one")
    assert path.read_text() == "two"
    desk.save("mine", "three", "one", sure=True)
    assert path.read_text() == "three"


def test_grammar_reads_no_file_of_another_folder(tmp_path: Path) -> None:
    """A draft that names files outside its own folder gets an error and reads nothing."""
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "show"
    folder.mkdir()
    text = '{"_words": {"w": "../secret.txt"}, "origin": "#w#"}'
    made = tried(Draft(text, str(folder / "mine.json")))
    assert made["poems"] == []
    assert any("not in the grammar's own folder" in each["message"] for each in made["problems"])


def test_process_that_takes_too_long_is_ended_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A draft that takes longer than the limit costs that long and no more; the next one is tried in a new process."""
    bench = Bench()
    try:
        assert bench.try_out(Draft(MINE, "mine.json"))["poems"]
        first = bench._process
        assert first is not None
        pid = first.pid
        bench.limit = 0.0
        began = time.monotonic()
        made = bench.try_out(Draft((shelf_folder() / "i-can-remember.json").read_text(), "mine.json"))
        assert time.monotonic() - began < 2
        assert [each["message"] for each in made["problems"]] == [TOO_SLOW]
        bench.limit = 10.0
        assert bench.try_out(Draft(MINE, "mine.json"))["poems"]
        assert bench._process is not None
        assert bench._process.pid != pid
    finally:
        bench.close()


def test_live_tells_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    """`grammar live` of no file says how to begin one."""
    done = photopoem("grammar", "live", "mine.json", "--no-browser", cwd=tmp_path, code=2)
    assert "photopoem grammar new mine.json" in done.stderr


def columns(page: StudioPage) -> list[str]:
    """The texts of the columns, one for each grammar."""
    found: list[str] = page.js("[...document.querySelectorAll('#s-poems article')].map((a) => a.textContent)")
    return found


def side_by_side(page: StudioPage) -> None:
    """Go to the grammars side by side, and wait for their poems."""
    page.js("location.hash = '#grammar=several'")
    written = "[...document.querySelectorAll('#s-poems article')].every((a) => a.querySelector('h2, .none'))"
    page.until(f"document.querySelectorAll('#s-poems article').length && {written}")


def test_several_grammars_stand_side_by_side(page: StudioPage, mine: Path) -> None:
    """One photograph stands beside a poem of each grammar; a new file, a change and a mistake appear by themselves."""
    side_by_side(page)
    names = page.js("[...document.querySelectorAll('#s-poems h3')].map((h) => h.textContent)")
    assert names == ["mine", "haiku", "i-can-remember"]
    assert "I saw " in columns(page)[0]
    (mine.parent / "ben.json").write_text(MINE.replace("I saw", "Ben saw"))
    until(lambda: any("Ben saw" in each for each in columns(page)))
    mine.write_text(MINE.replace("label1", "lable1"))
    until(lambda: any("line 3" in each and "lable1" in each for each in columns(page)))
    page.driver.find_element(By.CSS_SELECTOR, "#s-grammars label:last-of-type input").click()
    until(lambda: len(columns(page)) == 5)


def test_class_goes_from_photograph_to_photograph(page: StudioPage) -> None:
    """J and k show another photograph with its poems, r other seeds; a reload comes back to the same view."""
    side_by_side(page)
    before, photo = columns(page), page.js("document.getElementById('s-photo').value")
    page.keys("j")
    until(lambda: columns(page)[0] != before[0])
    assert page.js("document.getElementById('s-photo').value") != photo
    page.keys("k")
    until(lambda: columns(page) == before)
    page.keys("r")
    until(lambda: columns(page)[2] != before[2])
    page.open("#grammar=several")
    assert page.js("document.getElementById('writing').hidden")


def test_grammars_speak_the_words_of_the_house(page: StudioPage) -> None:
    """Poems that are tried say what the house says instead of a label."""
    told = page.js("document.querySelector('#g-poems .w').textContent")
    (page.poems / "words.toml").write_text(f'[say]\n{json.dumps(told)} = "Nouk"\n')
    type_draft(page, MINE.replace("I saw", "There was"))
    until(lambda: "Nouk" in poems_of(page))
