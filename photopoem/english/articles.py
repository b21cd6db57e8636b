"""Chooses between "a" and "an" by how a word is said, not by how it is spelled."""

from __future__ import annotations

import re
import unicodedata

from photopoem.english.tables import nouns

# Spelled with a vowel, said with a consonant: European, ewe, ouija, one-way, unicorn, ukulele, user.
_SAID_WITH_CONSONANT = re.compile(
    r"eu|ewe|oui|on(?:ce|e|es|eself|eness|etime)(?![a-z])|uni(?![dgmn])|ubi|uga|uk|ur(?:[eiou]|an)|us[aeiub]|unanim|ut(?:e[nr]|[io])|uv|ufo",
    re.IGNORECASE,
)
# Spelled with a consonant, said with a vowel (the h of herb is silent in America).
_SAID_WITH_VOWEL = re.compile(r"hour|honest|hono[u]?r|heir|herb(?!ert)|yttr", re.IGNORECASE)
# The letters whose names begin with a vowel: an MRI, an X-ray, but a UFO.
_LETTERS_SAID_WITH_VOWEL = frozenset("aefhilmnorsx")
# Letters that labels write small; those without a vowel are known by that.
_SPELLED = frozenset({"fbi", "mri", "suv"})
# Capitals that are said as one word.
_SAID_AS_WORD = frozenset(
    "NASA NATO FIFA LASER RADAR SONAR LEGO NASCAR FEMA SIM RAM ROM LAN HUD LIDAR".split()
)


def _number_with_vowel(digits: str) -> bool:
    """Whether a number is said with a vowel first: 8, 11, 18, 80, 800, 8,000, 11,000."""
    digits = digits.replace(",", "")
    return digits.startswith("8") or (digits[:2] in ("11", "18") and len(digits) % 3 == 2)


def begins_with_vowel_sound(text: str) -> bool:
    """Whether "an" stands before a text, in American English."""
    start = re.search(r"[^\W_]", text)
    if not start:
        return False
    text = text[start.start() :]
    if number := re.match(r"\d[\d,]*", text):
        return _number_with_vowel(number[0])
    word = re.match(r"[^\W\d_]+", text)
    if word is None:
        return False
    letters = word[0]
    if len(letters) == 1 or _is_spelled(letters):
        return letters[0].lower() in _LETTERS_SAID_WITH_VOWEL
    if _SAID_WITH_CONSONANT.match(text):
        return False
    if _SAID_WITH_VOWEL.match(text):
        return True
    return unaccented(letters[0]).lower() in "aeiou"


def _is_spelled(letters: str) -> bool:
    """Whether a word is said letter by letter: an MRI, an SUV, but a NASA base and a HOUSE."""
    lower = letters.lower()
    if lower in _SPELLED or not re.search("[aeiouyhw]", unaccented(letters), re.I):
        return True
    return letters.isupper() and len(letters) <= 5 and letters not in _SAID_AS_WORD and lower not in nouns()


def unaccented(text: str) -> str:
    """A text without the accents of its letters: café -> cafe."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def article(text: str) -> str:
    """The indefinite article that stands before a text: "a" or "an" (an hour, a unicorn, an X-ray)."""
    return "an" if begins_with_vowel_sound(text) else "a"
