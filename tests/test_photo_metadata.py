"""What a file and its sidecar say: dates, places and words, from EXIF, IPTC and XMP, sound or not."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from photopoem.photo.facts import MAX_KEYWORDS, MAX_LENGTH, clean, keyword_list, parse_date
from photopoem.photo.metadata import read_text, read_xmp
from photopoem.photo.reading import read_photo
from tests.badfiles import encoded, half

HOSTILE = "#origin# [x:y] \x1b[31m<script>"

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="Sète" photoshop:DateCreated="1931-08"
 xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/">
<dc:subject><rdf:Bag><rdf:li>harbor</rdf:li><rdf:li>old boat</rdf:li></rdf:Bag></dc:subject>
<Iptc4xmpCore:Location>Quai d'Alger</Iptc4xmpCore:Location>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def exif(tags: dict[int, Any] | None = None, gps: dict[int, Any] | None = None, **top: Any) -> bytes:
    """EXIF with tags in its inner directory, and a position."""
    result = Image.Exif()
    for key, value in top.items():
        result[int(key[1:])] = value
    if tags:
        result.get_ifd(0x8769).update(tags)
    if gps:
        result.get_ifd(0x8825).update(gps)
    return result.tobytes()


def position(latitude: tuple[Any, ...], longitude: tuple[Any, ...], sides: str = "NE") -> dict[int, Any]:
    return {1: sides[0], 2: latitude, 3: sides[1], 4: longitude}


def iptc(*fields: tuple[int, bytes]) -> bytes:
    """A JPEG with IPTC fields, in Photoshop's segment."""
    records = b"".join(
        b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(data)) + data for number, data in fields
    )
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(records)) + records + b"\0" * (len(records) % 2)
    body = b"Photoshop 3.0\0" + resource
    jpeg = encoded("JPEG")
    return jpeg[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def said(tmp_path: Path, data: bytes, sidecar: bytes | None = None) -> dict[str, Any]:
    """The metadata of a photo with these bytes, without its format."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    if sidecar is not None:
        (tmp_path / "photo.jpg.txt").write_bytes(sidecar)
    metadata = dict(read_photo(path).metadata)
    del metadata["format"]
    return metadata


def test_a_plain_photo_says_nothing(tmp_path: Path) -> None:
    """Without metadata and sidecar there is nothing but the format."""
    assert said(tmp_path, encoded("JPEG")) == {}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_exif_is_read_from_every_format(format: str, tmp_path: Path) -> None:
    """Time with its offset, and position, come from the EXIF of any format that holds it."""
    data = exif(
        {36867: "2018:10:04 17:31:12", 36881: "+01:00"},
        position((38.0, 42.0, 36.0), (9.0, 8.0, 24.0), "NW"),
    )
    found = said(tmp_path, encoded(format, exif=data))
    assert found["taken"] == "2018-10-04T17:31:12+01:00"
    assert found["latitude"] == pytest.approx(38.71)
    assert found["longitude"] == pytest.approx(-9.14)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_xmp_is_read_from_every_format(format: str, tmp_path: Path) -> None:
    """Words, city, location and a date cut short come from the XMP of any format that holds it."""
    if format == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP)
        data = encoded("PNG", pnginfo=info)
    elif format == "TIFF":
        data = encoded("TIFF", tiffinfo={700: XMP.encode()})
    else:
        data = encoded(format, xmp=XMP.encode())
    assert said(tmp_path, data) == {
        "keywords": ("harbor", "old boat"),
        "city": "Sète",
        "location": "Quai d'Alger",
        "taken": "1931-08",
    }


def test_iptc_is_read(tmp_path: Path) -> None:
    """IPTC's keywords, city, sublocation and date are read, in UTF-8 or as old programs wrote them."""
    data = iptc(
        (25, "fenêtre".encode()), (25, b"ma\xeftre"), (90, b"Lyon"), (92, b"Croix-Rousse"), (55, b"20180000")
    )
    assert said(tmp_path, data) == {
        "keywords": ("fenêtre", "maïtre"),
        "city": "Lyon",
        "location": "Croix-Rousse",
        "taken": "2018",
    }
    whole = iptc((25, b"one"), (55, b"20181004"), (60, b"173112+0200"))
    assert said(tmp_path, whole) == {"keywords": ("one",), "taken": "2018-10-04T17:31:12+02:00"}


def test_windows_tags_are_read(tmp_path: Path) -> None:
    """The words that Windows writes into EXIF count as well."""
    words = "grass;blue door\0".encode("utf-16-le")
    assert said(tmp_path, encoded("JPEG", exif=exif(t40094=words)))["keywords"] == ("grass", "blue door")


@pytest.mark.parametrize(
    "gps",
    [
        position((IFDRational(0, 0), 0, 0), (9, 8, 24)),
        position((38, IFDRational(1, 0), 0), (9, 8, 24)),
        position((0, 0, 0), (0, 0, 0)),
        position((91, 0, 0), (9, 0, 0)),
        position((38, 42, 36), (181, 0, 0)),
        position((38, 42, 36), (9, 8, 24), "XX"),
        {2: (38, 42, 36), 4: (9, 8, 24)},
        {1: "N", 2: (38, 42, 36)},
    ],
)
def test_positions_that_are_none_say_nothing(gps: dict[int, Any], tmp_path: Path) -> None:
    """0/0, NaN, infinity, null island, beyond the poles, without a side: no position, and the date still counts."""
    found = said(tmp_path, encoded("JPEG", exif=exif({36867: "2018:10:04 17:31:12"}, gps)))
    assert found == {"taken": "2018-10-04T17:31:12"}


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("2018:10:04 17:31:12", None, "2018-10-04T17:31:12"),
        ("2018:10:04 17:31:12\0", "+05:45", "2018-10-04T17:31:12+05:45"),
        (b"2018:10:04 17:31:60", "Z", "2018-10-04T17:31:59+00:00"),
        ("2018-10-04T17:31:12.25-03:00", None, "2018-10-04T17:31:12-03:00"),
        ("2018:10:04 17:31:12", "+99:00", "2018-10-04T17:31:12"),
        ("2018:10:04 17:31:12", "   :  ", "2018-10-04T17:31:12"),
        ("2018:10:04 17:31", None, "2018-10-04T17:31:00"),
        ("2018-10-04", None, "2018-10-04"),
        ("2018:10:00 00:00:00", None, "2018-10"),
        ("2018:00:00 00:00:00", None, "2018"),
        ("2018", None, "2018"),
        ("0000:00:00 00:00:00", None, None),
        ("    :  :     :  :  ", None, None),
        ("2018:13:01 10:00:00", None, None),
        ("2018:13:00", None, None),
        ("2018:02:30 10:00:00", None, None),
        ("2018:10:04 25:00:00", None, None),
        ("1700:01:01 00:00:00", None, None),
        ("yesterday", None, None),
        (20181004, None, None),
        (None, None, None),
    ],
)
def test_dates_are_as_precise_as_they_are_known(text: object, offset: object, expected: str | None) -> None:
    """A date is kept to its last sound part, and nonsense is no date."""
    assert parse_date(text, offset) == expected


