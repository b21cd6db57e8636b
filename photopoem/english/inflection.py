"""Inflects English words, with tables of irregular forms, and puts amounts into words."""

from __future__ import annotations

import csv
import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib import import_module
from importlib.resources import files
from typing import Any, NamedTuple


class Noun(NamedTuple):
    """A noun's plural, and its number.

    `number` is count (a dog), mass (grass, which can have an amount), abstract (tourism, dusk), plural (stairs), pair
    (a pair of trousers), only (there is one: the sky), group (the Alps),
    name (Christmas), color (green) or adjective (greyish: no plural).
    """

    plural: str
    number: str


class Verb(NamedTuple):
    """The other forms of a verb: waits, waited, waiting."""

    third: str
    past: str
    gerund: str


def rows(name: str) -> list[list[str]]:
    """The rows of a built-in table, without its heading."""
    text = files("photopoem").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines()))[1:]


@cache
def nouns() -> dict[str, Noun]:
    """Singular noun (or plural, if it has no singular) -> its plural and number."""
    return {noun: Noun(plural or noun, number) for noun, plural, number in rows("nouns.csv")}


@cache
def singulars() -> dict[str, str]:
    """Plural -> singular, for count nouns whose two forms differ."""
    return {
        noun.plural: word
        for word, noun in nouns().items()
        if noun.plural != word and noun.number in ("count", "only", "color")
    }


@cache
def verbs() -> dict[str, Verb]:
    """Base form of a verb -> its forms."""
    return {base: Verb(third, past, gerund) for base, third, past, _, gerund in rows("verbs.csv")}


@cache
def bases() -> dict[str, str]:
    """Third person of a verb -> its base form."""
    return {verb.third: base for base, verb in verbs().items()}


@cache
def pasts() -> dict[str, str]:
    """Past tense of a verb -> its base form, unless the past is itself a base form."""
    return {verb.past: base for base, verb in verbs().items() if verb.past not in ("lay", base)}


# Spelled with a vowel, pronounced with a consonant: European, ewe, ouija, one-way, unicorn, ukulele, user.
_SAID_WITH_CONSONANT = re.compile(
    r"eu|ewe|oui|on(?:ce|e|es|eself|eness|etime)(?![a-z])|uni(?![dgmn])|ubi|uga|uk|ur(?:[eiou]|an)|us[aeiub]|unanim|ut(?:e[nr]|[io])|uv|ufo",
    re.IGNORECASE,
)
# Spelled with a consonant, pronounced with a vowel (the h of herb is silent in America).
_SAID_WITH_VOWEL = re.compile(r"hour|honest|hono[u]?r|heir|herb(?!ert)|yttr", re.IGNORECASE)
# The letters whose names begin with a vowel: an MRI, an X-ray, but a UFO.
_LETTERS_SAID_WITH_VOWEL = frozenset("aefhilmnorsx")
# Initialisms that labels write in lower case; those without a vowel need no list.
_SPELLED = frozenset({"fbi", "mri", "suv"})
# Acronyms that are pronounced as one word.
_SAID_AS_WORD = frozenset(
    "NASA NATO FIFA LASER RADAR SONAR LEGO NASCAR FEMA SIM RAM ROM LAN HUD LIDAR".split()
)


def _number_with_vowel(digits: str) -> bool:
    """Whether a number begins with a vowel sound: 8, 11, 18, 80, 800, 8,000, 11,000."""
    digits = digits.replace(",", "")
    return digits.startswith("8") or (digits[:2] in ("11", "18") and len(digits) % 3 == 2)


def begins_with_vowel_sound(text: str) -> bool:
    """Whether a text takes "an" in American English."""
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
    """Whether a word is pronounced letter by letter: an MRI, an SUV, but a NASA base and a HOUSE."""
    lower = letters.lower()
    if lower in _SPELLED or not re.search("[aeiouyhw]", unaccented(letters), re.I):
        return True
    return letters.isupper() and len(letters) <= 5 and letters not in _SAID_AS_WORD and lower not in nouns()


