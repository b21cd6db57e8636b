"""The title, author and preface of a show, on the page and in the booklet."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader

from photopoem.press import open_press
from tests.paper import make_poem

PREFACE = "They were there <b>too</b>.\r\n\r\nSo\nwas I.\x1b"


def pages_of(**options: str) -> list[str]:
    """The text of each side of a booklet of two poems, in the order of its sheets."""
    poems = [make_poem(seed=n) for n in range(2)]
    data = open_press("pdf", layout="booklet", **options).press(poems, photos=None)
    return [page.extract_text() for page in PdfReader(BytesIO(data)).pages]


def test_a_booklet_has_author_and_preface() -> None:
    """The cover names the author and a page after it holds the preface; without them the booklet is as before."""
    front, inside, *_ = pages_of(title="Dogs", author="Ada Byron", preface=PREFACE)
    assert all(said in front for said in ("Dogs", "Ada Byron", "Two poems"))
    assert "They were there <b>too</b>." in inside and "was I." in inside and "Dogs" not in inside
    poems = [make_poem(seed=n) for n in range(2)]
    plain, none = (
        open_press("pdf", layout="booklet", **options).press(poems, photos=None)
        for options in ({}, {"author": "", "preface": ""})
    )
    assert plain == none


def test_a_preface_goes_on_overleaf() -> None:
    """A preface that is longer than a page continues on the next ones, and nothing is lost."""
    words = " ".join(f"word{n}" for n in range(2000))
    text = "\n".join(pages_of(preface=words))
    assert all(f"word{n}" in text for n in range(2000))


def test_the_page_has_author_and_preface() -> None:
    """The page names author and preface below its title, in paragraphs; nothing in them acts."""
    page = (
        open_press("html", title="Dogs", author="<i>Ada", preface=PREFACE)
        .press([make_poem()], photos=None)
        .decode()
    )
    assert '<p class="author">&lt;i&gt;Ada</p>' in page
    assert '<p class="preface" dir="auto">They were there &lt;b&gt;too&lt;/b&gt;.</p>' in page
    assert '<p class="preface" dir="auto">So\nwas I.</p>' in page and "\x1b" not in page
    bare = open_press("html").press([make_poem()], photos=None).decode()
    assert 'class="author"' not in bare and 'class="preface"' not in bare