def test_the_offset_is_told_by_the_satellites(tmp_path: Path) -> None:
    """The difference to the satellites' time is the offset if it is near a quarter of an hour, else nothing."""
    for seconds, offset in (((11, 46, 40), "+05:45"), ((11, 39, 0), ""), ((23, 31, 0), "-06:00")):
        gps = position((27, 42, 0), (85, 19, 0)) | {7: tuple(map(float, seconds)), 29: "2018:10:04"}
        found = said(tmp_path, encoded("JPEG", exif=exif({36867: "2018:10:04 17:31:12"}, gps)))
        assert found["taken"] == "2018-10-04T17:31:12" + offset


def test_damaged_metadata_costs_only_itself(tmp_path: Path) -> None:
    """If one part of the metadata is damaged, the picture and the other parts are still read."""
    whole = exif({36867: "2018:10:04 17:31:12"})
    for broken in (
        half(whole),
        whole[:12],
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        whole.replace(b"2018", b"\xff\xfe\0\0"),
    ):
        found = said(tmp_path, encoded("JPEG", exif=broken, xmp=XMP.encode()))
        assert found["keywords"] == ("harbor", "old boat")
    cut = XMP[: XMP.index("<rdf:li>old")].encode()
    assert said(tmp_path, encoded("JPEG", exif=whole, xmp=cut)) == {
        "taken": "2018-10-04T17:31:12",
        "city": "Sète",
        "keywords": ("harbor",),
    }


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    """A document type ends the reading of XMP: no file is read, nothing grows, in any encoding."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    bomb = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9))
    for doctype, use in (
        (f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>', "&e;"),
        (f'<!DOCTYPE x [<!ENTITY a0 "ha">{bomb}]>', "&a9;"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', "word"),
    ):
        body = XMP.split("?>", 1)[1].replace("harbor", use)
        for encoding in ("utf-8", "utf-16"):
            assert read_xmp((doctype + body).encode(encoding)) == {}


def test_xmp_is_bounded() -> None:
    """A thousand words, a long one, a deep tree and a packet of megabytes end within bounds."""
    many = XMP.replace("<rdf:li>harbor</rdf:li>", "<rdf:li>x</rdf:li>" * 1000)
    assert len(read_xmp(many.encode())["subject"]) == 200
    assert len(read_xmp(XMP.replace("harbor", "x" * 90_000).encode())["subject"][0]) == 1000
    assert read_xmp(b"<a>" * 100_000) == {}
    assert read_xmp(XMP.encode() + b" " * 2**20 + b"<") == {}


def test_the_sidecar_gives_words_and_place(tmp_path: Path) -> None:
    """One word or phrase a line, or with commas between; `place:` names the place; both go before the file's own."""
    text = "Two dogs, grass\n\nthe blue door\n Place : Saint-Étienne, Loire \nHARBOR\n".encode()
    found = said(tmp_path, encoded("JPEG", xmp=XMP.encode()), text)
    assert found["keywords"] == ("Two dogs", "grass", "the blue door", "HARBOR", "old boat")
    assert found["place"] == "Saint-Étienne, Loire"
    assert found["city"] == "Sète"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_sidecars_may_come_from_any_editor(encoding: str) -> None:
    """Whatever a text editor makes of line ends and encoding is read."""
    assert read_text("fenêtre\r\nciel\r".encode(encoding))["keywords"] == ("fenêtre", "ciel")


