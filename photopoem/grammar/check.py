"""Checks a grammar before the first photograph is opened, and lists every problem with its line and column."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import chain, count
from pathlib import Path

from photopoem.errors import did_you_mean
from photopoem.grammar.loader import NOTES, Parts, Problem
from photopoem.grammar.modifiers import ARGUMENTS, ENGINE_MODIFIERS, MODIFIERS
from photopoem.grammar.parser import (
    MAX_RULE,
    Literal,
    Modifier,
    Node,
    Pop,
    Push,
    Rule,
    RuleAction,
    Tag,
    parse_rule,
)
from photopoem.grammar.rules import Alternative, RuleBook, least_steps, ranks, walk
from photopoem.vocabulary import FIXED_SYMBOLS, NUMBERED, SYMBOLS

MAX_LEAST_STEPS = 2_000
OWN_WORDS = "its rules here are used only if the photograph has no such word and gets no poem without them"
_MOST_GUESSES = 40
_MOST_TOLD = 1_000
"""The most problems of a grammar that are analyzed, which also bounds the time."""
_NAME, _BINDING = re.compile(r"\w+"), re.compile(r"\[([^\[\]:#]+):")


def problems_of(parts: Parts) -> list[Problem]:
    """Every problem that can be found without writing a poem: errors and warnings, in file order."""
    _Checker(parts).run()
    return noted_problems(parts)


def noted_problems(parts: Parts) -> list[Problem]:
    """The problems of a loaded grammar, which was checked when it was loaded."""
    return sorted(set(parts.source.problems), key=lambda p: (p.line, p.column, not p.error, p.message))


class _Checker:
    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.source = parts.source
        self.rules = parts.rules
        self.parsed = {
            (key, n): parse_rule(text)
            for key, texts in parts.rules.items()
            for n, text in enumerate(texts[: self._own(key)])
        }
        self.pushed = {
            n.target for nodes, _ in self.parsed.values() for n in walk(nodes) if isinstance(n, Push)
        }
        for (key, n), (_, faults) in self.parsed.items():
            if faults:
                self.pushed.update(_BINDING.findall(parts.rules[key][n]))
        self.known = set(self.rules) | SYMBOLS | self.pushed
        self.drawn = SYMBOLS - FIXED_SYMBOLS - self.pushed
        self.unknown: set[str] = set()
        self.guesses = 0

    def _own(self, key: str) -> int:
        """The number of a symbol's rules in the file itself; the others come from word lists."""
        value = self.source.values.get(key, [])
        return len(value) if isinstance(value, list) else 1

    def run(self) -> None:
        """Note every problem. For a file that was read only in part, the problem is already noted."""
        if self.source.torn:
            return
        sound = not self.source.problems
        if sound or self.rules:
            self._notes()
        self._syntax()
        for key, texts in self.rules.items():
            if not texts:
                self._at(key, 0, 0, f"{key!r} has no rules")
            if key in SYMBOLS:
                self._at(key, 0, 0, f"{key!r} is a word of the photograph; {OWN_WORDS}", error=False)
        if sound and len(self.source.problems) <= _MOST_TOLD:
            book = self.parts.book
            self._endless(book)
            self._unreached(book)
            self._too_wide()

    def _syntax(self) -> None:
        for (key, n), (nodes, faults) in self.parsed.items():
            for fault in faults:
                self._at(key, n, fault.at, fault.message)
            for node in walk(nodes):
                self._node(key, n, node)
            for rule in _rules_of(nodes):
                self._two_words(key, n, rule)

    def _at(self, key: str, n: int, offset: int, message: str, *, error: bool = True) -> None:
        self.source.problem(self.source.rule_at(key, n, offset), message, error=error)

    # -- names --

    def _guess(self, name: str, among: Iterable[str]) -> str:
        """The nearest known name, as a question. Only the first names get one, because the search is slow."""
        self.guesses += 1
        if self.guesses > _MOST_GUESSES or len(name) > 60:
            return ""
        return did_you_mean(name, sorted(among))

    def _notes(self) -> None:
        start, *last = self.parts.form.starts
        if start not in self.rules:
            guess = self._guess(start, self.rules)
            self.source.problem(0, f"there is no {start!r}, where every poem starts{guess}")
        for symbol in last:
            if symbol not in self.rules:
                guess = self._guess(symbol, self.rules)
                self.source.problem(self.source.at["_form"], f"_form last: there is no {symbol!r}{guess}")
        title = self.parts.note("_title")
        if title and title not in self.known:
            guess = self._guess(title, self.known)
            self.source.problem(self.source.at["_title"], f"_title names an unknown symbol: {title!r}{guess}")
        for symbol in self.parts.form.acrostic:
            if symbol not in SYMBOLS:
                self.source.problem(self.source.at["_form"], f"_form acrostic: photopoem fills no {symbol!r}")
        if self.source.path and Path(self.parts.fallback).stem == self.source.path.stem:
            self.source.problem(self.source.at["_else"], "_else names this grammar itself")
        for key in self.source.values:
            if key.startswith("_") and key not in NOTES and (near := get_close_matches(key, NOTES, 1, 0.75)):
                self.source.problem(self.source.at[key], f"{key!r} is a note; {near[0]!r}?", error=False)

    def _node(self, key: str, n: int, node: Node) -> None:
        if isinstance(node, Tag):
            if node.symbol not in self.known:
                self._at(key, n, node.at, self._unknown(node.symbol))
            for modifier in node.modifiers:
                self._modifier(key, n, modifier)
        elif isinstance(node, Pop) and node.target not in self.pushed:
            self._at(key, n, node.at, f"{node.target!r} is popped but never bound", error=False)

    def _two_words(self, key: str, n: int, rule: Rule) -> None:
        """Warn if a rule uses the same symbol twice and so describes another word than the one it names."""
        named: dict[str, Tag] = {}
        about: dict[str, Tag] = {}
        for tag in rule:
            if isinstance(tag, Tag) and tag.symbol in self.drawn and not tag.actions:
                speaks = any(modifier.name in ENGINE_MODIFIERS for modifier in tag.modifiers)
                (about if speaks else named).setdefault(tag.symbol, tag)
        for symbol in named.keys() & about.keys():
            one, other = (f"#x{_dotted(tag)}#" for tag in (named[symbol], about[symbol]))
            self._at(
                key,
                n,
                about[symbol].at,
                f"this means another {symbol}; for the same one: [x:#{symbol}#]{one} and {other}",
                error=False,
            )

    def _unknown(self, symbol: str) -> str:
        self.unknown.add(symbol)
        if symbol.rstrip("0123456789") in ("label", "sureness", "color", "share"):
            return f"no symbol {symbol!r}: they are numbered from 1 to {NUMBERED}"
        if symbol.startswith("_") and symbol in self.source.values:
            free = self._free(symbol)
            return f"{symbol!r} is a note: keys that begin with _ are never text; rename it, as {free!r}"
        return f"no symbol {symbol!r}{self._guess(symbol, self.known)}"

    def _free(self, symbol: str) -> str:
        """A similar name that is neither a symbol of the grammar nor one of the photograph."""
        name = symbol.strip("_") or "rule"
        taken = self.known | self.source.values.keys()
        return next(each for each in chain([name], (f"{name}{n}" for n in count(2))) if each not in taken)

    def _modifier(self, key: str, n: int, modifier: Modifier) -> None:
        name, given = modifier.name, len(modifier.arguments)
        if name not in MODIFIERS and name not in ENGINE_MODIFIERS:
            guess = self._guess(name, [*MODIFIERS, *ENGINE_MODIFIERS])
            self._at(key, n, modifier.at, f"no modifier .{name}{guess}")
        elif given != ARGUMENTS.get(name, 0):
            wants = ARGUMENTS.get(name, 0)
            self._at(key, n, modifier.at, f".{name} takes {wants or 'no'} arguments, here are {given}")

    # -- expansion --

    def _endless(self, book: RuleBook) -> None:
        """Note endless symbols, rules that need them, and poems that are always too long."""
        # Unknown symbols are reported separately.
        given = SYMBOLS | self.unknown
        rank = ranks(book.graph, given)
        circles = book.recursive
        for key, alternatives in book.symbols.items():
            if key in rank:
                self._unsatisfied(key, alternatives, rank)
            elif key in circles:
                self._at(key, 0, 0, f"{key!r} can never end: every rule of it leads back to it")
        steps = least_steps(book, given)
        for start in self._starts():
            if start in self.rules and start not in rank and start not in circles:
                self._at(start, 0, 0, f"{start!r} can never be said")
            if start in rank and steps.get(start, 0) > MAX_LEAST_STEPS:
                self._at(
                    start,
                    0,
                    0,
                    f"{start!r} takes {steps[start]:,.0f} steps at least, which is too long for a poem",
                )

    def _unsatisfied(self, key: str, alternatives: Sequence[Alternative], rank: Container[str]) -> None:
        """Note the rules in the file that need a symbol that can never be expanded."""
        for n, alternative in enumerate(alternatives[: self._own(key)]):
            lacking = sorted(need for need in alternative.needs if need not in rank and need[:1] != "\0")
            if lacking:
                told = f"no photograph can satisfy this: {lacking[0]!r} can never be said"
                self._at(key, n, 0, told, error=False)

    def _starts(self) -> list[str]:
        return [symbol for symbol in (*self.parts.form.starts, self.parts.title) if symbol]

    def _unreached(self, book: RuleBook) -> None:
        reached = set(self._starts())
        # A misspelled symbol is reported where it is used.
        for name in sorted(self.unknown)[:_MOST_GUESSES]:
            reached.update(get_close_matches(name, self.rules, 1))
        # An acrostic made of lines does not use `origin`, which stays for other Tracery tools.
        todo = [*reached, "origin"]
        uses = {key: self._uses(key) for key in book.symbols}
        while todo:
            for symbol in uses.get(todo.pop(), ()):
                if symbol not in reached:
                    reached.add(symbol)
                    todo.append(symbol)
        for key in self.rules:
            if key not in reached and key != "origin" and key not in SYMBOLS:
                self._at(key, 0, 0, f"no rule uses {key!r}", error=False)

    def _uses(self, key: str) -> Iterator[str]:
        for n, text in enumerate(self.rules[key]):
            nodes, faults = self.parsed.get((key, n), ((), ()))
            if faults:
                yield from _NAME.findall(text)
            for node in walk(nodes):
                if isinstance(node, Tag):
                    yield node.symbol

    def _too_wide(self) -> None:
        """Note rules that can never be used because their own text is wider than a line."""
        width = self.parts.form.hard_width
        if not width:
            return
        for key, texts in self.rules.items():
            for n, text in enumerate(texts):
                widest = max((len(line) for line in _author_lines(text)), default=0)
                if widest > width and len(text) <= MAX_RULE:
                    self._at(key, n, 0, f"a line of {widest} characters cannot fit the width of {width}")


def _rules_of(nodes: Rule) -> Iterator[Rule]:
    """A rule and the rules in its brackets."""
    yield nodes
    for node in walk(nodes):
        if isinstance(node, Push):
            yield from node.rules
        elif isinstance(node, RuleAction):
            yield node.rule


def _dotted(tag: Tag) -> str:
    """The modifiers of a tag in their written form."""
    return "".join(
        f".{modifier.name}" + (f"({','.join(modifier.arguments)})" if modifier.arguments else "")
        for modifier in tag.modifiers
    )


def _author_lines(rule: str) -> Iterator[str]:
    """The author's own text in a rule, line by line, without blanks at its ends."""
    for node in parse_rule(rule)[0]:
        if isinstance(node, Literal):
            for line in node.text.split("\n"):
                yield line.strip()