def unaccented(text: str) -> str:
    """A text without the accents of its letters: café -> cafe."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def article(text: str) -> str:
    """The indefinite article of a text: "a" or "an" (an hour, a unicorn, an X-ray)."""
    return "an" if begins_with_vowel_sound(text) else "a"


# Words that begin a modifier after a head noun: a cup of tea, a man in black.
_AFTER_HEAD = r"(?:of|in|on|at|with|without|for|from|to|by|under|over|and|behind|beside|near|between|against)"
_HEAD = re.compile(rf"^(?P<front>(?:.*?\s)??)(?P<head>\S+)(?P<rest>\s+{_AFTER_HEAD}\s.*)$", re.DOTALL)
# A text that begins with a determiner.
_DETERMINED = re.compile(
    r"(?:the|an?|some|no|every|each|any|all|both|this|that|these|those|my|your|his|her|its|our|their"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|a pair of)\s|somebody\b",
    re.IGNORECASE,
)
# Only words of ASCII letters are passed to inflect, which is slow to import.
_PLAIN = re.compile(r"[a-z]{2,40}")
# Endings whose plural always adds s, so that inflect is not needed: a badge, not a loaf.
_REGULAR = re.compile(r".*(?:[bcdgklprtw]|[aeo]y|(?<!u)m|[^ao]n|[^fsxz]e)")
_IRREGULAR = ("child", "foot", "tooth", "craft", "deer", "goose", "mouse", "louse", "ch")
# Longer texts are not labels and stay as they are.
_LONGEST = 200
# The usual number of unknown words with these endings: glassware, softness, yellowish.
_MASS_ENDINGS = ("ware", "wear")
_ABSTRACT_ENDINGS = ("ing", "ness", "graphy", "ology", "ism")
_PEOPLES = ("ean", "ian", "ese")  # a European, an Italian
_ADJECTIVE_ENDINGS = ("ish",)
# Heads of names that take "the" (the Eiffel Tower), and of names without an article (Central Park).
_THE_NAMES = frozenset(
    "tower bridge museum river ocean sea mountains alps desert canal palace cathedral falls hotel house basin"
    " building gate memorial monument wall coast bay islands library gallery theater theatre opera arch".split()
)
_BARE_NAMES = frozenset(
    "park lake street square avenue road garden gardens island mount station airport castle abbey beach hill"
    " place city town village valley market university college church chapel school hall court".split()
)


# The numbers of words that have a plural.
COUNTED = ("count", "only", "color")
PLURALS = ("plural", "pair", "group")


def split_head(text: str) -> tuple[str, str, str]:
    """A phrase as (front, head noun, rest): ("", "cup", " of tea"), ("wall ", "clock", "")."""
    if match := _HEAD.match(text):
        return match["front"], match["head"], match["rest"]
    front, space, head = text.rpartition(" ")
    return front + space, head, ""


@lru_cache(maxsize=4096)
def number(text: str) -> str:
    """The grammatical number of a phrase: see `Noun`."""
    if len(text) > _LONGEST:
        return "name"
    lower = text.lower()
    if known := nouns().get(lower) or (None if lower not in singulars() else Noun(lower, "plural")):
        return "name" if _is_name(text) else known.number
    _, head, _ = split_head(text)
    if _is_name(text):
        return "name"
    if head == text:
        return _number_of_unknown(lower)
    first, joint, last = text.partition(" and ")
    if joint and last:
        return "plural" if number(first) in PLURALS else number(last)
    found = number(head.lower())
    return number(text.split()[-1].lower()) if found == "adjective" else found


def _is_name(text: str) -> bool:
    """Whether a text is a proper name: its head is a capitalized word that is not a common noun."""
    words = text.split()
    if not all(
        word[0].isupper() for word in words if word not in ("of", "the", "de", "des", "du", "la", "and")
    ):
        return False
    _, head, _ = split_head(text)
    lower = head.lower()
    if len(words) > 1 and lower in _THE_NAMES | _BARE_NAMES:
        return True
    known = lower in nouns() or lower in singulars()
    acronym = head.isupper() and len(head) > 1
    return bool(words) and not (known or acronym or lower.endswith(_PEOPLES))


def takes_the(name: str) -> bool:
    """Whether a proper name takes "the": the Eiffel Tower, the Alps."""
    words = name.lower().split()
    return words[-1] in _THE_NAMES or any(word in _THE_NAMES for word in words[:-1] if "of" in words)


def _number_of_unknown(word: str) -> str:
    _, hyphen, last = word.rpartition("-")
    if hyphen and last:
        return number(last)
    if word.endswith(_MASS_ENDINGS) and len(word) > 5:
        return "mass"
    if word.endswith(_ABSTRACT_ENDINGS) and len(word) > 5:
        return "abstract"
    if word.endswith(_ADJECTIVE_ENDINGS):
        return "adjective"
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "os")):
        return "plural"
    return "count"


def is_plural(text: str) -> bool:
    """Whether a word or phrase takes a plural verb: mountains, people, trousers, cups of tea."""
    return number(text.strip()) in PLURALS


def is_mass(text: str) -> bool:
    """Whether a word or phrase cannot be counted, so that it takes neither "a" nor a plural: grass, fog."""
    return number(text.strip()) in ("mass", "abstract")


def is_determined(text: str) -> bool:
    """Whether a text begins with a determiner: the sky, some bread, two dogs."""
    return bool(_DETERMINED.match(text))


def plural(text: str) -> str:
    """The plural of a word or phrase: dogs, wolves, cups of tea, mothers-in-law, passers-by.

    A word without a plural stays as it is: grass, mountains, trousers, Paris. Capitals are kept.
    """
    bare = text.strip()
    if not bare or number(bare) not in COUNTED:
        return text
    bare = re.sub(r"^an?\s+(?=\S)", "", bare, flags=re.IGNORECASE)
    if known := nouns().get(bare.lower()):
        return _like(bare, known.plural)
    first, joint, last = bare.partition(" and ")
    if joint and last:
        return (plural(first) if number(first) == "count" else first) + joint + plural(last)
    front, head, rest = split_head(bare)
    return front + _like(head, _plural_word(head.lower())) + rest


def singular(text: str) -> str:
    """The singular of a plural in the table: leaves -> leaf; other texts stay as they are."""
    if len(text) > _LONGEST:
        return text
    front, head, rest = split_head(text)
    known = singulars().get(text.lower()) or singulars().get(head.lower())
    if known is None:
        return text
    return known if text.lower() in singulars() else front + known + rest


def is_regular(word: str) -> bool:
    """Whether a word's ending guarantees that its plural only adds s."""
    return bool(_REGULAR.fullmatch(word)) and not word.endswith(_IRREGULAR)


