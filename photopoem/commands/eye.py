"""`photopoem eye`: teach the built-in labeller words of one's own."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from photopoem.commands.options import Group
from photopoem.text.terminal import counted, visible

EXAMPLES = """
\b
Examples:
  photopoem eye teach lessons/ --as grandmother   a subfolder of photographs for each word
  photopoem run photos/ --labels local:grandmother
  photopoem eye taught                            what has been taught, and where it is kept
  photopoem eye words                             every word that the built-in labeller can say
"""


@click.group(cls=Group, epilog=EXAMPLES)
def command() -> None:
    """Teach the built-in labeller words of your own: twenty photographs a word are enough.

    Whose words are they then? Poems written with them say so.
    """


@command.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--as", "name", required=True, metavar="NAME", help="What to call what was taught.")
@click.option("--force", is_flag=True, help="Teach NAME anew, where it has been taught before.")
def teach(folder: Path, name: str, force: bool) -> None:
    """Learn words from FOLDER: a subfolder of photographs for each word, or words.csv (photo, words).

    Nothing leaves this machine. Each word is tested on photographs that were left out, and the result is shown.
    """
    from photopoem.errors import UsageError
    from photopoem.files import write_atomically
    from photopoem.labels.local.network import Network
    from photopoem.labels.local.training import ENOUGH, read_lessons, taught_path
    from photopoem.labels.local.training import teach as learn

    path = taught_path(name)
    if path.exists() and not force:
        raise UsageError(f"{name} has been taught already ({path}): choose another name, or --force")
    lessons = read_lessons(folder)
    for word, photos in lessons.items():
        if len(photos) < ENOUGH:
            _say(f"{word}: {counted(len(photos), 'photograph')}; with {ENOUGH} it will be surer")
    head, reports = learn(lessons, Network(), _say, _progress)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, head.to_bytes())
    for each in reports:
        click.echo(
            f"{visible(each.word)}: knew {each.found} of {each.photos} that it had not seen, "
            f"took {each.alarms} of {each.others} others for it"
        )
    if unknown := [visible(each.word) for each in reports if not each.found]:
        click.echo(f"cannot be told yet: {', '.join(unknown)}: give more photographs, or ones more alike")
    click.echo(f"taught: --labels local:{name}   ({visible(str(path))})")


@command.command()
def taught() -> None:
    """List what has been taught, with its words."""
    from photopoem.errors import PhotopoemError
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


@command.command()
def words() -> None:
    """List every word that the built-in labeller can say, with its kind, one a line."""
    from photopoem.labels.local.labeller import words as all_words

    for word, kind in sorted(all_words().items()):
        click.echo(f"{word}\t{kind}")


def _say(text: str) -> None:
    click.echo(visible(text), err=True)


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {of} photographs", nl=done == of, err=True)
