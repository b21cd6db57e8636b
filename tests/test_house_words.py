"""The words of the house: banned words, replacements, and their file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from photopoem.color.names import color_names
from photopoem.english.lexicon import HouseWords, load_lexicon, read_house_words
from photopoem.english.lexicon import in_house_words as lexicon_in
from photopoem.errors import UsageError
from photopoem.grammar import Grammar, load_grammar
from photopoem.labels.labeller import Label
from photopoem.labels.labeller import in_house_words as labels_in
from photopoem.poem import from_record, record
from photopoem.press.sources import note_of
from photopoem.vocabulary import make_vocabulary
from tests.command import photopoem
from tests.paper import make_poem

FILE = """
never = ["wedding", "gun", "machine room"]
never_colors = ["Camo Green"]

[say]
animal = "Nouk"
"Golden  Retriever" = "Nouk"

[say.phrases.Nouk]
does = ["waits for Ada"]
[say.phrases]
mauve = {kind = "color", feels = "tired"}
"""


@pytest.fixture
def words(tmp_path: Path) -> HouseWords:
    """The words of the file above."""
    return written(tmp_path, FILE)


def written(folder: Path, text: str) -> HouseWords:
    (folder / "words.toml").write_text(text, "utf-8")
    return read_house_words(folder / "words.toml")


def test_what_holds_a_word_is_silent(words: HouseWords) -> None:
    """A text with a banned word is banned, in both numbers and any case; a longer word is not."""
    for text in (
        "gun",
        "Guns",
        "machine-gun",
        "a wedding dress",
        "the machine room's door",
        "guns and roses",
    ):
        assert words.is_silent(text)
    for text in ("gunwale", "begun", "wed", "machine", "room"):
        assert not words.is_silent(text)
    assert words.is_silent_color("camo green") and words.is_silent_color("gun grey")
    assert not words.is_silent_color("camo") and not words.is_silent("camo green")
    assert not HouseWords().is_silent("gun")


def test_labels_are_silenced_and_said_otherwise(words: HouseWords) -> None:
    """A banned label is removed, a replaced one keeps the labeller's word, and of two with the same replacement one
    stays.
    """
    labels = (
        Label("animal", 0.7, "local"), Label("golden retriever", 0.9, "local"), Label("gun", 0.99, "local"),
        Label("tree", 0.5, "local"),
    )  # fmt: skip
    said = labels_in(labels, words)
    assert said == (Label("Nouk", 0.9, "local", said_for="golden retriever"), labels[3])
    assert labels_in(said, words) == said
    assert labels_in(labels, HouseWords()) == labels


def test_a_poem_says_the_houses_word_and_knows_whose_it_was(words: HouseWords) -> None:
    """A poem uses a label's replacement, also a name, and its source has both words."""
    poem = make_poem()
    subject = replace(poem.subject, labels=labels_in((Label("animal", 0.7, "local"),), words))
    made = Grammar.from_rules({"origin": ["Here is #label.a#, #label.does#."]}, name="mine")
    written = made.write(make_vocabulary(subject), 0)
    assert written.text.startswith("Here is Nouk, ")
    assert from_record(record(written)) == written
    (span,) = [span for span in written.lines[0].spans if span.source and span.text == "Nouk"]
    note = note_of(span, written)
    assert note and (note.verb, note.of) == ("saw", "animal")
    assert note.figures == "scored 0.70 by local, called Nouk by this house"


def test_a_label_that_another_says_already_is_not_said_by_its_new_name(words: HouseWords) -> None:
    """A wider word of another label is left out even if it is replaced."""
    labels = (Label("poodle", 0.9, "local", wider=("dog", "animal")), Label("animal", 0.8, "local"))
    subject = replace(make_poem().subject, labels=labels_in(labels, words))
    assert [word.text for word in make_vocabulary(subject).words["label"]] == ["poodle"]


def test_the_lexicon_speaks_as_the_house_does(words: HouseWords) -> None:
    """Phrases with a silenced word are gone, rows of the house go before, and a new name has its label's row."""
    plain = load_lexicon()
    house = lexicon_in(plain, words)
    assert house["Nouk", "thing", "does"] == ("waits for Ada",)
    assert house["Nouk", "thing", "part"] == plain["animal", "thing", "part"]
    assert house["mauve", "color", "feels"] == ("tired",)
    assert any(
        words.is_silent(text) for cells in plain.entries.values() for row in cells.values() for text in row
    )
    assert not any(
        words.is_silent(text) for cells in house.entries.values() for row in cells.values() for text in row
    )
    assert lexicon_in(plain, HouseWords()) is plain


def test_a_grammar_speaks_as_the_house_does(tmp_path: Path) -> None:
    """A grammar with a words.toml among its lexicons uses it, and another file changes its fingerprint."""
    (tmp_path / "mine.json").write_text('{"origin": "#label1# #label1.does#"}')
    vocabulary = make_vocabulary(make_poem().subject)
    plain = load_grammar(tmp_path / "mine.json")
    for does in ("waits for Ada", "waits for Bob"):
        written(tmp_path, f'[say.phrases]\nmountain = {{does = "{does}"}}')
        grammar = load_grammar(tmp_path / "mine.json", lexicon=(tmp_path / "words.toml",))
        assert grammar.write(vocabulary, 0).text == f"mountain {does}"
        assert grammar.fingerprint != plain.fingerprint


