"""The compiled rules of a grammar: alternatives, their needs, and which are usable for a photograph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import chain

from photopoem.grammar.form import initial_of
from photopoem.grammar.modifiers import FROM_THE_LEXICON, Calls, calls
from photopoem.grammar.parser import Literal, Node, Pop, Push, Rule, RuleAction, Tag, parse_rule
from photopoem.grammar.text import Piece, authors, stems
from photopoem.vocabulary import FIXED_WORDS, RELATED, SYMBOLS


def least(
    options: Mapping[str, Sequence[Collection[str]]],
    given: Mapping[str, float],
    size: Callable[[Collection[str], Mapping[str, float]], float],
) -> dict[str, float]:
    """The least size of each expandable symbol: that of its smallest option.

    A symbol is expandable if all needs of one of its options are; others are absent. `size` combines the sizes of an
    option's needs and is never less than any of them. Knuth's generalization of Dijkstra's algorithm (1977).
    """
    settled: dict[str, float] = {}
    waiting: dict[str, list[tuple[str, Collection[str], list[int]]]] = {}
    heap = [(value, symbol) for symbol, value in given.items()]
    for symbol, alternatives in options.items():
        for needs in alternatives:
            if not needs:
                heap.append((size(needs, settled), symbol))
            lacking = [len(needs)]
            for need in needs:
                waiting.setdefault(need, []).append((symbol, needs, lacking))
    heapify(heap)
    while heap:
        value, symbol = heappop(heap)
        if symbol in settled:
            continue
        settled[symbol] = value
        for dependent, needs, lacking in waiting.pop(symbol, ()):
            lacking[0] -= 1
            if lacking[0] == 0 and dependent not in settled:
                heappush(heap, (size(needs, settled), dependent))
    return settled


def ranks(options: Mapping[str, Sequence[Collection[str]]], given: Iterable[str]) -> dict[str, float]:
    """The least depth of each expandable symbol; others are absent."""
    return least(options, dict.fromkeys(given, 0), _deepest)


def _deepest(needs: Collection[str], settled: Mapping[str, float]) -> float:
    return 1 + max([settled[need] for need in needs], default=0)


def least_steps(book: RuleBook, given: Iterable[str]) -> dict[str, float]:
    """The least number of steps of each symbol: one for itself, plus those of all symbols that it uses."""
    return least(_uses(book), dict.fromkeys(given, 1.0), _together)


def _together(uses: Collection[str], settled: Mapping[str, float]) -> float:
    return 1 + sum([count * settled[need] for need, count in Counter(uses).items()])


def components(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The strongly connected components, with used symbols first (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, following = work[-1]
            child = next((c for c in following if c in graph and (c not in index or c in on_stack)), None)
            if child is not None and child not in index:
                index[child] = low[child] = len(index)
                stack.append(child)
                on_stack.add(child)
                work.append((child, iter(graph[child])))
            elif child is not None:
                low[node] = min(low[node], index[child])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    found.append(_unstack(stack, on_stack, node))
    return found


def _unstack(stack: list[str], on_stack: set[str], root: str) -> list[str]:
    component: list[str] = []
    while True:
        node = stack.pop()
        on_stack.discard(node)
        component.append(node)
        if node == root:
            return component


def recursive(graph: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The recursive symbols."""
    return frozenset(
        symbol
        for component in components(graph)
        if len(component) > 1 or component[0] in graph[component[0]]
        for symbol in component
    )


def certain(
    options: Mapping[str, Sequence[frozenset[str]]], given: frozenset[str]
) -> dict[str, frozenset[str]]:
    """The given symbols that each symbol uses in all of its options.

    For recursive symbols the result may be incomplete, because cycles are not followed.
    """
    found = {symbol: frozenset((symbol,)) for symbol in given}
    nothing: frozenset[str] = frozenset()
    graph = {symbol: list(chain.from_iterable(needs)) for symbol, needs in options.items()}
    for component in components(graph):
        for symbol in component:
            each = [nothing.union(*(found.get(need, nothing) for need in needs)) for needs in options[symbol]]
            if each and symbol not in given:
                found[symbol] = each[0].intersection(*each[1:])
    return found


