"""`photopoem look` and `photopoem explain`: what the machine sees, and the source of each word of a poem."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from photopoem.commands.options import (
    A_FILE,
    A_GRAMMAR,
    ReadingOptions,
    argument,
    given_paths,
    group,
    lexicon_files_of,
    option,
    poems_folder,
    takes,
    words_file,
    words_option,
)
from photopoem.errors import GrammarError, MissingWordsError, PhotoError, UsageError
from photopoem.files import write_atomically
from photopoem.poems.records import last_records, read_records
from photopoem.text.terminal import counted, say, visible, wants_color

if TYPE_CHECKING:
    from photopoem.grammar.expander import Event
    from photopoem.look import Look
    from photopoem.photo.discover import Found
    from photopoem.poem import Line, Poem, Span

EXAMPLES = """
\b
Examples:
  photopoem look photo.jpg                        here, in the terminal's own colors
  photopoem look photo.jpg --colors auto          as many colors as the eye can distinguish
  photopoem look photo.jpg --color-names nbs      names from a standard of 1955
  photopoem look photo.jpg --color-names mine.csv names of your own: a CSV of name,hex
  photopoem look photos/ --json                   everything, one object per line
  photopoem look photo.jpg --svg card.svg         its palette as a card to print
  photopoem look photos/ --png cards/             a card for each photograph
"""


@dataclass(frozen=True)
class LookOptions:
    """The options of `photopoem look`."""

    paths: tuple[str, ...] = argument(nargs=-1, type=click.Path(path_type=str))
    reading: ReadingOptions = group(ReadingOptions)
    words: str | None = words_option()
    recurse: bool = option("--recurse/--no-recurse", default=True, help="Search subfolders.  [default: yes]")
    json: bool = option("--json", is_flag=True, help="Print one JSON object per line for each photograph.")
    schema: bool = option("--schema", is_flag=True, help="Print the JSON Schema of those objects, and stop.")
    svg: str | None = option(
        "--svg",
        metavar="FILE",
        type=A_FILE,
        help="Write a palette card; for several photographs, a folder of them.",
    )
    png: str | None = option("--png", metavar="FILE", type=A_FILE, help="The same as PNG, 1480 x 2100.")
    force: bool = option("--force", is_flag=True, help="Overwrite an existing card.")


@click.command(epilog=EXAMPLES)
@takes(LookOptions)
def command(asked: LookOptions) -> None:
    """Show what the machine sees in photographs: colors and their names, labels, moment, and the words for poems.

    PATHS are files, folders, addresses, or - for paths on standard input. The exit code is 1 if a photograph could not
    be read.
    """
    from photopoem.photo.discover import find_photos, left_out_lines

    if asked.schema:
        from photopoem import look

        click.echo(look.schema(), nl=False)
        return
    left_out: dict[str, Counter[str]] = {}
    found = find_photos(given_paths(asked.paths), recurse=asked.recurse, left_out=left_out)
    for each in left_out_lines(left_out):
        say(each)
    if not found:
        paths = ", ".join(asked.paths)
        raise UsageError(f"no photographs in {paths}" if paths else "name a photograph or a folder")
    sys.exit(_look_at_all(found, asked))


def _look_at_all(found: list[Found], asked: LookOptions) -> int:
    """Look at each; returns 0 if all could be read, 1 if some, 2 if none."""
    from photopoem.look import look_at
    from photopoem.services.pipeline import labeller_for

    settings = asked.reading.settings(words=words_file(asked.words, poems_folder(None)))
    places = {"svg": asked.svg, "png": asked.png}
    cards = [_Cards(kind, where, len(found), asked.force) for kind, where in places.items() if where]
    labeller, failed = labeller_for(settings), 0
    for each in found:
        try:
            look = look_at(each, settings, labeller)
            for card in cards:
                card.write(look, each.name)
        except PhotoError as error:
            failed += 1
            say(f"photopoem: {error}")
            continue
        if not cards or asked.json:
            _show(look, asked.json)
    return 0 if not failed else 2 if failed == len(found) else 1


def _show(look: Look, as_json: bool) -> None:
    from photopoem.look import line
    from photopoem.services.batch import show

    if as_json:
        show(line(look) + "\n")
        return
    from rich.console import Console

    from photopoem.look.page import draw

    draw(look, Console(markup=False, emoji=False))


class _Cards:
    """The output of palette cards of one kind: a file for one photograph, a folder for several."""

    def __init__(self, kind: str, where: str, photographs: int, force: bool) -> None:
        self.kind, self.where, self.force = kind, Path(where), force
        self.folder = photographs > 1 or where.endswith(("/", "\\")) or self.where.is_dir()
        if photographs > 1 and self.where.is_file():
            raise UsageError(f"{where}: is a file; name a folder for the cards of {photographs} photographs")

    def write(self, look: Look, name: str) -> None:
        """Write the card of one look. Without --force, raises `UsageError` if the file exists."""
        from photopoem.look.page import png_card, svg_card

        path = self.where / f"{name}.{self.kind}" if self.folder else self.where
        if path.exists() and not self.force:
            raise UsageError(f"{path}: is there already; say --force to write over it")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, svg_card(look).encode() if self.kind == "svg" else png_card(look))


# Layer or voice -> color on a terminal, mark without color, description.
LAYERS = {
    "place": ("green", "p", "the place: the photograph's time, place and its owner's words"),
    "machine": ("cyan", "m", "the machine: what it thinks it sees"),
    "people": ("magenta", "n", "the people in the data: who named the colors"),
    "lexicon": ("yellow", "l", "the lexicon: what its author says of a word"),
    "hand": ("blue", "h", "the hand that changed the text"),
}

EXPLAIN_EXAMPLES = """
\b
Examples:
  photopoem explain poems/dog.jpg.txt
  photopoem explain poems/poems.jsonl --nth 3
  photopoem explain poems/dog.jpg.txt --no-tree
