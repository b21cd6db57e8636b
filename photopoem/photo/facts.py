"""Facts about a photograph from any source: keys, texts, dates, positions, and the words in one keyword."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from photopoem.text.clean import one_line

# Separators of keywords, also in Chinese, Japanese and Arabic. A comma between two digits belongs to a number.
_LIST = re.compile(r"(?<!\d),|,(?!\d)|[;\n\t、，；،؛•·]|\s[+]\s")  # noqa: RUF001 - the commas of other scripts
_TREE = re.compile(r"[|\\\u2192\u00bb\u203a]|\s+>\s+|(?<=\w)>(?=\w)")
_TAGS = re.compile(r"#\w[\w-]*(?:\s*#\w[\w-]*)*")
_MACHINE_TAG = re.compile(r"\w+:\w+=.*")
_QUOTED = re.compile(r"\s*([\"'\u201c\u2018])([^\"'\u201c\u201d\u2018\u2019<>\[\]]*)[\"'\u201d\u2019]\s*")
_SHORT = 2
"""Shorter parts are not words of their own: AC/DC, 24/7, b/w."""

_OF_PROGRAMS = frozenset({"darktable", "_digikam_internal_tags_", "_digikam_root_tag_"})
"""Branches of the keyword tree in which programs put their own notes."""


def split_keyword(keyword: str) -> list[str]:
    """The words of a keyword. Of a path through a keyword tree (Nature|Animals|Cat), only the last part counts.

    Notes of programs give no words.
    """
    if _TAGS.fullmatch(keyword.strip()):
        return [word.strip() for word in keyword.replace("#", "\n").split("\n") if word.strip()]
    if _MACHINE_TAG.fullmatch(keyword.strip()):
        return []
    quoted = _QUOTED.fullmatch(keyword)
    return [word for part in _LIST.split(quoted[2] if quoted else keyword) for word in _of_tree(part)]


def last_of_path(path: str) -> str:
    """The last part of a path with `/` or `|`, from a tag that always holds paths."""
    parts = [part for part in re.split(r"[/|]", path) if part.strip()]
    return "" if not parts or parts[0].strip().casefold() in _OF_PROGRAMS else parts[-1]


def _of_tree(part: str) -> list[str]:
    parts = [each.strip() for each in _TREE.split(part) if each.strip()]
    if not parts or (len(parts) > 1 and parts[0].casefold() in _OF_PROGRAMS):
        return []
    return [word.replace("_", " ") if " " not in word else word for word in _between_strokes(parts[-1])]


def _between_strokes(text: str) -> list[str]:
    """The words between slashes: cat/dog gives two. Three parts or a capital first make a path: Places/France/Paris."""
    if "<" in text:
        return [text]
    parts = [each.strip() for each in text.split("/") if each.strip()]
    if len(parts) < 2:
        return parts
    if parts[0].casefold() in _OF_PROGRAMS:
        return []
    if any(len(each) <= _SHORT for each in parts):
        return ["-".join(parts)]
    return parts[-1:] if len(parts) > 2 or parts[0][0].isupper() else parts


MAX_KEYWORDS = 64
MAX_LENGTH = 40  # characters; a longer text is a caption, too long for a line of a poem

Facts = dict[str, Any]
"""The facts of one source: any of `keywords`, `taken`, `latitude`, `longitude`, `place`, `city`, `location`."""


def clean(text: str) -> str:
    """A text from a file as one line without control characters; joiners that scripts and emoji need stay."""
    return one_line(text[:10_000], joiners=True)


def keyword_list(words: Iterable[str]) -> tuple[str, ...]:
    """At most 64 cleaned keywords, each once regardless of case. Keywords of more than 40 characters are left out.

    Several words in one keyword are split: see `split_keyword`.
    """
    found: dict[str, str] = {}
    for word in words:
        for part in split_keyword(word[:10_000]):
            part = clean(part)
            if len(part) <= MAX_LENGTH and any(c.isalnum() for c in part):
                found.setdefault(part.casefold(), part)
            if len(found) == MAX_KEYWORDS:
                return tuple(found.values())
    return tuple(found.values())


def put(found: Facts, key: str, value: object) -> None:
    """Store a cleaned text, unless it is empty or too long for a name."""
    text = clean(text_of(value))
    if text and len(text) <= 2 * MAX_LENGTH:
        found.setdefault(key, text)


def put_date(found: Facts, date: str | None) -> None:
    """Store a date, if there is one."""
    if date:
        found["taken"] = date


def put_position(found: Facts, latitude: float, longitude: float) -> None:
    """Store a position on Earth, except 0, 0, which a receiver without a fix writes."""
    if abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude or longitude):
        found["latitude"], found["longitude"] = latitude, longitude


def text_of(value: object) -> str:
    """The text in a tag of any type, up to the first NUL; empty if it is not text."""
    if isinstance(value, bytes):
        return decoded(value).split("\0")[0]
    return value.split("\0")[0] if isinstance(value, str) else ""


def decoded(data: bytes) -> str:
    """Decode a text of unknown encoding by its byte order mark, as UTF-8 if it is valid, else as Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "ignore")
    if wide := _without_mark(data):
        return data.decode(wide, "ignore")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "ignore")


def _without_mark(data: bytes) -> str:
    """The byte order of UTF-16 without a byte order mark; empty for any other text.

    In western text, most second bytes are then zero.
    """
    if len(data) < 4 or len(data) % 2:
        return ""
    zeros = (data[::2].count(0), data[1::2].count(0))
    if max(zeros) * 4 < len(data) or min(zeros):
        return ""
    return "utf-16-be" if zeros[0] else "utf-16-le"


FIRST_YEAR = 1826  # the year of the oldest surviving photograph

_DATE = re.compile(
    r"(?P<year>\d{4})(?:[:/-]?(?P<month>\d\d)(?:[:/-]?(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:\.\d+)?)?\s*"
    r"(?P<offset>Z|[+-]\d\d:?\d\d)?)?)?)?"
)


def parse_date(text: object, offset: object = None) -> str | None:
    """An EXIF, XMP or IPTC date as ISO 8601, cut to the known parts; None if it is invalid.

    `offset` is a UTC offset from another field. A month or day of 00 is unknown; a year before the first photograph is
    invalid.
    """
    match = _DATE.match(text_of(text).strip())
    if not match or int(match["year"]) < FIRST_YEAR:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    if not month:
        return match["year"]
    if not day:
        return f"{match['year']}-{match['month']}" if month <= 12 else None
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59))
    except ValueError:
        return None
    if match["hour"] is None:
        return moment.date().isoformat()
    return moment.isoformat() + (_offset(match["offset"]) or _offset(offset))


def exif_datetime(value: object) -> datetime | None:
    """An EXIF date and time, without offset; None if it is incomplete."""
    date = parse_date(value)
    return datetime.fromisoformat(date[:19]) if date and len(date) >= 19 else None


def _offset(value: object) -> str:
    """A UTC offset as `+HH:MM`, or nothing."""
    text = text_of(value).strip()
    if text == "Z":
        return "+00:00"
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text)
    if not match or int(match[2]) > 14 or int(match[3]) > 59:
        return ""
    return f"{match[1]}{match[2]}:{match[3]}"
