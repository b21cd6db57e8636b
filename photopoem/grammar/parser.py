"""Parses one Tracery rule into a tree of text, tags and actions, and lists its errors with their positions.

`tracery.parse` finds the sections of a rule. Escapes are hidden from it first, because it joins several escapes
wrongly and loses them when a section is parsed again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import tracery

MAX_RULE = 20_000
"""The most characters of a rule."""

MAX_NESTING = 20
"""The deepest nesting of brackets."""

_SPECIAL = "#[]\\:,.()"
_SLASH = "\ufdd0"
_SHIELDS = {char: chr(0xFDD1 + n) for n, char in enumerate(_SPECIAL)}
_UNSHIELD = {ord(_SLASH): None} | {ord(shield): char for char, shield in _SHIELDS.items()}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_TEXT, _TAG, _ACTION = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Fault:
    """An error in a rule, and its offset."""

    at: int
    message: str


@dataclass(frozen=True, slots=True)
class Literal:
    """The author's text, unescaped."""

    text: str


@dataclass(frozen=True, slots=True)
class Modifier:
    """`.name` or `.name(arguments)`."""

    name: str
    arguments: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Tag:
    """`#[actions]symbol.modifiers#`."""

    symbol: str
    modifiers: tuple[Modifier, ...]
    actions: tuple[Action, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Push:
    """`[target:rule,rule]`: binds the target to one of these rules, until it is popped."""

    target: str
    rules: tuple[Rule, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Pop:
    """`[target:POP]`: removes the latest binding of the target."""

    target: str
    at: int


@dataclass(frozen=True, slots=True)
class RuleAction:
    """`[#rule#]`: runs a rule for the bindings in it. Its text is discarded."""

    rule: Rule
    at: int


Action = Push | Pop | RuleAction
Node = Literal | Tag | Push | Pop | RuleAction
Rule = tuple[Node, ...]


@lru_cache(maxsize=32768)
def parse_rule(text: str) -> tuple[Rule, tuple[Fault, ...]]:
    """The nodes of a rule and all its errors, in text order."""
    if len(text) > MAX_RULE:
        return (), (Fault(0, f"a rule of {len(text):,} characters; {MAX_RULE:,} are the most"),)
    faults: list[Fault] = []
    rule = _nodes(_shield(text), 0, faults)
    return rule, tuple(sorted(faults, key=lambda fault: fault.at))


def escape(text: str) -> str:
    """A rule that gives exactly this text."""
    return re.sub(r"[#\[\]\\]", r"\\\g<0>", text)


def _shield(text: str) -> str:
    """The text with each escape replaced by two noncharacters, which keeps its length."""
    plain = re.sub("[\ufdd0-\ufdef]", " ", text)
    return _ESCAPE.sub(lambda m: _SLASH + _SHIELDS.get(m[1], m[1]), plain)


def _clear(text: str) -> str:
    return text.translate(_UNSHIELD)


def _nodes(text: str, at: int, faults: list[Fault]) -> Rule:
    """The nodes of a shielded text that begins at offset `at` in the rule."""
    unbalanced = _unbalanced(text, at)
    faults.extend(unbalanced)
    if unbalanced:
        return ()
    lone = _lone_hash(text)
    if lone is not None:
        faults.append(Fault(at + lone, "this # is never closed; write \\\\# for a hash in the text"))
        # The rest of the rule is parsed too, so that its errors are listed as well.
        return _nodes(text[:lone] + _SHIELDS["#"] + text[lone + 1 :], at, faults)
    nodes: list[Node] = []
    for section in tracery.parse(text)[0]:
        raw, kind = section["raw"], section["type"]
        if kind == _TEXT:
            nodes.append(Literal(_clear(raw)))
            at += len(raw)
            continue
        node = _tag(raw, at, faults) if kind == _TAG else _action(raw, at, faults)
        if node is not None:
            nodes.append(node)
        at += len(raw) + 2
    return tuple(nodes)


def _unbalanced(text: str, at: int) -> list[Fault]:
    """The `[` and `]` without a partner."""
    if "[" not in text and "]" not in text:
        return []
    faults: list[Fault] = []
    opened: list[int] = []
    for n, char in enumerate(text):
        if char == "[":
            opened.append(n)
            if len(opened) > MAX_NESTING:
                return [Fault(at + n, f"brackets more than {MAX_NESTING} deep")]
        elif char == "]" and not opened:
            faults.append(Fault(at + n, "this ] closes nothing; write \\\\] for a bracket in the text"))
        elif char == "]":
            opened.pop()
    faults.extend(
        Fault(at + n, "this [ is never closed; write \\\\[ for a bracket in the text") for n in opened
    )
    return faults


def _lone_hash(text: str) -> int | None:
    """The offset of the `#` without a partner: the first with a space before the next `#`, or else the last `#`."""
    if "[" not in text and text.count("#") % 2 == 0:
        return None
    hashes = brackets = 0
    last = found = None
    spaced = in_arguments = False
    for n, char in enumerate(text):
        brackets += (char == "[") - (char == "]")
        if brackets:
            continue
        if char == "#":
            found = last if found is None and hashes % 2 and spaced else found
            hashes, last, spaced, in_arguments = hashes + 1, n, False, False
        elif char in "()":
            in_arguments = char == "("
        elif char.isspace() and not in_arguments:
            spaced = True
    if hashes % 2 == 0:
        return None
    return last if found is None else found


def _tag(raw: str, at: int, faults: list[Fault]) -> Tag | None:
    """A tag whose `#` is at offset `at`."""
    if raw and "[" not in raw:
        return _named(raw, at + 1, (), at, faults)
    main: tuple[str, int] | None = None
    actions: list[Action] = []
    inner = at + 1
    for section in tracery.parse(raw)[0]:
        part = section["raw"]
        if section["type"] == _ACTION:
            action = _action(part, inner, faults)
            actions.extend([action] if action else [])
            inner += len(part) + 2
            continue
        if main is not None:
            faults.append(Fault(inner, f"a second symbol in one tag: {_clear(part)!r}"))
        main = main or (part, inner)
        inner += len(part)
    if main is None:
        faults.append(Fault(at, "an empty tag; write \\\\# for a hash in the text"))
        return None
    return _named(*main, tuple(actions), at, faults)


def _named(main: str, start: int, actions: tuple[Action, ...], at: int, faults: list[Fault]) -> Tag | None:
    parts = _split(main, ".")
    symbol = _clear(parts[0][0])
    if not symbol:
        faults.append(Fault(at, "a tag without a symbol"))
        return None
    modifiers = (_modifier(part, start + offset, faults) for part, offset in parts[1:])
    return Tag(symbol, tuple(m for m in modifiers if m), actions, at)


def _modifier(part: str, at: int, faults: list[Fault]) -> Modifier | None:
    name, opening, rest = part.partition("(")
    if not name:
        faults.append(Fault(at, "a modifier without a name"))
        return None
    if not opening:
        return Modifier(_clear(name), (), at)
    if not rest.endswith(")"):
        faults.append(Fault(at, f"the arguments of .{_clear(name)} are never closed"))
        return None
    return Modifier(_clear(name), tuple(_clear(argument) for argument in rest[:-1].split(",")), at)


def _action(raw: str, at: int, faults: list[Fault]) -> Action | None:
    """An action whose `[` is at offset `at`."""
    if not raw:
        faults.append(Fault(at, "an empty action; write \\\\[ for a bracket in the text"))
        return None
    target, offset = _split(raw, ":", most=1)[0][0], 0
    if target == raw:
        return RuleAction(_nodes(raw, at + 1, faults), at)
    offset = len(target) + 1
    body, name = raw[offset:], _clear(target)
    if body == "POP":
        return Pop(name, at)
    rules = (_nodes(part, at + 1 + offset + start, faults) for part, start in _split(body, ","))
    return Push(name, tuple(rules), at)


def _split(text: str, separator: str, most: int = -1) -> list[tuple[str, int]]:
    """The parts of a text and their offsets; separators inside `#...#`, `[...]`, `(...)` do not count."""
    if not any(char in text for char in "#[("):
        return _split_plain(text, separator, most)
    parts: list[tuple[str, int]] = []
    start = depth = 0
    in_tag = False
    for n, char in enumerate(text):
        depth += (char in "[(") - (char in "])")
        if char == "#" and depth == 0:
            in_tag = not in_tag
        elif char == separator and depth <= 0 and not in_tag and most != 0:
            parts.append((text[start:n], start))
            start, most = n + 1, most - 1
    return [*parts, (text[start:], start)]


def _split_plain(text: str, separator: str, most: int) -> list[tuple[str, int]]:
    parts: list[tuple[str, int]] = []
    start = 0
    for part in text.split(separator, most):
        parts.append((part, start))
        start += len(part) + 1
    return parts
