"""`photopoem grammar`: list, show, write, check and try grammars."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photopoem.commands import Group
from photopoem.commands.options import (
    A_FILE,
    A_FOLDER,
    A_GRAMMAR,
    LABELLERS,
    WORDS,
    lexicon_files_of,
    poems_folder,
    words_file,
)
from photopoem.commands.studio import open_studio
from photopoem.errors import GrammarError, StoreError, UsageError
from photopoem.files import read_regular, write_atomically
from photopoem.grammar import check_grammar, find_grammar
from photopoem.text.terminal import counted, visible

if TYPE_CHECKING:
    from photopoem.grammar import Grammar, Problem
    from photopoem.vocabulary import Vocabulary

MEASURED = 200
"""How many poems `preview` writes to measure their variety."""

EXAMPLES = """
\b
Examples:
  photopoem grammar list                          the shelf
  photopoem grammar show haiku                    a grammar as it is written
  photopoem grammar new mine.json                 a starting point, with notes
  photopoem grammar check mine.json               what is wrong with it
  photopoem grammar preview mine.json -n 3        three poems from sample words
  photopoem grammar preview mine.json --photo photo.jpg
  photopoem grammar live mine.json                poems beside it, as you write
"""


@click.group(cls=Group, epilog=EXAMPLES)
def command() -> None:
    """List, show, write, check and try grammars."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(as_json: bool) -> None:
    """List the grammars on the shelf."""
    from photopoem.grammar import load_grammar, shelf

    grammars = [load_grammar(name) for name in shelf()]
    if as_json:
        click.echo(json.dumps([_described(grammar) for grammar in grammars], indent=2))
        return
    widest = max((len(grammar.name) for grammar in grammars), default=0)
    for grammar in grammars:
        credit = ", ".join(part for part in (grammar.by, grammar.licence) if part)
        about = visible(grammar.about) + (f" ({visible(credit)})" if credit else "")
        click.echo(f"{grammar.name:<{widest}}  {about}")


def _described(grammar: Grammar) -> dict[str, Any]:
    return {
        "name": grammar.name,
        "about": grammar.about,
        "by": grammar.by,
        "licence": grammar.licence,
        "path": str(grammar.path),
    }


@command.command()
@click.argument("name", type=A_GRAMMAR)
def show(name: str) -> None:
    """Show a grammar as it is written. NAME is one of the shelf, or a file."""
    path = find_grammar(name)
    try:
        text = read_regular(path).decode("utf-8", "replace")
    except OSError as error:
        raise GrammarError(f"{path}: cannot be read: {error.strerror or error}") from error
    for line in text.splitlines():
        click.echo(visible(line.expandtabs()))


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def new(file: Path, force: bool) -> None:
    """Write a starting point for a grammar of your own, with notes, to FILE."""
    from importlib.resources import files

    if file.exists() and not force:
        raise UsageError(
            f"{visible(str(file))} is there already; name another file, or write over it with --force"
        )
    text = files("photopoem.grammar").joinpath("starting_point.json").read_text("utf-8")
    try:
        write_atomically(file, text.encode())
    except OSError as error:
        raise StoreError(f"{visible(str(file))}: cannot be written: {error.strerror or error}") from error
    click.echo(
        f"{visible(str(file))} is written; try it with: photopoem grammar preview {visible(str(file))}"
    )


@command.command()
@click.argument("names", nargs=-1, required=True, metavar="FILE...", type=A_GRAMMAR)
@click.option("--json", "as_json", is_flag=True, help="As JSON: one object per problem.")
def check(names: tuple[str, ...], as_json: bool) -> None:
    """List all errors and warnings in grammars, with file, line and column.

    Exit 0 if there are no errors (warnings are allowed), 1 if there are, 2 if a file cannot be read.
    """
    found = [(path, problem) for path in map(find_grammar, names) for problem in check_grammar(path)]
    if as_json:
        click.echo(json.dumps([_problem(path, problem) for path, problem in found], indent=2))
    else:
        _show_problems(found)
    sys.exit(1 if any(problem.error for _, problem in found) else 0)


def _problem(path: Path, problem: Problem) -> dict[str, Any]:
    return {
        "file": str(path),
        "line": problem.line,
        "column": problem.column,
        "severity": problem.kind,
        "message": problem.message,
    }


