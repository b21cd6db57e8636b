"""Files beside a photograph: XMP of many programs, Google Takeout's JSON, lines of words."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from photopoem.photo.discover import find_photos
from photopoem.photo.metadata import MAX_JSON, MAX_TEXT, read_takeout, read_text, sidecar_names
from photopoem.photo.moment import read_moment
from photopoem.photo.reading import read_photo
from tests.badfiles import encoded
from tests.command import photopoem
from tests.test_iptc import jpeg, packet, record
from tests.test_photo_metadata import exif, position, said

DIGIKAM = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:digiKam="http://www.digikam.org/ns/1.0/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 exif:GPSLatitude="41,24.5N" exif:GPSLongitude="2,10,30E" exif:DateTimeOriginal="1931:08:02 10:00:00.000">
<digiKam:TagsList><rdf:Seq><rdf:li>animals/cat</rdf:li></rdf:Seq></digiKam:TagsList>
<lr:hierarchicalSubject><rdf:Bag><rdf:li>Animals|Cat</rdf:li><rdf:li>darktable|format|jpg</rdf:li><rdf:li>food|fig</rdf:li>
</rdf:Bag></lr:hierarchicalSubject>
<Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Maria Roca</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def takeout(**more: Any) -> bytes:
    told = {
        "title": "photo.jpg",
        "description": "",
        "photoTakenTime": {"timestamp": "1538670672", "formatted": "4 Oct 2018, 16:31:12 UTC"},
        "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0},
    }
    return json.dumps(told | more).encode()


@pytest.mark.parametrize("name", ["photo.xmp", "photo.jpg.xmp", "photo.XMP", "photo.jpg.XMP"])
def test_xmp_beside_a_photograph_goes_before_what_is_inside(name: str, tmp_path: Path) -> None:
    """Words, place, date and position of an XMP file are the owner's latest: first, or instead of the embedded ones."""
    (tmp_path / name).write_bytes(DIGIKAM.encode())
    inside = exif({36867: "2018:10:04 17:31:12"}, position((38, 42, 36), (9, 8, 24)))
    found = said(tmp_path, encoded("JPEG", exif=inside, xmp=packet("harbor", "cat", city="Sète").encode()))
    assert found["keywords"] == ("cat", "fig", "Maria Roca", "harbor")
    assert found["city"] == "Sète"
    assert found["taken"] == "1931-08-02T10:00:00"
    assert (found["latitude"], found["longitude"]) == (pytest.approx(41.4083, abs=1e-3), pytest.approx(2.175))


def test_the_file_of_the_full_name_counts_first(tmp_path: Path) -> None:
    """`photo.jpg.xmp` belongs to this file alone, `photo.xmp` may be its raw file's as well."""
    (tmp_path / "photo.xmp").write_text(packet("figs", city="Olite"), "utf-8")
    (tmp_path / "photo.jpg.xmp").write_text(packet("kitchen", city="Tafalla"), "utf-8")
    (tmp_path / "photo.jpg.txt").write_text("mine\n")
    found = said(tmp_path, encoded("JPEG"), b"mine\n")
    assert found == {"keywords": ("mine", "kitchen", "figs"), "city": "Tafalla"}


def test_a_garbled_record_is_dropped_beside_xmp_in_a_file(tmp_path: Path) -> None:
    """A record in an unknown code page says nothing where an XMP file says the words."""
    (tmp_path / "photo.xmp").write_text(packet("dog"), "utf-8")
    assert said(tmp_path, jpeg(record((25, "собака".encode("cp1251")))))["keywords"] == ("dog",)


def test_the_more_precise_of_equal_dates_stands(tmp_path: Path) -> None:
    """Where the XMP file has the camera's own time without its offset, the offset is kept."""
    (tmp_path / "photo.xmp").write_bytes(DIGIKAM.encode())
    inside = exif({36867: "1931:08:02 10:00:00", 36881: "+01:00"})
    assert said(tmp_path, encoded("JPEG", exif=inside))["taken"] == "1931-08-02T10:00:00+01:00"


def test_hostile_sidecars_say_nothing(tmp_path: Path) -> None:
    """Entities are not expanded; files too large, not regular or not whole cost nothing but themselves."""
    photo = encoded("JPEG")
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY e SYSTEM "file:///etc/passwd">]>'
    xmp, more = tmp_path / "photo.xmp", tmp_path / "photo.jpg.json"
    for text in (bomb + packet("&a;"), packet("x") + " " * 5_000_000, "\0" * 100, "", packet("dog")[:200]):
        xmp.write_text(text, "utf-8")
        assert said(tmp_path, photo) == {}
    xmp.unlink()
    xmp.mkdir()
    os.mkfifo(more)
    assert said(tmp_path, photo) == {}
    for data in (
        b"[" * 100_000,
        b'{"photoTakenTime": ' + b"1" * 5000 + b"}",
        b'{"a": 1}',
        b"[]",
        b"\xff\xfe",
    ):
        assert read_takeout(data) == {}
    assert read_takeout(takeout(description="x" * MAX_JSON)) == {}


def test_takeout_tells_words_people_and_position(tmp_path: Path) -> None:
    """A short description and people are the owner's words; a sentence and a file's name are none."""
    facts = takeout(
        description="beach, two dogs",
        people=[{"name": "Anna"}, {"name": "João"}, {"no": 1}, "x"],
        geoData={"latitude": 38.71, "longitude": -9.14},
    )
    (tmp_path / "photo.jpg.json").write_bytes(facts)
    found = said(tmp_path, encoded("JPEG"))
    assert found["keywords"] == ("beach", "two dogs", "Anna", "João")
    assert (found["latitude"], found["longitude"]) == (38.71, -9.14)
    assert read_takeout(takeout(description="This was a very long day at sea."))["keywords"] == ()
    assert "latitude" not in read_takeout(takeout())
    assert read_takeout(takeout(geoData={"latitude": "x"}, geoDataExif=[1]))["keywords"] == ()