@lru_cache(maxsize=4096)
def _plural_word(word: str) -> str:
    if known := nouns().get(word):
        return known.plural
    front, hyphen, last = word.rpartition("-")
    if hyphen and last:
        return f"{front}-{_plural_word(last)}"
    if not _PLAIN.fullmatch(word):
        return f"{word}s" if word[-1:].isascii() and word[-1:].isalnum() else word
    if is_regular(word):
        return word + "s"
    answer: str = _inflect().plural_noun(word) or word
    return answer


@lru_cache(maxsize=1)
def _inflect() -> Any:
    # It waits for a word that is in no table, because the import takes a tenth of a second.
    with _types_unchecked():
        import inflect

    return inflect.engine()


@contextmanager
def _types_unchecked() -> Iterator[None]:
    """Import modules without the checks that typeguard compiles into each method, which takes seconds for inflect."""
    try:
        typeguard: Any = import_module("typeguard")
    except ImportError:  # inflect brings it, and may one day do without
        yield
        return
    checked = typeguard.typechecked
    typeguard.typechecked = lambda target: target
    try:
        yield
    finally:
        typeguard.typechecked = checked


def _like(model: str, word: str) -> str:
    """`word` with the capitals of `model`: Wolf -> Wolves, MRI -> MRIs."""
    if model.lower() == word[: len(model)].lower():
        return model + word[len(model) :]
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


# Adverbs that may stand before the verb of a phrase.
_ADVERB = re.compile(
    r"(?:never|always|still|only|once|almost|often|seldom|sometimes|already|just|\w+ly)\s+(?=\w)", re.I
)
_HELPING_PAST = {
    "can": "could", "will": "would", "may": "might", "must": "had to", "cannot": "could not",
    "does": "did", "is": "was", "are": "were", "isn't": "wasn't", "aren't": "weren't",
    "doesn't": "didn't", "don't": "didn't", "can't": "couldn't", "won't": "wouldn't",
}  # fmt: skip
_HELPING_BASE = {"is": "are", "was": "were", "isn't": "aren't", "wasn't": "weren't", "doesn't": "don't"}
# These verbs have no -ing form, and their past form is the word itself.
_BARE = frozenset("can could will would may might must cannot can't couldn't won't wouldn't had did".split())
# Conjunctions that join a second verb to the first: opens and closes; improves, then doesn't.
_JOINT = re.compile(r"(^,? and |^ or |, and |, then |, and then |, but )([\w']+)")
_VOWEL_THEN_CONSONANT = re.compile(r"[^aeiou]*(?:qu)?[aeiou][bdgklmnprtvz]")