MAX_USABLE = 64
"""How many results of `RuleBook.usable` are cached. Few combinations of missing words occur."""


Nodes = tuple[Node | Piece, ...]
"""The nodes of a rule, with its text already made into pieces."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """The nodes of one line of a rule: `bindings` before the first text or tag, and the `rest`.

    `blank` marks an empty line in the rule. `literal` counts the characters of its text, `recalled` has the symbols
    and modifiers of its tags. `phrase` is the index in `rest` of the last lexicon phrase, if only text and words
    follow it, otherwise -1; `phrase_modifiers` are its remaining modifiers, and `bare` the unmodified symbols after
    it, which must be bound to words.
    """

    bindings: Nodes
    rest: Nodes
    blank: bool
    literal: int
    recalled: tuple[tuple[str, Calls], ...]
    phrase: int
    phrase_modifiers: Calls
    bare: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """One rule of a symbol.

    `segments` are its nodes, split at line breaks. `needs` are the symbols that it requires; `stems` is the content of
    its text; `silent` means that it has no text of its own, only bindings or a single symbol; `initial` is its first
    letter, if its own text decides that; `binds` are the symbols that it binds.
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
class UsableRules:
    """The rules that are usable for a photograph: the alternatives of each symbol, and its depth.

    `depth` is the least expansion depth of a symbol; symbols that cannot be expanded are absent. `keeps` has, by the
    needs of an alternative, the numbered symbols that it certainly uses; needs without any are absent.
    """

    book: RuleBook
    choices: Mapping[str, tuple[Alternative, ...]]
    depth: Mapping[str, float]
    keeps: Mapping[frozenset[str], frozenset[str]]

    def depth_of(self, alternative: Alternative) -> float:
        """The least expansion depth of an alternative."""
        return max((self.depth.get(symbol, 0) for symbol in alternative.needs), default=0)


