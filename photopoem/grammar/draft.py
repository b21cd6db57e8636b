"""The text of a poem while it is being written: pieces, finished lines, and marks to go back to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from photopoem.grammar.fault import Misfit, Overworked
from photopoem.grammar.form import MAX_LINES, Form, initial_of
from photopoem.grammar.ledger import ANYHOW, Ledger
from photopoem.grammar.modify import Modifiers
from photopoem.grammar.pieces import GAP, Piece, has_doubled_word, text_of, tidy

MAX_CHARACTERS = 400_000
LINE_OF_VERSE = 200
"""A line of more characters is prose, and may say a word twice in a row."""


class Bound(NamedTuple):
    """What is bound to a symbol: one text, or several to draw from; `widths` keeps those that were asked for."""

    texts: tuple[tuple[Piece, ...], ...]
    widths: dict[Modifiers, int]


# Plain tuples where thousands are made: a named one takes five times as long to make.
Mark = tuple[int, int, list[Piece], int, Mapping[str, tuple[Bound, ...]], int]
"""All that is needed to take an expansion back: of ledger, lines, text, its pieces, bindings and events."""


class Event(NamedTuple):
    """A step of an expansion, for `explain`: how deep, which symbol, which rule or word."""

    depth: int
    symbol: str
    text: str


class Draft:
    """What has been written. `lines` are the finished lines, tidy and none empty, a `GAP` before those that an
    empty line goes before; `events` how they came about (each makes an `Event`).

    Nothing is lost when a rule does not work out: `_mark` and `_undo` take back text, bindings and what was noted.
    """

    def __init__(self, form: Form, level: int) -> None:
        self.form = form
        self.level = level
        self.ledger = Ledger(level)
        self.lines: list[tuple[Piece, ...]] = []
        self.events: list[tuple[int, str, str]] = []
        self.tries = 0
        self.misfit: Misfit | None = None
        self._out: list[Piece] = []
        self._bound: Mapping[str, tuple[Bound, ...]] = {}
        # The line in `_out`, where it was found to fit already.
        self._checked: tuple[Piece, ...] | None = None
        self._capturing = 0
        self._depth = 0
        self._characters = 0
        self._initial = ""

    def _mark(self) -> Mark:
        out = self._out
        return (self.ledger.mark(), len(self.lines), out, len(out), self._bound, len(self.events))

    def _undo(self, mark: Mark) -> None:
        ledger, lines, out, pieces, self._bound, events = mark
        self.ledger.undo(ledger)
        del self.lines[lines:]
        # A line that has ended is never written on, so cutting gives back the line as it was.
        self._out = out
        del out[pieces:]
        self._checked = None
        del self.events[events:]

    def _event(self, symbol: str, text: str) -> None:
        self.events.append((self._depth, symbol, text))

    def _end_line(self) -> None:
        pieces = self._check_out()
        self._checked = None
        gap = self._out[:1] == [GAP]
        if pieces:
            self.lines.append((GAP, *pieces) if gap and self.lines else pieces)
            if len(self.lines) > MAX_LINES:
                raise Overworked
        # An empty line waits for the next line that says something.
        self._out = [GAP] if gap and not pieces else []

    def _check_out(self) -> tuple[Piece, ...]:
        """The line as it stands, tidy. Raises `Misfit` where it does not fit."""
        if self._checked is None:
            pieces = tidy(self._out)
            if pieces or self._initial:
                self._check_line(pieces)
            self._checked = pieces
        return self._checked

    def _check_line(self, pieces: Sequence[Piece]) -> None:
        self.tries += 1
        text = text_of(pieces)
        fault = self.form.line_fault(len(self.lines), text)
        if fault is None and self._initial and initial_of(text) != self._initial:
            fault = f"a line that does not begin with {self._initial}"
        if fault is None and self.level < ANYHOW and len(text) <= LINE_OF_VERSE:
            before = text_of(self.lines[-1]) if self.lines else ""
            fault = "a word twice in a row" if has_doubled_word(pieces, text, before) else None
        if fault:
            self.misfit = Misfit(fault)
            raise self.misfit

    def _break(self) -> None:
        if self._capturing:
            self._out.append(Piece("\n"))
        else:
            self._end_line()

    def _gap(self) -> None:
        """An empty line: between lines that say something, and never two in a row."""
        self._out.append(GAP)

    def _say(self, piece: Piece) -> None:
        self._characters += len(piece.text)
        if self._characters > MAX_CHARACTERS:
            raise Overworked
        self._out.append(piece)
        self._checked = None

    def _say_all(self, pieces: Sequence[Piece]) -> None:
        """Say pieces that were made before; line breaks in them end lines."""
        for piece in pieces:
            if "\n" not in piece.text:
                self._say(piece)
                continue
            first, *rest = piece.text.split("\n")
            if first:
                self._say(piece.with_text(first))
            for n, text in enumerate(rest, 1):
                self._break()
                if text:
                    self._say(piece.with_text(text))
                elif n < len(rest):
                    self._gap()

    def _captured(self, work: Callable[[], None]) -> list[Piece]:
        outer, self._out = self._out, []
        self._capturing += 1
        try:
            work()
            return self._out
        finally:
            self._out = outer
            self._capturing -= 1