def _with_verb(phrase: str, change: Callable[[str], str]) -> str:
    """A phrase with its verb and the verbs joined to it changed."""
    phrase = phrase.replace("\u2019", "'")
    match = re.match(rf"(\s*(?:{_ADVERB.pattern})*)([\w']+)", phrase, re.I)
    if not match:
        return phrase

    def joined(found: re.Match[str]) -> str:
        verb = found[2].lower()
        return found[1] + (change(found[2]) if verb in bases() or verb in _HELPING_BASE else found[2])

    return match[1] + change(match[2]) + _JOINT.sub(joined, phrase[match.end() :])


def _is_past(verb: str) -> bool:
    """Whether a verb is in the past tense already: was, came, turned."""
    known = verb in verbs() and verb not in pasts()
    unknown_past = verb.endswith("ed") and not verb.endswith("eed") and len(verb) > 4
    return verb in pasts() or verb in ("were", "wasn't", "weren't", "didn't") or (unknown_past and not known)


def base_word(verb: str) -> str:
    """The base form of a verb in the third person: waits -> wait, carries -> carry, is -> be."""
    lower = verb.lower()
    if lower in verbs():
        return lower
    if lower in bases():
        return bases()[lower]
    if len(lower) < 4 or not lower.endswith("s") or lower.endswith(("ss", "us", "is")):
        return lower
    if lower.endswith("ies"):
        return lower[:-3] + ("y" if len(lower) > 4 else "ie")
    if lower.endswith(("ches", "shes", "sses", "xes", "zzes", "oes")):
        return lower[:-2]
    return lower[:-1]


def _past_word(verb: str) -> str:
    lower = verb.lower()
    if lower in _HELPING_PAST:
        return _HELPING_PAST[lower]
    if lower in _BARE or _is_past(lower):
        return lower
    base = base_word(lower)
    if base in verbs():
        return verbs()[base].past
    return _stem(base, "ed") if not base.endswith("e") else base + "d"


def _gerund_word(verb: str) -> str:
    lower = verb.lower()
    if lower in _BARE or lower.endswith("n't"):
        return lower
    base = "be" if lower in ("are", "were") else pasts().get(lower) or base_word(lower)
    if base in verbs():
        return verbs()[base].gerund
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if base.endswith("e") and not base.endswith(("ee", "oe", "ye")):
        return base[:-1] + "ing"
    return _stem(base, "ing")


def _stem(base: str, ending: str) -> str:
    """A regular verb with an ending. A single short syllable doubles its last letter."""
    if ending == "ed" and re.search(r"[^aeiou]y$", base):
        return base[:-1] + "ied"
    if base.endswith("c"):
        return base + "k" + ending
    doubled = base[-1:] if _VOWEL_THEN_CONSONANT.fullmatch(base) else ""
    return base + doubled + ending