@dataclass(eq=False)
class RuleBook:
    """All rules of a grammar by symbol."""

    symbols: Mapping[str, tuple[Alternative, ...]]
    options: Mapping[str, tuple[frozenset[str], ...]]
    also: tuple[str, ...] = ()
    in_order: frozenset[str] = frozenset()
    weighted: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    """Symbols of the photograph for which the grammar's own rules are used."""
    _usable: dict[frozenset[str], UsableRules] = field(default_factory=dict)
    _with_own: dict[frozenset[str], RuleBook] = field(default_factory=dict)

    @cached_property
    def filled(self) -> frozenset[str]:
        """The symbols that photopoem fills."""
        return SYMBOLS - self.own

    def with_own(self, symbols: frozenset[str]) -> RuleBook:
        """The same rules, with the grammar's own rules for these symbols; cached."""
        if symbols not in self._with_own:
            self._with_own[symbols] = replace(self, own=symbols, _usable={}, _with_own={})
        return self._with_own[symbols]

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The symbols of the photograph that the grammar uses, sorted."""
        used = {symbol for needs in self._all_needs() for symbol in needs} | set(self.also)
        return tuple(sorted(used & self.filled))

    @cached_property
    def recursive(self) -> frozenset[str]:
        """The recursive symbols."""
        graph = {symbol: [n for needs in options for n in needs] for symbol, options in self.graph.items()}
        return recursive(graph)

    @cached_property
    def graph(self) -> dict[str, tuple[frozenset[str], ...]]:
        """The options of each symbol, each once: the needs of its alternatives and of its bindings."""
        own = {
            symbol: tuple(alternative.needs for alternative in alternatives)
            for symbol, alternatives in self.symbols.items()
            if symbol not in self.filled
        }
        every = own | {symbol: (*own.get(symbol, ()), *options) for symbol, options in self.options.items()}
        return {symbol: tuple(dict.fromkeys(options)) for symbol, options in every.items()}

    def _all_needs(self) -> Iterator[frozenset[str]]:
        for alternatives in self.symbols.values():
            for alternative in alternatives:
                yield alternative.needs
        for options in self.options.values():
            yield from options

    def usable(self, missing: frozenset[str]) -> UsableRules:
        """The rules that are usable if these symbols have no words."""
        usable = self._usable.get(missing)
        if usable is None:
            usable = self._make_usable(missing)
            if len(self._usable) >= MAX_USABLE:
                del self._usable[next(iter(self._usable))]
            self._usable[missing] = usable
        return usable

    def _make_usable(self, missing: frozenset[str]) -> UsableRules:
        depth = ranks(self.graph, set(self.asked) - missing)
        # Thousands of alternatives share a few hundred sets of needs.
        usable = {needs for needs in self._needs if needs <= depth.keys()}
        choices = {
            symbol: tuple([a for a in alternatives if a.needs in usable])
            for symbol, alternatives in self.symbols.items()
        }
        return UsableRules(self, choices, depth, self._keeps(choices))

    @cached_property
    def _needs(self) -> frozenset[frozenset[str]]:
        return frozenset(self._all_needs())

    def _keeps(self, choices: Mapping[str, tuple[Alternative, ...]]) -> dict[frozenset[str], frozenset[str]]:
        numbered = FIXED_WORDS.intersection(self.asked)
        if not numbered:
            return {}
        usable = {
            # Of rules in order, the first that works is used.
            symbol: tuple(
                dict.fromkeys([a.needs for a in alternatives[: 1 if symbol in self.in_order else None]])
            )
            for symbol, alternatives in choices.items()
            if symbol not in self.filled
        }
        bound = {symbol: (*usable.get(symbol, ()), *{*options}) for symbol, options in self.options.items()}
        will = certain(usable | bound, numbered)
        keeps = {
            needs: frozenset(one for need in needs for one in will.get(need, ())) for needs in self._needs
        }
        return {needs: symbols for needs, symbols in keeps.items() if symbols}


def make_rule_book(
    rules: Mapping[str, Sequence[str]],
    weights: Mapping[str, Sequence[float]] | None = None,
    also: tuple[str, ...] = (),
    in_order: frozenset[str] = frozenset(),
) -> RuleBook:
    """Parse all rules. `also` are additional symbols whose words are needed.

    Rules of symbols in `in_order` are not drawn at random: the first that works is used.

    A rule with an error becomes an alternative of the nodes that could be parsed.
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


def _initial(text: str) -> str:
    """The letter or digit that a text begins with, without what marks it."""
    return next((initial_of(char) or char for char in text if char.isalnum()), "")


def make_alternative(
    symbol: str, text: str, weight: float, options: dict[str, list[frozenset[str]]]
) -> Alternative:
    """Make one alternative, and add its bindings to `options`."""
    nodes, _ = parse_rule(text)
    own = [authors(node.text) for node in nodes if isinstance(node, Literal)]
    shown = next((node for node in nodes if isinstance(node, (Literal, Tag))), None)
    first = own[0].lstrip() if isinstance(shown, Literal) else ""
    return Alternative(
        symbol=symbol,
        text=text,
        segments=_segments(nodes),
        weight=weight,
        needs=frozenset(_needs(nodes, options)),
        stems=stems(" ".join(own)),
        silent=_leads_on(nodes)
        or (not any(isinstance(node, Tag) for node in nodes) and not any(map(str.isalnum, "".join(own)))),
        initial=_initial(first),
        binds=_binds(nodes),
    )


def _leads_on(nodes: Rule) -> bool:
    """Whether a rule is only another symbol of the grammar and bindings."""
    shown = [node for node in nodes if isinstance(node, (Literal, Tag))]
    lone = shown[0] if len(shown) == 1 else None
    return isinstance(lone, Tag) and not lone.actions and not lone.modifiers and lone.symbol not in SYMBOLS


