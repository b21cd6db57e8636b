"""Puts verb phrases into other forms: shakes off rain -> shook off rain, shaking off rain, shake off rain."""

from __future__ import annotations

import re
from collections.abc import Callable

from photopoem.english.tables import bases, pasts, verbs

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
# These have no -ing form, and their past forms none but themselves.
_BARE = frozenset("can could will would may might must cannot can't couldn't won't wouldn't had did".split())
# What joins a second verb to the first: opens and closes; improves, then doesn't.
_JOINT = re.compile(r"(^,? and |^ or |, and |, then |, and then |, but )([\w']+)")
_VOWEL_THEN_CONSONANT = re.compile(r"[^aeiou]*(?:qu)?[aeiou][bdgklmnprtvz]")


def _with_verb(phrase: str, change: Callable[[str], str]) -> str:
    """A phrase with its verb changed, and with the verbs that are joined to it."""
    phrase = phrase.replace("\u2019", "'")
    match = re.match(rf"(\s*(?:{_ADVERB.pattern})*)([\w']+)", phrase, re.I)
    if not match:
        return phrase

    def joined(found: re.Match[str]) -> str:
        verb = found[2].lower()
        return found[1] + (change(found[2]) if verb in bases() or verb in _HELPING_BASE else found[2])

    return match[1] + change(match[2]) + _JOINT.sub(joined, phrase[match.end() :])


def _is_past(verb: str) -> bool:
    """Whether a verb stands in the past already: was, came, turned."""
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
    """A verb that no table knows with its ending: one short syllable doubles its last letter."""
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
    changed = _with_verb(phrase, _keep_capital(_plural_word))
    return re.sub(r"\bits\b", "their", re.sub(r"\bitself\b", "themselves", changed))


def _plural_word(verb: str) -> str:
    lower = verb.lower()
    if lower in _HELPING_BASE:
        return _HELPING_BASE[lower]
    return lower if lower in _BARE or _is_past(lower) else base_word(lower)