def test_a_hostile_sidecar_is_only_text(tmp_path: Path) -> None:
    """Syntax, markup and escapes come out as their visible characters; nothing that acts on a terminal is left."""
    text = f"{HOSTILE}\nplace: {HOSTILE}\n\u202eevil\u2066, \x00\x07bell\x9b, \ud800x, ((name)), {{{{x}}}}, ***, \t\n"
    found = said(tmp_path, encoded("JPEG"), text.encode("utf-8", "surrogatepass"))
    assert found["place"] == "#origin# [x:y] [31m<script>"
    assert found["keywords"][0] == "#origin# [x:y] [31m<script>"
    assert all(word.isprintable() for word in found["keywords"])
    found = read_text(f"{HOSTILE},\u202eevil\u2066,\x00\x07bell\x9b,((name)),{{{{x}}}},***,\t".encode())
    assert found["keywords"] == ("#origin# [x:y] [31m<script>", "evil", "bell", "((name))", "{{x}}")


def test_words_are_bounded_in_number_and_length(tmp_path: Path) -> None:
    """A long sidecar gives 64 words, a word of more than 40 characters is a caption, none comes twice."""
    text = "\n".join(f"word {i}" for i in range(50_000)).encode()
    assert len(said(tmp_path, encoded("JPEG"), text)["keywords"]) == MAX_KEYWORDS == 64
    assert keyword_list(["x" * MAX_LENGTH, "y" * (MAX_LENGTH + 1), "Dog", "dog", "  dog "]) == (
        "x" * 40,
        "Dog",
    )


def test_a_sidecar_that_is_no_file_is_none(tmp_path: Path) -> None:
    """A folder or pipe where the sidecar would be is passed over, without waiting."""
    import os

    (tmp_path / "photo.jpg.txt").mkdir()
    assert said(tmp_path, encoded("JPEG")) == {}
    (tmp_path / "photo.jpg.txt").rmdir()
    os.mkfifo(tmp_path / "photo.jpg.txt")
    assert said(tmp_path, encoded("JPEG")) == {}


def test_cleaning_keeps_what_people_write() -> None:
    """Accents are composed and spaces joined; scripts, emoji and their joiners stay."""
    assert clean(" e\u0301te\u0301 \n\t 中国  ") == "été 中国"
    assert clean("👩\u200d🌾") == "👩\u200d🌾"
    assert clean("a\u00adb\ufeffc\u2028d") == "abc d"
