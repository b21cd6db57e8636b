"""Puts verb phrases into other forms: shakes off rain -> shook off rain, shaking off rain, shake off rain."""

from __future__ import annotations

import re
from collections.abc import Callable

from photopoem.english.tables import bases, verbs

# Adverbs that may stand before the verb of a phrase.
_ADVERB = re.compile(
    r"(?:never|always|still|only|once|almost|often|seldom|sometimes|already|just|\w+ly)\s+(?=\w)", re.I
)
_MODAL_PAST = {
    "can": "could", "will": "would", "may": "might", "must": "had to", "cannot": "could not",
    "does": "did", "is": "was", "are": "were", "isn't": "wasn't", "aren't": "weren't",
    "doesn't": "didn't", "don't": "didn't", "can't": "couldn't", "won't": "wouldn't",
}  # fmt: skip
_MODAL_BASE = {"is": "are", "isn't": "aren't", "doesn't": "don't"}
_VOWEL_THEN_CONSONANT = re.compile(r"[^aeiou]*(?:qu)?[aeiou][bdgklmnprtvz]")


def _with_verb(phrase: str, change: Callable[[str], str]) -> str:
    """A phrase with its verb changed; a second verb joined by "and" straight after is changed too."""
    match = re.match(rf"(\s*(?:{_ADVERB.pattern})*)([\w'\u2019]+)(?:( and )([\w'\u2019]+))?", phrase, re.I)
    if not match:
        return phrase
    front, verb, joint, second = match.groups()
    changed = front + change(verb)
    if joint:
        changed += joint + (change(second) if second.lower() in bases() else second)
    return changed + phrase[match.end() :]


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
    lower = verb.lower().replace("\u2019", "'")
    if lower in _MODAL_PAST:
        return _MODAL_PAST[lower]
    base = base_word(lower)
    if base in verbs():
        return verbs()[base].past
    return _stem(base, "ed") if not base.endswith("e") else base + "d"


def _gerund_word(verb: str) -> str:
    base = base_word("be" if verb.lower() == "are" else verb)
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
    changed = _with_verb(phrase, _keep_capital(lambda verb: _MODAL_BASE.get(verb.lower()) or base_word(verb)))
    return re.sub(r"\bits\b", "their", re.sub(r"\bitself\b", "themselves", changed))
