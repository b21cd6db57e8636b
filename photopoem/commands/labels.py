"""`photopoem eye` and `photopoem cache`: words taught to the built-in labeller, and paid labels."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from photopoem.commands import Group
from photopoem.commands.options import A_FOLDER
from photopoem.errors import PhotopoemError, StoreError, UsageError
from photopoem.files import open_atomically, write_atomically
from photopoem.text.terminal import counted, say, visible

EYE_EXAMPLES = """
\b
Examples:
  photopoem eye teach lessons/ --as grandmother   a subfolder of photographs for each word
  photopoem run photos/ --labels local:grandmother
  photopoem eye taught                            what has been taught, and where it is kept
  photopoem eye words                             every word of the built-in labeller
"""


@click.group(cls=Group, epilog=EYE_EXAMPLES)
def eye_group() -> None:
    """Teach the built-in labeller words of your own: twenty photographs per word are enough.

    Poems written with them say whose words they are.
    """


@eye_group.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--as", "name", required=True, metavar="NAME", help="A name for the taught words.")
@click.option("--force", is_flag=True, help="Replace NAME if it exists already.")
def teach(folder: Path, name: str, force: bool) -> None:
    """Learn words from FOLDER: a subfolder of photographs for each word, or words.csv (photo, words).

    Nothing leaves this machine. Each word is tested by cross-validation, and the result is shown.
    """
    from photopoem.labels.local.network import Network
    from photopoem.labels.local.training import ENOUGH, read_lessons, taught_path
    from photopoem.labels.local.training import teach as learn

    path = taught_path(name)
    if path.exists() and not force:
        raise UsageError(f"{name} has been taught already ({path}): choose another name, or --force")
    lessons = read_lessons(folder)
    for word, photos in lessons.items():
        if len(photos) < ENOUGH:
            say(f"{word}: {counted(len(photos), 'photograph')}; with {ENOUGH} it will be surer")
    head, reports = learn(lessons, Network(), say, _progress)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, head.to_bytes())
    for each in reports:
        click.echo(
            f"{visible(each.word)}: knew {each.found} of {each.photos} that it had not seen, "
            f"took {each.alarms} of {each.others} others for it"
        )
    if unknown := [visible(each.word) for each in reports if not each.found]:
        click.echo(f"too early to tell: {', '.join(unknown)}: give more photographs, or more similar ones")
    click.echo(f"taught: --labels local:{name}   ({visible(str(path))})")


@eye_group.command()
def taught() -> None:
    """List what has been taught, with its words."""
    from photopoem.labels.local.training import read_taught, taught_folder, taught_names

    names = taught_names()
    if not names:
        click.echo(f"nothing yet in {visible(str(taught_folder()))}")
    for name in names:
        try:
            told = ", ".join(read_taught(name).words)
        except PhotopoemError as error:
            told = str(error)
        click.echo(f"{name}: {visible(told)}")


@eye_group.command()
def words() -> None:
    """List every word of the built-in labeller with its kind, one per line."""
    from photopoem.labels.local.labeller import words as all_words

    for word, kind in sorted(all_words().items()):
        click.echo(f"{word}\t{kind}")


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {of} photographs", nl=done == of, err=True)


CACHE_EXAMPLES = """
\b
Examples:
  photopoem cache info                     where the labels are, and how many
  photopoem cache export labels.jsonl      take a show's labels along
  photopoem cache import labels.jsonl      and use them elsewhere, without the account
  photopoem cache clear                    delete them all
"""


@click.group(cls=Group, epilog=CACHE_EXAMPLES)
@click.option(
    "--cache", metavar="DIR", type=A_FOLDER, help="Folder of the label cache.  [env: PHOTOPOEM_CACHE_DIR]"
)
@click.pass_context
def cache_group(context: click.Context, cache: str | None) -> None:
    """Show, clear, export and import the labels from a paid service, so that none is paid for twice."""
    context.obj = cache


@cache_group.command()
@click.pass_obj
def info(folder: str | None) -> None:
    """Show where the labels are stored, and how many there are by labeller and date."""
    from photopoem.labels.cache import FILE_NAME, LabelCache, cache_folder

    path = cache_folder(folder) / FILE_NAME
    if not path.exists():
        click.echo(f"{visible(str(path))}: nothing kept yet")
        return
    summaries = LabelCache(folder, note=say).summary()
    click.echo(
        f"{visible(str(path))}: {counted(sum(each.answers for each in summaries), 'answer')}, {_size(path)}"
    )
    for each in summaries:
        named = f"{each.key.labeller} {each.key.version}, {each.key.parameters}"
        click.echo(f"  {each.answers:>7}  {visible(named)}, {_days(each.first, each.last)}")


@cache_group.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def clear(folder: str | None, yes: bool) -> None:
    """Delete all labels. New requests for them are billed again."""
    from photopoem.labels.cache import LabelCache

    cache = LabelCache(folder, note=say)
    answers = sum(each.answers for each in cache.summary())
    if answers and not yes:
        if not sys.stdin.isatty():
            raise UsageError("cannot ask without a terminal: use --yes to delete the labels")
        if not click.confirm(f"Forget {counted(answers, 'answer')}? Asking again is billed again.", err=True):
            raise UsageError("nothing was deleted")
    say(f"{cache.path}: {counted(cache.clear(), 'answer')} deleted")


@cache_group.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.pass_obj
def export(folder: str | None, file: Path, force: bool) -> None:
    """Write all labels to FILE, one line of JSON each; - is standard output.

    The lines contain digests of pixels, and words, but no paths and no pictures.
    """
    from photopoem.labels.cache import LabelCache

    cache = LabelCache(folder, note=say)
    if str(file) == "-":
        for line in cache.export_lines():
            sys.stdout.buffer.write(line.encode())
        sys.stdout.buffer.flush()
        return
    if file.exists() and not force:
        raise UsageError(f"{file}: is there already; choose another name, or say --force")
    count = 0
    with open_atomically(file) as out:
        for count, line in enumerate(cache.export_lines(), 1):  # noqa: B007 - it is used after the loop
            out.write(line.encode())
    say(f"{file}: {counted(count, 'answer')}")


@cache_group.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--force", is_flag=True, help="Replace existing answers.")
@click.pass_obj
def import_(folder: str | None, file: Path, force: bool) -> None:
    """Import labels that `photopoem cache export` wrote to FILE; - is standard input.

    Existing answers stay. If a line is invalid, nothing is imported.
    """
    from photopoem.labels.cache import LabelCache

    cache = LabelCache(folder, note=say)
    try:
        if str(file) == "-":
            lines = (line.decode() for line in sys.stdin.buffer)
            taken, there = cache.import_lines(lines, replace=force)
        else:
            with file.open(encoding="utf-8") as text:
                taken, there = cache.import_lines(text, replace=force)
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{file}: cannot be read ({getattr(error, 'strerror', '') or error})") from error
    except StoreError as error:
        raise StoreError(f"{file}: {error}") from error
    say(f"{cache.path}: {counted(taken, 'answer')} imported, {there} there already")


def _size(path: Path) -> str:
    """The size on disk, including SQLite's files beside the database."""
    size = sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{size / 1000:.0f} kB"


def _days(first: str, last: str) -> str:
    first, last = first[:10], last[:10]
    return f"asked {first}" if first == last else f"asked {first} to {last}"