def _show_problems(found: list[tuple[Path, Problem]]) -> None:
    for path, problem in found:
        click.echo(visible(f"{path}:{problem.line}:{problem.column}: {problem.kind}: {problem.message}"))
    errors = sum(problem.error for _, problem in found)
    warnings = len(found) - errors
    click.echo(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}", err=True)


@command.command()
@click.argument("name", metavar="FILE", type=A_GRAMMAR)
@click.option("--photo", metavar="P", type=A_FILE, help="Use the words of this photograph.")
@click.option("--vocabulary", metavar="FILE", type=A_FILE,
              help="Use the words in this file, the output of photopoem look --json.")  # fmt: skip
@click.option("-l", "--labels", default="auto", show_default=True, metavar="NAME", type=LABELLERS,
              help="Labellers for the photograph.")  # fmt: skip
@click.option(
    "-n",
    "number",
    default=20,
    show_default=True,
    type=click.IntRange(0, 10_000),
    help="Number of poems to show.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    help="The seed of the first poem; each further poem takes the next.",
)
@click.option("--lexicon", multiple=True, metavar="FILE", type=A_FILE,
              help="A lexicon (CSV); may be repeated.")  # fmt: skip
@click.option("--words", "house", metavar="FILE", type=A_FILE, help=WORDS)
def preview(
    name: str, photo: str | None, vocabulary: str | None, labels: str, number: int, seed: int,
    lexicon: tuple[str, ...],
    house: str | None,
) -> None:  # fmt: skip
    """Show poems of a grammar, and how different they are. Without a photograph, sample words are used."""
    from photopoem.grammar import load_grammar
    from photopoem.grammar.preview import try_out
    from photopoem.poems.text import as_text
    from photopoem.services.describe import vocabulary_in

    if photo and vocabulary:
        raise UsageError("give --photo or --vocabulary, not both")
    lexicon_files = lexicon_files_of(lexicon, house, poems_folder(None))
    grammar = load_grammar(name, lexicon=lexicon_files)
    words = vocabulary_in(_words(photo, vocabulary, labels).subject, lexicon_files)
    for each in range(seed, seed + number):
        text = as_text(grammar.write(words, each), with_colophon=False)
        click.echo("\n".join(map(visible, text.splitlines())) + "\n")
    trial = try_out(grammar, words, range(seed, seed + MEASURED))
    click.echo(str(trial), err=number > 0)


@command.command()
@click.argument("file", metavar="FILE", type=A_FILE)
@click.option(
    "--poems", metavar="DIR", type=A_FOLDER,
    help="Use the photographs of this folder of poems; without it, sample words.  [default: as photopoem studio]",
)  # fmt: skip
@click.option("--words", metavar="FILE", type=A_FILE, help=WORDS)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="The port.  [default: a free one]"
)
@click.option("--no-browser", is_flag=True, help="Print the address without opening a browser.")
def live(file: str, poems: str | None, words: str | None, port: int, no_browser: bool) -> None:
    """Open a grammar in the browser, beside poems that are rewritten as you type.

    The page follows changes that you make to FILE in another editor. It also shows FILE side by side with the other
    grammars in this folder, for a class. Ctrl-C ends it.
    """
    from photopoem.studio.server import Studio
    from photopoem.studio.wall import Wall

    path = Path(file)
    if not path.is_file():
        raise UsageError(f"{file}: there is no such file; create one with: photopoem grammar new {file}")
    folder = poems_folder(poems)
    wall = Wall(folder, words_file(words, folder))
    open_studio(Studio(wall, port, "grammar", grammar=path), browser=not no_browser)


def _words(photo: str | None, vocabulary: str | None, labels: str) -> Vocabulary:
    from photopoem.grammar.preview import read_vocabulary, sample_vocabulary

    if vocabulary:
        return read_vocabulary(Path(vocabulary))
    return _words_of(photo, labels) if photo else sample_vocabulary()


def _words_of(photo: str, labels: str) -> Vocabulary:
    from photopoem.photo.discover import Found
    from photopoem.services.describe import describe
    from photopoem.services.pipeline import Settings, labeller_for
    from photopoem.vocabulary import make_vocabulary

    settings = Settings(labels=labels)
    described = describe(Found(photo, Path(photo).name), settings, labeller_for(settings))
    if described.no_labels:
        raise described.no_labels
    return make_vocabulary(described.subject)