@pytest.mark.parametrize("name", ["photo.jpg.json", "photo.jpg.supplemental-metadata.json"])
@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"title": "photo.jpg", "description": "two dogs"}, ("two dogs",)),
        ({"title": "photo.jpg", "people": [{"name": "Anna"}]}, ("Anna",)),
        ({"title": "beach", "url": "https://photos.google.com/photo/x"}, ("beach",)),
        ({"title": "beach", "imageViews": "3"}, ("beach",)),
        ({"title": "beach"}, None),
        ({"title": ["beach"], "description": "two dogs"}, None),
        ({"description": "two dogs", "people": [{"name": "Anna"}]}, None),
    ],
)
def test_takeout_without_time_and_position_is_read(
    told: dict[str, Any], words: tuple[str, ...] | None, name: str, tmp_path: Path
) -> None:
    """A title with something else that Takeout writes is enough; other JSON beside a photograph is not the owner's."""
    (tmp_path / name).write_text(json.dumps(told))
    assert said(tmp_path, encoded("JPEG")).get("keywords") == words


@pytest.mark.parametrize(
    ("inside", "where", "taken"),
    [
        ("2018:10:04 17:31:12", {}, "2018-10-04T17:31:12+01:00"),  # an hour before UTC: the offset
        ("2018:10:04 16:31:12", {}, "2018-10-04T16:31:12"),  # a service took the clock for UTC: no offset
        ("2023:01:01 12:00:00", {}, "2018-10-04T16:31:12-00:00"),  # its owner corrected the day of a scan
        ("", {}, "2018-10-04T16:31:12-00:00"),
        ("", {"geoData": {"latitude": 27.7, "longitude": 85.3}}, "2018-10-04T22:31:12+06:00"),
    ],
)
def test_takeout_tells_the_instant(inside: str, where: dict[str, Any], taken: str, tmp_path: Path) -> None:
    """An instant gives the camera's time its offset, or the date where the camera's is none or another."""
    (tmp_path / "photo.jpg.json").write_bytes(takeout(**where))
    found = said(tmp_path, encoded("JPEG", exif=exif({36867: inside} if inside else {})))
    assert found["taken"] == taken


def test_no_part_of_the_day_is_told_by_an_instant_alone(tmp_path: Path) -> None:
    """The date of a photograph whose local time is unknown is told, and whether it was morning is not."""
    (tmp_path / "photo.jpg").write_bytes(encoded("JPEG"))
    (tmp_path / "photo.jpg.json").write_bytes(takeout())
    moment = read_moment(read_photo(tmp_path / "photo.jpg"))
    assert (moment.year, moment.month, moment.daypart) == ("2018", "October", None)


def test_takeout_names_its_files_in_many_ways() -> None:
    """Cut names, numbers that move, edited copies and the newer ending are found."""
    assert "a.jpg.supplemental-metadata.json" in sidecar_names("a.jpg")
    assert "a.jpg.json" in sidecar_names("a.jpg")
    assert "a.jpg(1).json" in sidecar_names("a(1).jpg")
    assert "a.jpg.supplemental-metadata(1).json" in sidecar_names("a(1).jpg")
    assert "a.jpg.json" in sidecar_names("a-edited.jpg")
    long = "Screenshot_2023-01-01-12-00-00-123_com.example.jpg"
    assert f"{long[:46]}.json" in sidecar_names(long)
    assert "PXL_20230101_120000000.jpg.supplemental-metada.json" in sidecar_names(
        "PXL_20230101_120000000.jpg"
    )


def test_a_changed_sidecar_makes_the_poem_anew(tmp_path: Path) -> None:
    """The stamp of a photograph changes with each of its sidecars, in a folder and named outright."""
    (tmp_path / "photo.jpg").write_bytes(encoded("JPEG"))
    seen = set()
    for name in ("photo.jpg.txt", "photo.xmp", "photo.jpg.xmp", "photo.jpg.json"):
        (tmp_path / name).write_text("x")
        (inside,), (outright,) = find_photos([str(tmp_path)]), find_photos([str(tmp_path / "photo.jpg")])
        assert inside.stamp == outright.stamp
        seen.add(inside.stamp)
    assert len(seen) == 4


def test_a_run_takes_up_a_new_sidecar(tmp_path: Path) -> None:
    """A second run writes only the poem whose XMP file came since, with its words."""
    photos, out = tmp_path / "photos", tmp_path / "poems"
    photos.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (photos / name).write_bytes(encoded("JPEG"))
        (photos / f"{name}.txt").write_text("dog\n")
    command = ("run", photos, "--labels", "keywords", "--out", out, "--jobs", "1")
    assert "2 written" in photopoem(*command).stderr
    (photos / "a.xmp").write_text(packet("figs", city="Olite"), "utf-8")
    assert "1 written, 1 already there" in photopoem(*command).stderr
    assert '"Olite"' in (out / "poems.jsonl").read_text("utf-8")


def test_a_long_text_is_cut_at_a_line(tmp_path: Path) -> None:
    """What goes beyond 64 KB is left out with the line that it begins in, so that no character is cut."""
    text = ("fenêtre\n" * 9000).encode()
    assert len(text) > MAX_TEXT
    assert read_text(text)["keywords"] == ("fenêtre",)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_texts_in_old_encodings_are_whole(encoding: str) -> None:
    """The last letter of a line counts, in UTF-16 without a mark too."""
    assert read_text("café\nforêt\nÖl".encode(encoding))["keywords"] == ("café", "forêt", "Öl")