"""


@click.command(epilog=EXPLAIN_EXAMPLES)
@click.argument("poem", type=click.Path(path_type=Path))
@click.option("--nth", type=click.IntRange(1), default=1, show_default=True, help="Which poem of a folder.")
@click.option("--tree/--no-tree", default=True, help="Show the rules and words that made it.")
@click.option("-g", "--grammar", metavar="FILE", type=A_GRAMMAR,
              help="The grammar that wrote it, if it is neither built in nor a NAME.json here.")  # fmt: skip
@click.option("--lexicon", multiple=True, metavar="FILE", type=A_FILE,
              help="The lexicon that was used for it.")  # fmt: skip
def explain(poem: Path, nth: int, tree: bool, grammar: str | None, lexicon: tuple[str, ...]) -> None:
    """Show the source of each word of a poem: the place, the machine, the people or the author.

    POEM is a text in a folder of poems, the folder, or its poems.jsonl.
    """
    from photopoem.poem import colophon

    folder, found, written, of = find_poem(poem, nth)
    color = wants_color(sys.stdout)
    for line in (found.title, None, *found.lines):
        click.echo(shown_line(line, color) if line else "", color=color)
    click.echo("")
    for row in [*_legend(found, color), "", *_sources(found), "", visible(colophon(found))]:
        click.echo(row, color=color)
    if tree:
        click.echo("\nAs it was written, before it was changed:" if found.by_hand else "")
        for row in _tree(written, grammar, lexicon_files_of(lexicon, None, folder), folder.resolve().parent):
            click.echo(row, color=color)
    if of > 1:
        click.echo(f"\npoem {nth} of {of}; --nth N shows another")


def find_poem(path: Path, nth: int) -> tuple[Path, Poem, Poem, int]:
    """The poem of a text, or the `nth` of a folder: (its folder, with manual edits, as written, number of poems).

    For a text, the number is one. Raises `UsageError`, `StoreError`.
    """
    from photopoem.poem import from_record
    from photopoem.poems.text import edited, find_edited, folder_of, written_to

    if not path.is_dir() and path.suffix != ".jsonl":
        return *find_edited(path), 1
    folder, records = folder_of(path), list(read_records(path))
    poems = last_records(records)
    if nth > len(poems):
        raise UsageError(f"{visible(str(path))} has no poem number {nth}, but {counted(len(poems), 'poem')}")
    record = poems[nth - 1]
    return folder, edited(folder, record, written_to(records)), from_record(record), len(poems)


def layer_of(span: Span) -> str | None:
    """The layer of a span: one of the three, the lexicon, a manual edit, or None for the grammar's own text."""
    if span.source:
        return span.source.layer
    return span.voice if span.voice in LAYERS else None


