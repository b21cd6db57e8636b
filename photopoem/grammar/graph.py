"""What the symbols of a grammar can come to: which can be said, in how many steps, and which use themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush


def ranks(options: Mapping[str, Sequence[frozenset[str]]], given: Iterable[str]) -> dict[str, int]:
    """The least number of steps in which each symbol can be said; a symbol that cannot be said is absent.

    A symbol can be said when all of any one of its options can. Linear in the size of the options.
    """
    rank = dict.fromkeys(given, 0)
    waiting: dict[str, list[tuple[str, list[int]]]] = {}
    at_once: list[str] = []
    for symbol, alternatives in options.items():
        for needs in alternatives:
            lacking = [need for need in needs if need not in rank]
            counter = [len(lacking)]
            for need in lacking:
                waiting.setdefault(need, []).append((symbol, counter))
            if not lacking:
                at_once.append(symbol)
    first = dict.fromkeys(symbol for symbol in at_once if symbol not in rank)
    rank.update(dict.fromkeys(first, 1))
    return _settle(rank, list(first), waiting)


def _settle(
    rank: dict[str, int], ready: list[str], waiting: dict[str, list[tuple[str, list[int]]]]
) -> dict[str, int]:
    while ready:
        following: list[str] = []
        for symbol in ready:
            for dependent, counter in waiting.pop(symbol, ()):
                counter[0] -= 1
                if counter[0] == 0 and dependent not in rank:
                    rank[dependent] = rank[symbol] + 1
                    following.append(dependent)
        ready = following
    return rank


def components(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The strongly connected components, those that others use first (Tarjan 1972, without recursion)."""
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
    """The symbols that can come to use themselves."""
    return frozenset(
        symbol
        for component in components(graph)
        if len(component) > 1 or component[0] in graph[component[0]]
        for symbol in component
    )


def certain(
    options: Mapping[str, Sequence[frozenset[str]]], given: frozenset[str]
) -> dict[str, frozenset[str]]:
    """Which of the given symbols each symbol uses whatever it is made of.

    Of symbols that use each other some may be missing: no more is said than what is found without going round.
    """
    found = {symbol: frozenset((symbol,)) for symbol in given}
    nothing: frozenset[str] = frozenset()
    graph = {symbol: [n for needs in options[symbol] for n in needs] for symbol in options}
    for component in components(graph):
        for symbol in component:
            each = [nothing.union(*(found.get(need, nothing) for need in needs)) for needs in options[symbol]]
            if each and symbol not in given:
                found[symbol] = each[0].intersection(*each[1:])
    return found


def least(sizes: Mapping[str, Sequence[Mapping[str, int]]], given: Mapping[str, float]) -> dict[str, float]:
    """The least size of each symbol: one for itself and that of all it uses, as often as it uses them.

    Each option is how often a symbol is used. Knuth's generalization of Dijkstra's algorithm (1977).
    """
    settled: dict[str, float] = {}
    waiting: dict[str, list[tuple[str, Mapping[str, int], list[int]]]] = {}
    heap = [(size, symbol) for symbol, size in given.items()]
    for symbol, options in sizes.items():
        for uses in options:
            if not uses:
                heap.append((1.0, symbol))
            counter = [len(uses)]
            for need in uses:
                waiting.setdefault(need, []).append((symbol, uses, counter))
    heap.sort()
    while heap:
        size, symbol = heappop(heap)
        if symbol in settled:
            continue
        settled[symbol] = size
        for dependent, uses, counter in waiting.pop(symbol, ()):
            counter[0] -= 1
            if counter[0] == 0 and dependent not in settled:
                heappush(heap, (1 + sum(times * settled[need] for need, times in uses.items()), dependent))
    return settled
