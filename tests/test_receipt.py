"""The receipt press: what it sends, read back as a printer reads it."""

# ruff: noqa: RUF001 - curly quotes and dashes are what is tested
from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from photopoem.errors import UsageError
from photopoem.poem import Poem
from photopoem.press import Press, open_press
from photopoem.press.receipt import (
    COLUMN,
    DOTS_PER_MM,
    HIGHEST,
    LINE,
    ReceiptPress,
    draw_lines,
    glyph,
    profiles,
)
from photopoem.text.wrap import balance_columns, width_of
from tests.escpos_reader import SLOTS, Printout, read_job
from tests.paper import LINES, make_poem, photograph, poem_of_photo

HOSTILE = "label\x1b@\x1dV\x00 \x10\x04\x01 \x9b31m \u202egnp.exe \u200b\ufeff end\x00"

# How one maker numbers its code pages in its own way.
RONGTA = SLOTS | {6: "cp1251", 7: "cp866", 17: "cp1253", 23: "latin-1", 30: "cp1250", 44: "iso8859_15"}


def paper_of(poem: Poem, **options: object) -> Printout:
    """The one piece of paper a poem comes out on."""
    (paper,) = read_job(ReceiptPress(**options).press([poem], photos=None))  # type: ignore[arg-type]
    return paper