def shown_line(line: Line, color: bool) -> str:
    """A line with its words colored, or with marks under them without color."""
    text, marks = "", ""
    for span in line.spans:
        layer = layer_of(span)
        shown = visible(span.text)
        text += click.style(shown, fg=LAYERS[layer][0]) if layer and color else shown
        marks += "".join(LAYERS[layer][1] if layer and not char.isspace() else " " for char in shown)
    return text if color or not marks.strip() else f"{text}\n{marks.rstrip()}"


def _legend(poem: Poem, color: bool) -> list[str]:
    used = {layer_of(span) for line in (poem.title, *poem.lines) for span in line.spans}
    rows = []
    for layer, (shade, mark, meaning) in LAYERS.items():
        if layer in used:
            rows.append(click.style(meaning, fg=shade) if color else f"{mark}  {meaning}")
    return rows


def _sources(poem: Poem) -> list[str]:
    """Each word once, with its source."""
    rows: dict[str, None] = {}
    for span in (span for line in poem.lines for span in line.spans):
        if span.source or span.voice == "lexicon":
            rows[visible(f"{span.text.strip()}: {_source(span)}")] = None
    return list(rows)


def _source(span: Span) -> str:
    source = span.source
    if source is None:
        return f"said of {span.of} by the lexicon"
    if source.what == "color":
        share = f" {source.share:.0%} of the picture" if source.share is not None else ""
        return f"the color {source.of}, {source.hex},{share}".rstrip(",")
    if source.what == "label":
        called = f"{source.said_for}, called {source.of} by this house" if source.said_for else source.of
        return f"the label {called}, {source.score:.2f} by {source.labeller}"
    if source.what == "tone":
        return "measured in the pixels"
    return f"the photograph's {source.what}: {source.of}"


def _tree(poem: Poem, grammar: str | None, lexicon: tuple[str, ...], beside: Path) -> list[str]:
    """The rules and words that made a poem, found by writing it again.

    Without a given grammar, candidates are tried, and one is used only if it gives exactly this poem.
    """
    from photopoem.grammar import load_grammar
    from photopoem.services.curate import grammars_called
    from photopoem.vocabulary import make_vocabulary

    faults = []
    for name in [grammar] if grammar else grammars_called(poem.grammar, beside):
        try:
            written = load_grammar(name, lexicon=lexicon).write_fully(
                make_vocabulary(poem.subject), poem.seed
            )
        except (GrammarError, MissingWordsError) as error:
            if grammar:
                raise
            faults.append(visible(str(error).splitlines()[0]))
            continue
        if written.poem.text == poem.text:
            found = visible(written.poem.grammar if name in (grammar, poem.grammar) else name)
            tries = f"{written.tries} tries of lines" if written.tries > 1 else "one try"
            return [f"{found}, seed {poem.seed}, {tries}:", *map(_step, written.events)]
        faults.append(
            "the grammar, the lexicon or photopoem has changed since this was written "
            f"(then {visible(poem.version)}, now {written.poem.version}); give --grammar and --lexicon as they were"
        )
    whose = f"it was written with a grammar that is not built in, called {visible(poem.grammar)}"
    return [f"No tree: {faults[0] if faults else f'{whose}; give it with --grammar FILE'}"]


def _step(event: Event) -> str:
    text = visible(event.text.replace("\n", " / "))
    return f"{'  ' * min(event.depth, 20)}{visible(event.symbol)}: {text}"
