"""Tells apart the words that stand in one keyword: lists, and paths through a tree of keywords."""

from __future__ import annotations

import re

# A comma between two digits belongs to a number. The others are those of Chinese, Japanese and Arabic.
_LIST = re.compile(r"(?<!\d),|,(?!\d)|[;\n\t、，；،؛•·]|\s[+]\s")  # noqa: RUF001 - the commas of other scripts
_TREE = re.compile(r"[|\\\u2192\u00bb\u203a]|\s+>\s+|(?<=\w)>(?=\w)")
_TAGS = re.compile(r"#\w[\w-]*(?:\s*#\w[\w-]*)*")
_MACHINE_TAG = re.compile(r"\w+:\w+=.*")
_QUOTED = re.compile(r"\s*([\"'\u201c\u2018])([^\"'\u201c\u201d\u2018\u2019<>\[\]]*)[\"'\u201d\u2019]\s*")
_SHORT = 2
"""Parts of so few characters are no words of their own: AC/DC, 24/7, b/w."""

_OF_PROGRAMS = frozenset({"darktable", "_digikam_internal_tags_", "_digikam_root_tag_"})
"""Where programs put their own notes into the tree of keywords."""


def split_keyword(keyword: str) -> list[str]:
    """The words of a keyword. Of a path through a tree (Nature|Animals|Cat) only the last part counts.

    Notes that programs write for themselves give nothing.
    """
    if _TAGS.fullmatch(keyword.strip()):
        return [word.strip() for word in keyword.replace("#", "\n").split("\n") if word.strip()]
    if _MACHINE_TAG.fullmatch(keyword.strip()):
        return []
    quoted = _QUOTED.fullmatch(keyword)
    return [word for part in _LIST.split(quoted[2] if quoted else keyword) for word in _of_tree(part)]


def last_of_path(path: str) -> str:
    """The last part of a path whose parts stand between `/` or `|`, as tools write it in tags that are always paths."""
    parts = [part for part in re.split(r"[/|]", path) if part.strip()]
    return "" if not parts or parts[0].strip().casefold() in _OF_PROGRAMS else parts[-1]


def _of_tree(part: str) -> list[str]:
    parts = [each.strip() for each in _TREE.split(part) if each.strip()]
    if not parts or (len(parts) > 1 and parts[0].casefold() in _OF_PROGRAMS):
        return []
    return [word.replace("_", " ") if " " not in word else word for word in _between_strokes(parts[-1])]


def _between_strokes(text: str) -> list[str]:
    """The words between strokes: cat/dog are two. Three parts, or a capital first, are a path: Places/France/Paris."""
    parts = [each.strip() for each in text.split("/") if each.strip()]
    if len(parts) < 2 or "<" in text:
        return parts if "<" not in text else [text]
    if parts[0].casefold() in _OF_PROGRAMS:
        return []
    if any(len(each) <= _SHORT for each in parts):
        return ["-".join(parts)]
    return parts[-1:] if len(parts) > 2 or parts[0][0].isupper() else parts
