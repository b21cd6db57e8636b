"""`photopoem look`: the page, the JSON and its schema, the cards, and pictures at the edge of what a picture is."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image, ImageDraw
from rich.console import Console

from photopoem.look import Look, look_at, record, schema
from photopoem.look.page import HIGH, WIDE, bar, columns_of, draw, png_card, svg_card
from photopoem.photo.discover import Found
from photopoem.services.pipeline import Settings, labeller_for
from tests.colored import areas
from tests.command import photopoem

KEYS = {"path", "digest", "size", "moment", "labels", "palette", "statistics"}
SWATCH_KEYS = {"hex", "share", "name", "distance", "names", "hue"}
HOSTILE = "<b>&amp;\u001b[31m\u202e[bold]#origin#"


def look(path: Path, **settings: Any) -> Look:
    told = Settings(labels="keywords", **settings)
    return look_at(Found(str(path), path.name), told, labeller_for(told))


def looked(*args: str | Path, code: int = 0) -> str:
    done = photopoem("look", *args, "--labels", "keywords", code=code)
    return done.stdout


def saved(path: Path, pixels: np.ndarray | Image.Image, **options: Any) -> Path:
    (Image.fromarray(pixels) if isinstance(pixels, np.ndarray) else pixels).save(path, **options)
    return path


def size_of(path: Path) -> list[int]:
    with Image.open(path) as image:
        return list(image.size)


def valid(made: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(json.loads(schema())).validate(made)


def page(seen: Look, width: int = 80, color: str | None = "truecolor") -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=color is not None, color_system=color, markup=False
    )
    draw(seen, console)
    return out.getvalue()


@pytest.fixture(scope="module")
def hills(samples: list[Path]) -> Look:
    return look(samples[0])


def test_json_is_one_object_a_line_and_fits_its_schema(samples: list[Path]) -> None:
    """Each photograph gives one line of JSON with the promised keys, and the shipped schema holds for it."""
    lines = looked("--json", *samples[:2]).splitlines()
    assert len(lines) == 2
    for line, path in zip(lines, samples, strict=False):
        made = json.loads(line)
        valid(made)
        assert set(made) >= KEYS
        assert all(set(swatch) >= SWATCH_KEYS for swatch in made["palette"])
        assert made["path"] == str(path)
        assert made["size"] == size_of(path)


def test_the_schema_is_a_schema_and_can_fail() -> None:
    """`--schema` prints a sound JSON Schema that refuses what is no look."""
    told = json.loads(photopoem("look", "--schema").stdout)
    jsonschema.Draft202012Validator.check_schema(told)
    with pytest.raises(jsonschema.ValidationError):
        valid({"path": "x"})


@pytest.mark.parametrize("spoil", ["hue", "share", "hex", "score"])
def test_the_schema_sees_what_is_wrong(hills: Look, spoil: str) -> None:
    """The schema refuses an unknown basic term, a share above 1, an invalid color and a label without score."""
    made = record(hills)
    valid(made)
    match spoil:
        case "hue":
            made["palette"][0]["hue"] = "mauve"
        case "share":
            made["palette"][0]["share"] = 1.5
        case "hex":
            made["palette"][0]["hex"] = "red"
        case _:
            made["labels"] = [{"text": "dog", "labeller": "local", "kind": "thing"}]
    with pytest.raises(jsonschema.ValidationError):
        valid(made)


def _disc() -> Image.Image:
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((100, 100, 300, 300), fill=(250, 200, 0, 255))
    return image


RED, BLUE, WHITE = (200, 30, 40), (20, 40, 160), (255, 255, 255)
# name: its file's ending, the picture, the basic terms it shows
EDGES: dict[str, tuple[str, np.ndarray | Image.Image, list[str]]] = {
    "white page": ("png", areas((WHITE, 1)), ["white"]),
    "black frame": ("png", np.pad(areas((RED, 1)), ((60, 60), (60, 60), (0, 0))), ["black", "red"]),
    "two flat colors": ("png", areas((BLUE, 0.7), (RED, 0.3)), ["blue", "red"]),
    "grey photograph": (
        "jpg",
        Image.fromarray(areas(((90, 90, 90), 0.6), ((200, 200, 200), 0.4), noise=3)).convert("L"),
        ["grey", "grey"],
    ),
    "alpha": ("png", _disc(), ["white", "yellow"]),
    "1 x 1": ("png", np.full((1, 1, 3), (10, 200, 100), np.uint8), ["green"]),
    "panorama": (
        "jpg",
        np.repeat(areas((BLUE, 0.5), (WHITE, 0.5), side=1000), 20, axis=1),
        ["blue", "white"],
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_pictures_at_the_edge(tmp_path: Path, name: str) -> None:
    """Blank, flat, grey, transparent, tiny and very long pictures show the colors that they have, in every form."""
    suffix, picture, hues = EDGES[name]
    path = saved(tmp_path / f"picture.{suffix}", picture)
    seen = look(path)
    made = record(seen)
    valid(json.loads(json.dumps(made)))
    assert {swatch["hue"] for swatch in made["palette"]} == set(hues)
    assert len(made["palette"]) >= len(hues)
    assert made["size"] == size_of(path)
    assert page(seen)
    ET.fromstring(svg_card(seen))  # noqa: S314 - our own
    assert Image.open(io.BytesIO(png_card(seen))).size == (WIDE, HIGH)


def test_the_page_shows_picture_strip_and_words(hills: Look) -> None:
    """On a terminal with color there are half blocks, a strip of the swatches' colors, and every name and share."""
    shown = page(hills)
    assert "▀" in shown
    for swatch in hills.subject.palette.swatches:
        red, green, blue = swatch.rgb
        assert f"48;2;{red};{green};{blue}m" in shown
        assert swatch.name in shown
        assert swatch.hex in shown
    assert "A poem may say" in shown


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_no_line_is_wider_than_the_terminal(hills: Look, width: int) -> None:
    """Whatever the terminal's width, no line is wider, and none wider than a hundred."""
    for line in page(hills, width, color=None).splitlines():
        assert len(line) <= min(width, 100)