def _segments(nodes: Rule) -> tuple[Segment, ...]:
    """The nodes of each line, with cleaned text."""
    lines: list[list[Node | Piece]] = [[]]
    for node in nodes:
        if not isinstance(node, Literal):
            lines[-1].append(node)
            continue
        for n, part in enumerate(authors(node.text).split("\n")):
            if n:
                lines.append([])
            if part:
                lines[-1].append(Piece(part))
    return tuple(_segment(tuple(line)) for line in lines)


def _segment(nodes: Nodes) -> Segment:
    shown = next((n for n, node in enumerate(nodes) if isinstance(node, (Piece, Tag))), len(nodes))
    rest = nodes[shown:]
    at, after = _last_phrase(rest)
    return Segment(
        bindings=nodes[:shown],
        rest=rest,
        blank=not nodes,
        literal=sum(len(node.text) for node in nodes if isinstance(node, Piece)),
        recalled=tuple((tag.symbol, calls(tag.modifiers)) for tag in nodes if isinstance(tag, Tag)),
        phrase=at,
        phrase_modifiers=after,
        bare=tuple(tag.symbol for tag in rest[at + 1 :] if isinstance(tag, Tag) and not tag.modifiers),
    )


def _last_phrase(nodes: Nodes) -> tuple[int, Calls]:
    """The index of the last tag with a phrase or a related word, and its remaining modifiers.

    The index is -1 if nodes other than text and tags follow.
    """
    for at in reversed(range(len(nodes))):
        node = nodes[at]
        if isinstance(node, Piece):
            continue
        if not isinstance(node, Tag) or node.actions:
            break
        for n, modifier in enumerate(node.modifiers):
            if modifier.name in FROM_THE_LEXICON or modifier.name in RELATED:
                return at, calls(node.modifiers[n + 1 :])
    return -1, ()


def _binds(nodes: Rule) -> frozenset[str]:
    """The symbols that a rule may bind. A rule that runs another one may bind anything, so all its symbols count."""
    all_nodes = list(walk(nodes))
    targets = {node.target for node in all_nodes if isinstance(node, (Push, Pop))}
    if any(isinstance(node, RuleAction) for node in all_nodes):
        targets |= {node.symbol for node in all_nodes if isinstance(node, Tag)}
    return frozenset(targets)


def _needs(nodes: Iterable[Node], options: dict[str, list[frozenset[str]]]) -> Iterator[str]:
    """The symbols that nodes require."""
    for node in nodes:
        if isinstance(node, Tag):
            yield node.symbol
            yield from _needs(node.actions, options)
        elif isinstance(node, RuleAction):
            yield from _needs(node.rule, options)
        elif isinstance(node, Push):
            yield from _push_needs(node, options)


def _push_needs(node: Push, options: dict[str, list[frozenset[str]]]) -> Iterator[str]:
    """The needs of a push: those of any one of its rules, noted as a new symbol and for the target."""
    each = [frozenset(_needs(rule, options)) for rule in node.rules]
    options.setdefault(node.target, []).extend(each)
    if len(each) == 1:
        yield from each[0]
    else:
        either = f"\0{len(options)}"
        options[either] = each
        yield either


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """Every node, including nested ones."""
    for node in nodes:
        yield node
        if isinstance(node, Tag):
            yield from walk(node.actions)
        elif isinstance(node, RuleAction):
            yield from walk(node.rule)
        elif isinstance(node, Push):
            for rule in node.rules:
                yield from walk(rule)


def _uses(book: RuleBook) -> dict[str, list[Counter[str]]]:
    """How often each rule of each symbol uses which symbols; bindings count as expanded at once."""
    uses = {target: [Counter[str]()] for target in book.options}
    for symbol, alternatives in book.symbols.items():
        if symbol not in SYMBOLS:
            uses.setdefault(symbol, []).extend(map(_uses_of, alternatives))
    return uses


def _uses_of(alternative: Alternative) -> Counter[str]:
    nodes = [node for line in alternative.segments for node in (*line.bindings, *line.rest)]
    rule = [node for node in nodes if not isinstance(node, Piece)]
    return Counter([node.symbol for node in walk(rule) if isinstance(node, Tag)])
