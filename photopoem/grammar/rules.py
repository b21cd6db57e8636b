"""The rules of a grammar, parsed once: alternatives, what each needs, and which can be used for a photograph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from photopoem.grammar.form import initial_of
from photopoem.grammar.graph import certain, ranks, recursive
from photopoem.grammar.modify import FROM_THE_LEXICON, Modifiers, calls
from photopoem.grammar.pieces import Piece
from photopoem.grammar.symbols import is_known, is_numbered_word
from photopoem.grammar.syntax import Node, Pop, Push, Rule, Run, Tag, Text, parse_rule
from photopoem.grammar.words import stems, visible

MAX_PLANS = 64
"""Photographs lack words in few ways; the plans for the latest ways are kept."""


Made = tuple[Node | Piece, ...]
"""A rule whose text needs only be said."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """The nodes of a rule that stand on one line: `bindings` before the first text or tag, `rest` from there on.

    Text is made into a piece here, once. `blank` says that the rule itself has an empty line here. `literal` counts
    the characters of its own text, `recalled` are the symbols and modifiers of its tags. `phrase` is where in `rest`
    the last phrase of the lexicon stands that nothing but text and words follow, -1 where none does;
    `phrase_modifiers` what is still to be done with it, and `bare` the unmodified symbols after it, which are words
    only where they are bound.
    """

    bindings: Made
    rest: Made
    blank: bool
    literal: int
    recalled: tuple[tuple[str, Modifiers], ...]
    phrase: int
    phrase_modifiers: Modifiers
    bare: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """One rule of a symbol.

    `segments` are its nodes, split where its own text has a line break. `needs` are the symbols without
    which it cannot be said; `stems` the content of its own text; `silent` that it says nothing itself: it has no
    text or tag, or only leads on to another symbol;
    `initial` the letter that it begins with, where its own text says; `binds` the symbols that it binds.
    """

    symbol: str
    text: str
    segments: tuple[Segment, ...]
    weight: float
    needs: frozenset[str]
    stems: frozenset[str]
    silent: bool
    initial: str
    binds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What can be said of a photograph: for each symbol its usable alternatives, and how deep each goes.

    `keeps` has the numbered symbols that an alternative will say, for those alternatives that will say any.
    """

    choices: Mapping[str, tuple[Alternative, ...]]
    depth: Mapping[str, int]
    keeps: Mapping[Alternative, frozenset[str]]

    def depth_of(self, alternative: Alternative) -> int:
        """The least number of steps in which the alternative can be said."""
        return max((self.depth.get(symbol, 0) for symbol in alternative.needs), default=0)