def read_picture(picture: Image.Image, alphabet: str) -> list[str]:
    """The letters of a picture of text, cell by cell, by comparison with the glyphs of an alphabet."""
    known = {glyph(char).tobytes(): char for char in alphabet}
    rows = []
    for top in range((LINE - 24) // 2, picture.height, LINE):
        row, x = "", 0
        while x + COLUMN <= picture.width:
            for wide in (2, 1):
                cell = picture.crop((x, top, x + COLUMN * wide, top + 24)).point(lambda dot: 255 - dot)
                char = known.get(cell.convert("1").tobytes())
                if char is not None and width_of(char) == wide:
                    break
            assert char is not None, f"no letter at {x}, {top}"
            row, x = row + char, x + COLUMN * wide
        rows.append(row.rstrip())
    return rows


def test_a_job_reads_back_as_the_poem() -> None:
    """A printer that reads the job gets title, lines and colophon, whole, and cuts after them."""
    paper = paper_of(make_poem(), columns=48)
    title, _, *rest = paper.text.splitlines()
    assert title == "I can remember"
    assert rest[: len(LINES)] == list(LINES)
    assert "Grammar: i-can-remember" in " ".join(rest[len(LINES) :])
    assert paper.cut


@pytest.mark.parametrize("profile", ["default", "TM-T20II", "TM-T88V", "NT-5890K", "POS-5890", "RP326"])
def test_accents_reach_every_printer(profile: str) -> None:
    """é, œ, a dash, curly quotes, ł and € come out as themselves, whatever code pages they need."""
    line = "Où l’été, cœur — “ł” €"
    job = ReceiptPress(profile=profile, colophon=False).press([make_poem(line, title="")], photos=None)
    (paper,) = read_job(job, RONGTA if profile == "RP326" else SLOTS)
    assert paper.text == line and not paper.pictures


@pytest.mark.parametrize("two_bytes", ["gb18030", "shift_jis", "big5"])
@pytest.mark.parametrize("photo", [False, True])
def test_printers_that_start_in_a_two_byte_mode(
    two_bytes: str, photo: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A printer for China or Japan prints é, ö and Київ as letters in every poem of a job, not in pairs as hanzi."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jpg").write_bytes(photograph(1))
    lines = ["Où l’été, cœur Köln", "Київ"]
    poems = [make_poem(line, title="", path="a.jpg") for line in lines]
    job = ReceiptPress(colophon=False, photo=photo).press(poems, photos=None)
    assert [paper.text for paper in read_job(job, two_bytes=two_bytes)] == lines
    assert read_job(b"\x1b@\x82t\x82l\n", two_bytes=two_bytes)[0].text != "étél"


@pytest.mark.parametrize("size", [(40, 4000), (300, 3000), (100, 350), (100, 150), (1000, 100)])
@pytest.mark.parametrize("columns", [32, 48])
def test_a_tall_picture_takes_little_paper(size: tuple[int, int], columns: int, tmp_path: Path) -> None:
    """A photograph of any shape takes at most 16 cm of paper and half its width; --check tells its length."""
    path = tmp_path / "tall.png"
    # A black frame around white shows where the picture ends.
    picture = Image.new("L", size, 0)
    picture.paste(255, (size[0] // 4, size[1] // 4, size[0] * 3 // 4, size[1] * 3 // 4))
    picture.save(path)
    press = ReceiptPress(columns=columns, photo=True, colophon=False)
    poem = poem_of_photo(path, "a line", title="")
    (paper,) = read_job(press.press([poem], photos=None))
    printed = paper.picture()
    assert printed.width == columns * COLUMN
    assert printed.height <= HIGHEST * DOTS_PER_MM == 1280
    left, _, right, bottom = printed.point(lambda dot: 255 - dot).getbbox() or (0, 0, 0, 0)
    assert right - left >= printed.width // 2 - 2
    assert abs(left - (printed.width - right)) <= 1
    feeds = 6 + 1 + len([row for row in paper.rows if isinstance(row, str)])
    assert press.length([poem]) == pytest.approx((printed.height + feeds * LINE) / 80, abs=0.8)
    assert bottom <= printed.height


def test_what_no_code_page_has_is_drawn() -> None:
    """Characters beyond the code pages are printed as a picture in which each can be read."""
    lines = ("日本 – ł œ é", "I can remember “it”")
    paper = paper_of(make_poem(*lines, title=""), colophon=False, columns=32)
    assert paper.text == ""
    picture = paper.picture()
    assert picture.width == 32 * COLUMN
    assert read_picture(picture, "".join(lines) + " ") == list(lines)


def test_a_printer_with_one_code_page() -> None:
    """If the profile has only CP437, signs are replaced and missing letters are drawn."""
    signs = paper_of(make_poem("it’s “é” — so…", title=""), profile="simple", colophon=False)
    assert signs.text == 'it\'s "é" - so...'
    letters = paper_of(make_poem("łódź", title=""), profile="simple", colophon=False)
    assert read_picture(letters.picture(), "łódź ") == ["łódź"]


def test_nothing_becomes_a_question_mark() -> None:
    """No Latin letter is ever printed as a question mark or dropped."""
    letters = [chr(code) for code in range(0xC0, 0x180) if chr(code).isalpha()]
    for start in range(0, len(letters), 16):
        line = "".join(letters[start : start + 16])
        paper = paper_of(make_poem(line, title=""), colophon=False)
        assert paper.text == line or read_picture(paper.picture(), line + " ") == [line]


def test_control_characters_never_pass() -> None:
    """Control, direction and zero-width characters of a label reach no printer, and are named."""
    press = ReceiptPress(columns=48, colophon=False)
    poem = make_poem(HOSTILE, title="\x1b@title")
    job = press.press([poem], photos=None)
    (paper,) = read_job(job)
    # All commands are those the press itself sends.
    assert job.count(b"\x1b@") == 1 and job.count(b"\x1dV") == 1 and b"\x10\x04" not in job
    assert all(unicodedata.category(char)[0] != "C" for char in paper.text.replace("\n", ""))
    assert "label@V" in paper.text and "end" in paper.text
    (remark,) = press.check([poem])
    assert "U+001B" in remark and "\x1b" not in remark


def test_lines_are_broken_between_words() -> None:
    """Lines wider than the paper are broken at blanks, and the rest stands further in: nothing is lost."""
    poem = make_poem("I can remember mocha, leaf after leaf of it.", "x" * 70, title="")
    press = ReceiptPress(colophon=False)
    (paper,) = read_job(press.press([poem], photos=None))
    rows = paper.text.splitlines()
    assert rows[:2] == ["I can remember mocha,", "  leaf after leaf of it."]
    assert all(len(row) <= 32 for row in rows)
    assert "".join(rows[2:]).replace(" ", "") == "x" * 70
    assert press.check([poem]) == []


def test_wider_paper_is_advised_until_somebody_says_how_wide_it_is() -> None:
    """Lines that go on in the next row are told in one line for all poems, unless the columns were chosen."""
    poem = make_poem("short", "I can remember mocha, leaf after leaf of it.")
    (told,) = ReceiptPress().advice([poem, poem])
    assert told.startswith("2 of 4 lines are wider than 32 columns and go on in the next row")
    assert "--columns" in told
    assert ReceiptPress().advice([make_poem("short")]) == []
    assert ReceiptPress(columns=32).advice([poem]) == ReceiptPress(profile="TM-T20II").advice([poem]) == []


@pytest.mark.parametrize(
    ("options", "columns"),
    [({}, 32), ({"profile": "TM-T20II"}, 48), ({"profile": "TM-T88V"}, 42), ({"columns": 42}, 42)],
)
def test_columns_follow_the_profile(options: dict[str, object], columns: int) -> None:
    """A known printer gets its own columns, an unknown one those that fit on any paper."""
    paper = paper_of(make_poem("x" * 2000, title=""), colophon=False, **options)
    assert columns - 2 <= max(map(len, paper.text.splitlines())) <= columns


def test_the_photograph_is_printed_in_dots(samples: list[Path]) -> None:
    """With the photograph, it stands above the poem, as wide as the paper, and keeps its light and dark."""
    poem = poem_of_photo(samples[0], under=samples[0].name)
    for profile, width in (("default", 384), ("TM-T20II", 576), ("TM-T88V", 504)):
        press = ReceiptPress(profile=profile, photo=True)
        (paper,) = read_job(press.press([poem], photos=samples[0].parent))
        assert isinstance(paper.rows[0], Image.Image)
        picture = paper.picture()
        assert picture.width == width
        assert 0.2 < sum(picture.convert("L").tobytes()) / 255 / picture.width / picture.height < 0.8
        assert "I can remember a mountain." in paper.text


def test_a_missing_photograph_is_said_and_does_not_stop_the_poem(tmp_path: Path) -> None:
    """Where the photograph is gone the poem is printed without it, and check says so."""
    press = ReceiptPress(photo=True)
    poem = make_poem()
    (paper,) = read_job(press.press([poem], photos=tmp_path))
    assert not paper.pictures and "mountain" in paper.text
    assert any("not there" in remark for remark in press.check([poem], photos=tmp_path))


def test_several_poems_are_cut_apart() -> None:
    """Each of several poems is a piece of paper of its own; without a cutter it is fed out instead."""
    two = [make_poem("one", title=""), make_poem("two", title="")]
    papers = read_job(ReceiptPress(colophon=False).press(two, photos=None))
    assert [paper.text for paper in papers] == ["one", "two"]
    (uncut,) = read_job(ReceiptPress(cut=False, colophon=False).press(two, photos=None))
    assert not uncut.cut and "one" in uncut.text and "two" in uncut.text


def test_every_profile_prints(samples: list[Path]) -> None:
    """Every printer profile there is gives a job with the poem in it."""
    for profile in profiles():
        press = ReceiptPress(profile=profile, columns=32, colophon=False)
        assert b"a mountain" in press.press([make_poem(path=samples[0].name)], photos=samples[0].parent)


def test_what_cannot_be_drawn_is_named() -> None:
    """A character that no font has becomes a box, and --check names it."""
    press = ReceiptPress(colophon=False)
    poem = make_poem("a smile \U0001f600", title="")
    assert "nothing prints \U0001f600 (U+1F600)" in press.check([poem])[0]
    (paper,) = read_job(press.press([poem], photos=None))
    box = paper.picture().crop((8 * COLUMN, 3, 10 * COLUMN, 27))
    assert box.getextrema() == (0, 255)


@pytest.mark.parametrize("options", [{"profile": "none"}, {"columns": 5}, {"hand": 3}])
def test_options_that_make_no_sense(options: dict[str, object]) -> None:
    """A profile, a width or an option that does not exist is refused in one line."""
    with pytest.raises(UsageError):
        open_press("receipt", **options)


def test_wide_letters_take_two_columns() -> None:
    """A picture of wide letters is as many rows high as they need at two columns each."""
    assert draw_lines(["日"], 384).size == (384, LINE)


def test_it_is_a_press() -> None:
    """The press keeps the protocol of all presses."""
    assert isinstance(open_press("receipt"), Press)


def test_long_lines_break_evenly() -> None:
    """A line too long for the paper is broken where both rows are about as long, and loses nothing."""
    rows = balance_columns("I can remember pinstripes with none.", 32, "  ")
    assert rows == ["I can remember", "  pinstripes with none."]
    assert balance_columns("short enough", 32) == ["short enough"]
    assert " ".join(" ".join(rows).split()) == "I can remember pinstripes with none."