def test_without_color_there_is_no_picture(hills: Look) -> None:
    """Where color is not wanted there are no half blocks and no escapes, and all the words are there."""
    shown = page(hills, color=None)
    assert "▀" not in shown
    assert "\u001b" not in shown
    assert all(swatch.name in shown for swatch in hills.subject.palette.swatches)
    assert "\u001b" not in looked(hills.subject.path)  # standard output is no terminal here


def test_hostile_words_do_not_act(tmp_path: Path) -> None:
    """Markup, escapes and right-to-left marks in names, keywords and files come out as characters or not at all."""
    path = saved(tmp_path / "[red]x<i>.png", areas(((20, 40, 160), 1)))
    Path(f"{path}.txt").write_text(HOSTILE, encoding="utf-8")
    (tmp_path / "n.csv").write_text('"<b>[red]&#origin#",#1428a0\n', encoding="utf-8")
    seen = look(path, color_names=str(tmp_path / "n.csv"))
    shown = page(seen, color=None)
    assert "\u001b" not in shown
    assert "\u202e" not in shown
    assert "<b>[red]&#origin#" in shown
    card = ET.fromstring(svg_card(seen))  # noqa: S314 - that it is sound XML is what is tested
    texts = ["".join(each.itertext()) for each in card.iter("{http://www.w3.org/2000/svg}text")]
    assert "<b>[red]&#origin#" in texts
    assert "[red]x<i>.png" in texts
    valid(json.loads(json.dumps(record(seen))))


