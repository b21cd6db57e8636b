"""Reads an ESC/POS job as a printer would: text by code page, pictures, cuts; and draws it as a strip of paper.

Written from the command reference alone; it shares nothing with the press.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

# Slots of the code pages as Epson numbers them.
SLOTS = {
    0: "cp437", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 13: "cp857", 14: "cp737", 15: "iso8859_7",
    16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858", 33: "cp775", 39: "iso8859_2", 40: "iso8859_15",
    45: "cp1250", 46: "cp1251", 47: "cp1253", 48: "cp1254", 51: "cp1257",
}  # fmt: skip


class NotAJob(AssertionError):
    """Bytes that are not a command of this printer."""


@dataclass
class Printout:
    """What came out between two cuts: rows of text (bold or not) and pictures, in order."""

    rows: list[str | Image.Image] = field(default_factory=list)
    cut: bool = False

    @property
    def text(self) -> str:
        """Its rows of text."""
        return "\n".join(row for row in self.rows if isinstance(row, str)).strip("\n")

    @property
    def pictures(self) -> list[Image.Image]:
        """Its pictures, each as it was sent."""
        return [row for row in self.rows if isinstance(row, Image.Image)]

    def picture(self) -> Image.Image:
        """The pictures under each other."""
        parts = self.pictures
        whole = Image.new("1", (max(part.width for part in parts), sum(part.height for part in parts)), 1)
        y = 0
        for part in parts:
            whole.paste(part, (0, y))
            y += part.height
        return whole


def read_job(job: bytes, slots: Mapping[int, str] = SLOTS, two_bytes: str = "") -> list[Printout]:
    """The pieces of paper of a job; the rest after the last cut is a piece without one.

    `slots` are the code pages of a printer that numbers them in its own way. `two_bytes` is the encoding of a printer
    for China or Japan, which takes bytes in pairs until it is told not to, and again after ESC @.
    """
    papers, at, codec, pairs = [Printout()], 0, "cp437", bool(two_bytes)
    decoded = ""
    while at < len(job):
        byte, rest = job[at], job[at:]
        if byte == 0x0A:
            papers[-1].rows.append(decoded)
            decoded, at = "", at + 1
        elif byte >= 0x20:
            letter = _letter(rest, codec, two_bytes if pairs else "")
            decoded, at = decoded + letter[1], at + letter[0]
        elif rest.startswith((b"\x1b@", b"\x1c.")):
            codec, at, pairs = "cp437", at + 2, bool(two_bytes) and byte == 0x1B
        elif rest.startswith(b"\x1bt"):
            codec, at = slots[rest[2]], at + 3
        elif rest.startswith((b"\x1bE", b"\x1b!", b"\x1bM", b"\x1ba", b"\x1bd")):
            at += 3
        elif rest.startswith(b"\x1dv0"):
            wide, high = int.from_bytes(rest[4:6], "little"), int.from_bytes(rest[6:8], "little")
            if len(rest) < 8 + wide * high:
                raise NotAJob("a picture that ends early")
            bits = Image.frombytes("1", (wide * 8, high), bytes(~b & 255 for b in rest[8 : 8 + wide * high]))
            papers[-1].rows.append(bits)
            at += 8 + wide * high
        elif rest.startswith(b"\x1dV"):
            papers[-1].cut = True
            papers.append(Printout())
            at += 3
        else:
            raise NotAJob(f"at {at}: {rest[:8]!r}")
    if decoded:
        raise NotAJob(f"a line without an end: {decoded!r}")
    return papers if papers[-1].rows else papers[:-1]


def _letter(rest: bytes, codec: str, two_bytes: str) -> tuple[int, str]:
    """How many bytes the next letter takes, and the letter."""
    if two_bytes and rest[0] >= 0x80:
        return 2, rest[:2].decode(two_bytes, "replace")
    return 1, rest[:1].decode(codec)


def draw_paper(paper: Printout, width: int = 384) -> Image.Image:
    """A piece of paper as it would look, text in a font of 12 x 24 dots."""
    from photopoem.press.receipt import draw_lines

    parts = [row if isinstance(row, Image.Image) else draw_lines([row], width) for row in paper.rows]
    strip = Image.new("L", (width + 40, sum(part.height for part in parts) + 80), 255)
    y = 40
    for part in parts:
        strip.paste(part, (20, y))
        y += part.height
    ImageDraw.Draw(strip).rectangle((0, 0, strip.width - 1, strip.height - 1), outline=128)
    return strip
