"""Draws the pictures of the README with the presses, from the samples.

    python tools/draw_pictures.py

Writes docs/images/gallery.jpg, receipt.png, plotted-card.png and palette-card.png. Needs chromium and rsvg-convert.
"""

# ruff: noqa: S603, S607 - it runs installed programs

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageOps

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
IMAGES = ROOT / "docs" / "images"
PAPER = (250, 249, 246)


def photopoem(folder: Path, *args: str) -> None:
    """Run the command."""
    subprocess.run([sys.executable, "-m", "photopoem", *args], cwd=folder, check=True)


def gallery(folder: Path) -> None:
    """The page as a browser shows it."""
    photopoem(folder, "print", "--to", "file:show.html")
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))))
    shot = folder / "gallery.png"
    subprocess.run(
        [browser, "--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=1280,1000",
         "--virtual-time-budget=3000", f"--screenshot={shot}", (folder / "show.html").as_uri()],
        check=True, capture_output=True,
    )  # fmt: skip
    with Image.open(shot) as image:
        image.convert("RGB").resize((960, 750), Image.Resampling.LANCZOS).save(
            IMAGES / "gallery.jpg", quality=82, optimize=True
        )


def receipt(folder: Path) -> None:
    """The paper that a receipt printer would give."""
    from tests.escpos_reader import draw_paper, read_job

    photopoem(folder, "print", "one", "--to", "file:receipt.bin", "--press", "receipt", "--photo")
    (paper,) = read_job((folder / "receipt.bin").read_bytes())
    strip = draw_paper(paper)
    strip = strip.resize((strip.width * 3 // 4, strip.height * 3 // 4), Image.Resampling.LANCZOS)
    _save(strip, "receipt.png", 16)


def plotted_card(folder: Path) -> None:
    """The strokes that a pen would draw, a pen for each layer, on paper."""
    photopoem(
        folder, "print", "one", "--to", "dir:plots", "--press", "svg", "--hand", "3", "--photos", str(ROOT)
    )
    (drawn,) = (folder / "plots").glob("*.svg")
    png = folder / "card.png"
    subprocess.run(["rsvg-convert", "--width=460", f"--output={png}", drawn], check=True)
    with Image.open(png) as strokes:
        sheet = Image.new("RGB", strokes.size, PAPER)
        sheet.paste(strokes, mask=strokes.getchannel("A"))
    _save(ImageOps.expand(sheet, 1, (128, 128, 128)), "plotted-card.png", 32)


def palette_card(folder: Path) -> None:
    """The card that `photopoem look --png` writes."""
    photopoem(folder, "look", "samples/stream.jpg", "--labels", "local", "--png", "look.png")
    with Image.open(folder / "look.png") as image:
        card = image.convert("RGB").resize((444, 630), Image.Resampling.LANCZOS)
    _save(card, "palette-card.png", 128)


def _save(image: Image.Image, name: str, colors: int) -> None:
    image.convert("RGB").quantize(colors).save(IMAGES / name, optimize=True)


def main() -> None:
    """Write the poems of the samples and draw what is made of them."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copytree(ROOT / "samples", folder / "samples")
        photopoem(folder, "run", "samples", "--labels", "local", "--quiet")
        photopoem(folder, "run", "samples/stream.jpg", "--labels", "local", "--quiet", "--out", "one")
        for draw in (gallery, receipt, plotted_card, palette_card):
            draw(folder)


if __name__ == "__main__":
    main()