def test_columns_fill_the_strip() -> None:
    """Shares become columns that fill the width exactly, each at least one, none off by more than one."""
    rng = np.random.default_rng(0)
    for width in (20, 80, 100):
        for count in (1, 2, 6, 20):
            shares = rng.dirichlet([0.4] * count).tolist()
            columns = columns_of(shares, width)
            assert sum(columns) == width
            assert min(columns) >= 1
            assert all(
                abs(each - share * (width - count) - 1) <= 1
                for each, share in zip(columns, shares, strict=True)
            )


def test_bars_are_as_long_as_scores() -> None:
    """A bar is full at 1, empty at 0, half at a half, and always as wide."""
    assert bar(1, 8) == "█" * 8
    assert bar(0, 8) == " " * 8
    assert bar(0.5, 8) == "████    "
    assert bar(0.5 + 1 / 16, 8) == "████▌   "
    assert {len(bar(score / 100)) for score in range(101)} == {20}


def test_a_card_shows_each_color_as_wide_as_its_share(hills: Look) -> None:
    """In the PNG the fields have the swatches' colors and, to a pixel, their shares of the width."""
    card = np.asarray(Image.open(io.BytesIO(png_card(hills))))[500]
    for swatch in hills.subject.palette.swatches:
        assert abs((card == swatch.rgb).all(axis=1).sum() - swatch.share * WIDE) <= 1.5


def test_a_card_is_drawn_by_another_program(hills: Look, tmp_path: Path, tool: Callable[[str], str]) -> None:
    """The SVG drawn by librsvg has the same fields as the PNG that we draw, and the photograph in it."""
    import subprocess

    (tmp_path / "card.svg").write_text(svg_card(hills), encoding="utf-8")
    subprocess.run(
        [tool("rsvg-convert"), "-w", str(WIDE), tmp_path / "card.svg", "-o", tmp_path / "card.png"],
        check=True,
    )
    with Image.open(tmp_path / "card.png") as image:
        theirs = np.asarray(image.convert("RGB")).astype(int)
    ours = np.asarray(Image.open(io.BytesIO(png_card(hills)))).astype(int)
    assert theirs.shape == ours.shape
    fields = np.abs(theirs[:1120] - ours[:1120]).max(axis=2)
    assert (fields > 4).mean() < 0.01
    assert np.abs(theirs[1220:1600, 100:720] - ours[1220:1600, 100:720]).mean() < 6


def test_cards_are_not_written_over(tmp_path: Path, samples: list[Path]) -> None:
    """A card is written to the given path; an existing file stays without --force; several cards go into a folder."""
    card = tmp_path / "card.svg"
    card.write_text("mine")
    photopoem("look", samples[0], "--labels", "keywords", "--svg", card, code=2)
    assert card.read_text() == "mine"
    looked(samples[0], "--svg", card, "--force")
    assert card.read_text().startswith("<svg")
    looked(*samples[:2], "--png", tmp_path / "cards")
    assert {each.name for each in (tmp_path / "cards").iterdir()} == {
        f"{path.name}.png" for path in samples[:2]
    }


def test_a_bad_file_costs_one_line(tmp_path: Path, samples: list[Path]) -> None:
    """A file that is not a photograph is named on one line; the others are shown; the exit code tells some from
    none.
    """
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff nothing")
    done = photopoem("look", tmp_path / "bad.jpg", samples[0], "--labels", "keywords", "--json", code=1)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr.count("\n") == 1
    assert "bad.jpg" in done.stderr
    photopoem("look", tmp_path / "bad.jpg", "--labels", "keywords", code=2)


@pytest.mark.parametrize("args", [["--colors", "1"], ["--colors", "many"], ["--color-names", "nosuch"], []])
def test_senseless_requests(args: list[str], samples: list[Path]) -> None:
    """A wrong number of colors, a missing list and no photograph at all end with code 2 and one line."""
    done = photopoem("look", *([samples[0], *args] if args else []), "--labels", "keywords", code=2)
    assert done.stderr.count("\n") == 1