@dataclass(eq=False)
class RuleBook:
    """All rules of a grammar by symbol."""

    symbols: Mapping[str, tuple[Alternative, ...]]
    options: Mapping[str, tuple[frozenset[str], ...]]
    also: tuple[str, ...] = ()
    in_order: frozenset[str] = frozenset()
    weighted: frozenset[str] = frozenset()
    _plans: dict[frozenset[str], Plan] = field(default_factory=dict)

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The symbols that photopoem fills and that the grammar uses, sorted."""
        used = {symbol for needs in self._all_needs() for symbol in needs} | set(self.also)
        return tuple(sorted(filter(is_known, used)))

    @cached_property
    def recursive(self) -> frozenset[str]:
        """The symbols that can come to use themselves."""
        graph = {symbol: [n for needs in options for n in needs] for symbol, options in self.graph.items()}
        return recursive(graph)

    @cached_property
    def graph(self) -> dict[str, tuple[frozenset[str], ...]]:
        """What each symbol can be made of: its alternatives' needs, and those of what is pushed onto it."""
        own = {
            symbol: tuple(alternative.needs for alternative in alternatives)
            for symbol, alternatives in self.symbols.items()
            if not is_known(symbol)
        }
        return own | {symbol: (*own.get(symbol, ()), *options) for symbol, options in self.options.items()}

    def _all_needs(self) -> Iterator[frozenset[str]]:
        for alternatives in self.symbols.values():
            for alternative in alternatives:
                yield alternative.needs
        for options in self.options.values():
            yield from options

    def plan(self, missing: frozenset[str]) -> Plan:
        """What can be said without the words of these symbols."""
        plan = self._plans.get(missing)
        if plan is None:
            plan = self._make_plan(missing)
            if len(self._plans) >= MAX_PLANS:
                del self._plans[next(iter(self._plans))]
            self._plans[missing] = plan
        return plan

    def _make_plan(self, missing: frozenset[str]) -> Plan:
        depth = ranks(self.graph, set(self.asked) - missing)
        choices = {
            symbol: tuple(a for a in alternatives if all(need in depth for need in a.needs))
            for symbol, alternatives in self.symbols.items()
        }
        return Plan(choices, depth, self._keeps(choices))

    def _keeps(self, choices: Mapping[str, tuple[Alternative, ...]]) -> dict[Alternative, frozenset[str]]:
        numbered = frozenset(filter(is_numbered_word, self.asked))
        if not numbered:
            return {}
        usable = {
            # Of rules in order the first is the one that will be used, if it works out.
            symbol: tuple(a.needs for a in alternatives[: 1 if symbol in self.in_order else None])
            for symbol, alternatives in choices.items()
            if not is_known(symbol)
        }
        bound = {symbol: (*usable.get(symbol, ()), *options) for symbol, options in self.options.items()}
        will = certain(usable | bound, numbered)
        keeps = {
            a: frozenset(one for need in a.needs for one in will.get(need, ()))
            for alternatives in choices.values()
            for a in alternatives
        }
        return {alternative: symbols for alternative, symbols in keeps.items() if symbols}


def make_rule_book(
    rules: Mapping[str, Sequence[str]],
    weights: Mapping[str, Sequence[float]] | None = None,
    also: tuple[str, ...] = (),
    in_order: frozenset[str] = frozenset(),
) -> RuleBook:
    """Parse all rules. `also` are symbols whose words are needed though no rule uses them.

    The rules of those `in_order` are not drawn: the first that works out is used.

    A rule with a fault in it becomes an alternative that says what could be parsed.
    """
    options: dict[str, list[frozenset[str]]] = {}
    symbols = {
        symbol: tuple(
            make_alternative(symbol, text, weight, options)
            for text, weight in zip(texts, (weights or {}).get(symbol, [1.0] * len(texts)), strict=True)
        )
        for symbol, texts in rules.items()
    }
    return RuleBook(
        symbols,
        {target: tuple(needs) for target, needs in options.items()},
        also,
        in_order,
        frozenset(weights or ()),
    )


def make_alternative(
    symbol: str, text: str, weight: float, options: dict[str, list[frozenset[str]]]
) -> Alternative:
    """One alternative; what it pushes is noted in `options`."""
    nodes, _ = parse_rule(text)
    own = [visible(node.text) for node in nodes if isinstance(node, Text)]
    shown = next((node for node in nodes if isinstance(node, (Text, Tag))), None)
    first = own[0].lstrip() if isinstance(shown, Text) else ""
    return Alternative(
        symbol=symbol,
        text=text,
        segments=_segments(nodes),
        weight=weight,
        needs=frozenset(_needs(nodes, options)),
        stems=stems(" ".join(own)),
        silent=_leads_on(nodes)
        or (not any(isinstance(node, Tag) for node in nodes) and not any(map(str.isalnum, "".join(own)))),
        initial=next((initial_of(char) or char for char in first if char.isalnum()), ""),
        binds=_binds(nodes),
    )


def _leads_on(nodes: Rule) -> bool:
    """Whether a rule is nothing but another symbol of the grammar's own, and bindings for it."""
    shown = [node for node in nodes if isinstance(node, (Text, Tag))]
    lone = shown[0] if len(shown) == 1 else None
    return isinstance(lone, Tag) and not lone.actions and not lone.modifiers and not is_known(lone.symbol)