def test_colors_are_named_without_silenced_names(words: HouseWords) -> None:
    """A list of color names loses the silenced ones, so that a color has the nearest name that is left."""
    names = color_names("xkcd")
    left = names.without(words.is_silent_color)
    assert set(names.names) - set(left.names) == {"camo green"}
    lab = names.lab[[names.names.index("camo green")]]
    assert [name for name, _ in names.close(lab)[0]][:1] == ["camo green"]
    assert left.close(lab)[0][0][0] == names.close(lab)[0][1][0]
    assert names.without(lambda _: False) is names
    with pytest.raises(UsageError, match="every name of a color"):
        names.without(lambda _: True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("never = [", ":1:10: not valid TOML: invalid value"),
        ("say = 3\n[x", ":2:3: not valid TOML: expected"),
        ('\nnevr = ["gun"]', ":2:1: there is no key 'nevr' here; did you mean 'never'?"),
        ('never = "gun"', ":1:1: never is a list of words"),
        ('never = ["gun",\n "", "x"]', ":2:2: a word is a text"),
        ("never = [3]", ":1:1: a word is a text"),
        ('never_colors = ["a\\u001b[2J"]', ":1:1: a word is a text"),
        ("say = 3", ":1:1: say is a table"),
        ("[say]\nanimal = 3", ":2:1: a word is a text"),
        ('never = ["gun"]\n[say]\n"Big  Dog" = "gun dog"', ":3:1: 'gun dog' holds a word that is never said"),
        ('[say.phrases]\nNouk = "x"', ":2:1: a word has does, part, feels, each"),
        ("[say.phrases.Nouk]\ndoes = []", ":2:1: phrases must be in a list"),
        ('[say.phrases.Nouk]\ndose = ["x"]', ":2:1: there is no key 'dose' here; did you mean 'does'?"),
        ('[say.phrases.Nouk]\nkind = "pet"', ":2:1: 'pet' is not a kind of word"),
        ('[say.phrases]\nNouk = {does = ["x", "' + "y" * 121 + '"]}', ":2:22: a word is a text"),
    ],
)  # fmt: skip
def test_faults_are_told_with_their_place(tmp_path: Path, text: str, told: str) -> None:
    """An error in a words.toml is one line with the file, the line and the column."""
    with pytest.raises(UsageError) as raised:
        written(tmp_path, text)
    line = str(raised.value)
    assert line.startswith(f"{tmp_path / 'words.toml'}{told}") and "\n" not in line and "\x1b" not in line


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    """A missing, binary or endless file is one line too."""
    file = tmp_path / "words.toml"
    with pytest.raises(UsageError, match="no such file"):
        read_house_words(file)
    for data, told in (
        (b"\xff", "not UTF-8"),
        (b"#" * 2_000_000, "larger than"),
        (b"a=" + b"[" * 9999, "nested too deeply"),
    ):
        file.write_bytes(data)
        with pytest.raises(UsageError, match=told):
            read_house_words(file)


def test_words_that_leave_nothing_to_say_are_refused(tmp_path: Path) -> None:
    """If every phrase of the lexicon is banned, an error says so before the first photograph."""
    rows = load_lexicon().entries["*thing", "thing"]["feels"]
    words = written(tmp_path, f"never = [{', '.join(map(repr, rows))}]")
    with pytest.raises(UsageError, match="nothing to say of a thing"):
        lexicon_in(load_lexicon(), words)


def test_words_that_nobody_says_are_remarked(tmp_path: Path) -> None:
    """A word in no label, color or phrase gives a warning with its position and the nearest known word."""
    words = written(
        tmp_path, 'never = ["animals", "weding"]\n[say]\nanimla = "Nouk"\n[say.phrases]\nNouk = {does = "x"}\n'
        'tre = {does = "x"}',
    )  # fmt: skip
    told = words.remarks(["animal", "wedding dress", "tree"])
    assert [line.partition("words.toml")[2] for line in told] == [
        ":1:21: no labeller here uses 'weding'; did you mean 'wedding'?",
        ":3:1: no labeller here uses 'animla'; did you mean 'animal'?",
        ":6:1: no labeller here uses 'tre'; did you mean 'tree'?",
    ]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """A words.toml that was changed says what it says now, and its fingerprint differs."""
    one = written(tmp_path, 'never = ["gun"]')
    two = written(tmp_path, 'never = ["wedding"]')
    assert one.is_silent("gun") and not two.is_silent("gun")
    assert one.fingerprint != two.fingerprint and read_house_words("").fingerprint == ""


def test_looks_and_trials_speak_the_words_of_the_house(samples: list[Path], tmp_path: Path) -> None:
    """`look` says which words a poem may use, and `grammar preview` writes them, as the house speaks."""
    house = tmp_path / "mine.toml"
    house.write_text('never = ["fence"]\n[say]\ndog = "Nouk"\n')
    asked = ("--labels", "local", "--words", house)
    look = json.loads(photopoem("look", samples[5], *asked, "--json").stdout)
    assert "Nouk" in look["words"]["thing"]
    assert not {"dog", "fence"} & {*look["words"]["thing"]}
    assert {"dog", "fence"} <= {label["text"] for label in look["labels"]}, (
        "what the machine saw is told as it was"
    )
    (tmp_path / "mine.json").write_text('{"origin": ["#thing#"]}')
    tried = photopoem(
        "grammar", "preview", tmp_path / "mine.json", "--photo", samples[5], *asked, "-n", "40"
    ).stdout
    assert "Nouk" in tried
    assert "dog" not in tried
    assert "fence" not in tried


def test_words_beside_the_poems_are_spoken_unasked(tmp_path: Path) -> None:
    """Without `--words`, a trial speaks the words of the house that runs of this folder speak."""
    (tmp_path / "poems").mkdir()
    (tmp_path / "poems" / "words.toml").write_text('[say]\ndog = "Nouk"\n')
    (tmp_path / "mine.json").write_text('{"origin": ["#thing#"]}')
    tried = photopoem("grammar", "preview", "mine.json", "-n", "40", cwd=tmp_path).stdout
    assert "Nouk" in tried
    assert "dog" not in tried