def _keep_capital(change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(verb: str) -> str:
        form = change(verb)
        if len(verb) > 1 and verb.isupper():
            return form.upper()
        return form[:1].upper() + form[1:] if verb[:1].isupper() else form

    return changed


def past(phrase: str) -> str:
    """The past tense of a verb phrase: waits -> waited, never sleeps -> never slept."""
    return _with_verb(phrase, _keep_capital(_past_word))


def gerund(phrase: str) -> str:
    """The -ing form of a verb phrase: lies down -> lying down, does not move -> not moving."""
    if match := re.match(r"(?:do|does)(?:n't| not)\s+(?=\w)", phrase):
        return "not " + gerund(phrase[match.end() :])
    return _with_verb(phrase, _keep_capital(_gerund_word))


def for_plural(phrase: str) -> str:
    """A verb phrase for a plural subject: turns its head -> turn their head."""
    changed = _with_verb(phrase, _keep_capital(_plural_verb))
    return re.sub(r"\bits\b", "their", re.sub(r"\bitself\b", "themselves", changed))


def _plural_verb(verb: str) -> str:
    lower = verb.lower()
    if lower in _HELPING_BASE:
        return _HELPING_BASE[lower]
    return lower if lower in _BARE or _is_past(lower) else base_word(lower)


# Smallest share -> a noun phrase that fits into "silver, a third of everything".
SHARES: tuple[tuple[float, str], ...] = (
    (0.0, "hardly any"),
    (0.02, "a little"),
    (1 / 25, "a twenty-fifth"),
    (1 / 20, "a twentieth"),
    (1 / 16, "a sixteenth"),
    (1 / 14, "a fourteenth"),
    (1 / 12, "a twelfth"),
    (1 / 11, "an eleventh"),
    (0.095, "nearly a tenth"),
    (1 / 10, "a tenth"),
    (1 / 9, "a ninth"),
    (0.118, "nearly an eighth"),
    (1 / 8, "an eighth"),
    (0.134, "nearly a seventh"),
    (1 / 7, "a seventh"),
    (0.156, "nearly a sixth"),
    (1 / 6, "a sixth"),
    (0.177, "over a sixth"),
    (0.188, "nearly a fifth"),
    (1 / 5, "a fifth"),
    (0.215, "over a fifth"),
    (0.24, "nearly a quarter"),
    (1 / 4, "a quarter"),
    (0.275, "over a quarter"),
    (0.31, "nearly a third"),
    (1 / 3, "a third"),
    (0.36, "over a third"),
    (2 / 5, "two fifths"),
    (0.46, "nearly half"),
    (1 / 2, "half"),
    (0.53, "over half"),
    (3 / 5, "three fifths"),
    (0.635, "nearly two thirds"),
    (2 / 3, "two thirds"),
    (0.7, "over two thirds"),
    (3 / 4, "three quarters"),
    (4 / 5, "four fifths"),
    (5 / 6, "five sixths"),
    (9 / 10, "nine tenths"),
    # Not "all", because a grammar that continues "of it all" would give "all of it all".
    (0.95, "nearly the whole"),
    (1.0, "the whole"),
)

# Smallest score -> an adverbial phrase for after a comma: "a dog, nine times in ten".
SURENESS: tuple[tuple[float, str], ...] = (
    (0.0, "hardly ever"),
    (1 / 100, "one time in a hundred"),
    (1 / 50, "one time in fifty"),
    (1 / 40, "one time in forty"),
    (1 / 30, "one time in thirty"),
    (1 / 20, "one time in twenty"),
    (1 / 12, "one time in twelve"),
    (1 / 10, "one time in ten"),
    (1 / 9, "one time in nine"),
    (1 / 8, "one time in eight"),
    (1 / 7, "one time in seven"),
    (1 / 6, "one time in six"),
    (1 / 5, "one time in five"),
    (1 / 4, "one time in four"),
    (3 / 10, "three times in ten"),
    (1 / 3, "one time in three"),
    (2 / 5, "two times in five"),
    (3 / 7, "three times in seven"),
    (9 / 20, "rather less often than not"),
    (1 / 2, "as likely as not"),
    (0.53, "more likely than not"),
    (3 / 5, "three times in five"),
    (2 / 3, "two times in three"),
    (7 / 10, "seven times in ten"),
    (3 / 4, "three times in four"),
    (4 / 5, "four times in five"),
    (5 / 6, "five times in six"),
    (7 / 8, "seven times in eight"),
    (9 / 10, "nine times in ten"),
    (19 / 20, "nineteen times in twenty"),
    (0.98, "almost certainly"),
)

# A share of 1/3 may be stored as 0.3333333333; numbers this close count as reached.
_TOLERANCE = 1e-9


def _phrase(table: tuple[tuple[float, str], ...], figure: float) -> str:
    if math.isnan(figure):
        raise ValueError("not a number cannot be said in words")
    reached = min(max(figure, 0.0), 1.0) + _TOLERANCE
    return table[bisect_right(table, reached, key=lambda row: row[0]) - 1][1]


@lru_cache(maxsize=4096)
def share_in_words(share: float) -> str:
    """A share of a picture (0..1) as a noun phrase: "a third", "nearly half", "hardly any".

    Rounds down, so that a color is never said to cover more than it does. Shares are clamped to 0..1.
    """
    return _phrase(SHARES, share)


@lru_cache(maxsize=4096)
def sureness_in_words(score: float) -> str:
    """A score (0..1) as an adverbial phrase: "nine times in ten", "more likely than not".

    Rounds down, so that nothing is said more surely than it was scored. Scores are clamped to 0..1.
    """
    return _phrase(SURENESS, score)