def _segments(nodes: Rule) -> tuple[Segment, ...]:
    """The nodes of each line. Text is made visible here, once."""
    lines: list[list[Node | Piece]] = [[]]
    for node in nodes:
        if not isinstance(node, Text):
            lines[-1].append(node)
            continue
        for n, part in enumerate(visible(node.text).split("\n")):
            if n:
                lines.append([])
            if part:
                lines[-1].append(Piece(part))
    return tuple(_segment(tuple(line)) for line in lines)


def _segment(nodes: Made) -> Segment:
    shown = next((n for n, node in enumerate(nodes) if isinstance(node, (Piece, Tag))), len(nodes))
    rest = nodes[shown:]
    tags = [node for node in nodes if isinstance(node, Tag)]
    at, after = _last_phrase(rest)
    return Segment(
        bindings=nodes[:shown],
        rest=rest,
        blank=not nodes,
        literal=sum(len(node.text) for node in nodes if isinstance(node, Piece)),
        recalled=tuple((tag.symbol, calls(tag.modifiers)) for tag in tags),
        phrase=at,
        phrase_modifiers=after,
        bare=tuple(tag.symbol for tag in rest[at + 1 :] if isinstance(tag, Tag) and not tag.modifiers),
    )


def _last_phrase(nodes: Made) -> tuple[int, Modifiers]:
    """Where the last tag stands that the lexicon answers, and its modifiers from there on; -1 where other than text
    and tags follow.
    """
    for at in reversed(range(len(nodes))):
        node = nodes[at]
        if isinstance(node, Piece):
            continue
        if not isinstance(node, Tag) or node.actions:
            break
        for n, modifier in enumerate(node.modifiers):
            if modifier.name in FROM_THE_LEXICON:
                return at, calls(node.modifiers[n + 1 :])
    return -1, ()


def _binds(nodes: Rule) -> frozenset[str]:
    """The symbols that a rule binds; any that it uses, where it runs a rule that may bind whatever it likes."""
    all_nodes = list(walk(nodes))
    targets = {node.target for node in all_nodes if isinstance(node, (Push, Pop))}
    if any(isinstance(node, Run) for node in all_nodes):
        targets |= {node.symbol for node in all_nodes if isinstance(node, Tag)}
    return frozenset(targets)


def _needs(nodes: Iterable[Node], options: dict[str, list[frozenset[str]]]) -> Iterator[str]:
    """The symbols that nodes cannot do without."""
    for node in nodes:
        if isinstance(node, Tag):
            yield node.symbol
            yield from _needs(node.actions, options)
        elif isinstance(node, Run):
            yield from _needs(node.rule, options)
        elif isinstance(node, Push):
            yield from _push_needs(node, options)


def _push_needs(node: Push, options: dict[str, list[frozenset[str]]]) -> Iterator[str]:
    """What a push needs: any one of its rules. It is noted as a symbol of its own, and as the target's."""
    each = [frozenset(_needs(rule, options)) for rule in node.rules]
    options.setdefault(node.target, []).extend(each)
    if len(each) == 1:
        yield from each[0]
    else:
        either = f"\0{len(options)}"
        options[either] = each
        yield either


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """Every node, the nested ones too."""
    for node in nodes:
        yield node
        if isinstance(node, Tag):
            yield from walk(node.actions)
        elif isinstance(node, Run):
            yield from walk(node.rule)
        elif isinstance(node, Push):
            for rule in node.rules:
                yield from walk(rule)


def sizes_of(book: RuleBook) -> dict[str, list[dict[str, int]]]:
    """How often each rule of each symbol uses which symbols; what is bound counts as said at once."""
    sizes: dict[str, list[dict[str, int]]] = {target: [{}] for target in book.options}
    for symbol, alternatives in book.symbols.items():
        if is_known(symbol):
            continue
        options = sizes.setdefault(symbol, [])
        for alternative in alternatives:
            made = (node for line in alternative.segments for node in (*line.bindings, *line.rest))
            nodes = (node for node in made if not isinstance(node, Piece))
            tags = (node.symbol for node in walk(nodes) if isinstance(node, Tag))
            options.append(dict(Counter(tags)))
    return sizes
