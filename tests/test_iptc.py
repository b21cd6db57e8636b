"""The IPTC record: its encoding is detected for the whole record, and it agrees with XMP."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import Any

import pytest

from photopoem.photo.reading import read_photo
from tests.badfiles import encoded
from tests.test_photo_metadata import said

UTF8, LATIN1, LATIN2 = b"\x1b%G", b"\x1b.A", b"\x1b-B"


def record(*fields: tuple[int, bytes], announced: bytes = b"") -> bytes:
    """An IPTC record, with dataset 1:90 where it announces its encoding."""
    first = b"\x1c\x01\x5a" + struct.pack(">H", len(announced)) + announced if announced else b""
    return first + b"".join(
        b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(data)) + data for number, data in fields
    )


def jpeg(data: bytes, xmp: str = "", digest: bytes = b"") -> bytes:
    """A JPEG with a record, maybe XMP, and maybe the digest that the XMP's writer took of the record."""
    parts = b"".join(
        b"8BIM"
        + struct.pack(">H", code)
        + b"\0\0"
        + struct.pack(">I", len(body))
        + body
        + b"\0" * (len(body) % 2)
        for code, body in ((0x0404, data), (0x0425, digest))
        if body
    )
    body = b"Photoshop 3.0\0" + parts
    whole = encoded("JPEG", xmp=xmp.encode()) if xmp else encoded("JPEG")
    return whole[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + whole[2:]


def packet(*keywords: str, city: str = "") -> str:
    """An XMP packet with keywords and a city."""
    words = "".join(f"<rdf:li>{word}</rdf:li>" for word in keywords)
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        + (f' photoshop:City="{city}"' if city else "")
        + f"><dc:subject><rdf:Bag>{words}</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def test_words_in_latin_1_come_out_whole(tmp_path: Path) -> None:
    """Without an announced encoding, a record that is no UTF-8 is Windows-1252, its last letters too."""
    words = ("Café", "forêt", "Straße", "Öl", "É", "naïf")
    data = record(*[(25, word.encode("cp1252")) for word in words], (90, "Köln".encode("cp1252")))
    assert said(tmp_path, jpeg(data)) == {"keywords": words, "city": "Köln"}


@pytest.mark.parametrize(
    ("announced", "encoding", "word"),
    [
        (UTF8, "utf-8", "Łódź"),
        (LATIN1, "latin-1", "Café"),
        (LATIN2, "iso8859-2", "Łódź"),
        (b"\x1b-L", "iso8859-5", "собака"),
    ],
)
def test_an_announced_encoding_counts(announced: bytes, encoding: str, word: str, tmp_path: Path) -> None:
    """CodedCharacterSet decides if it is present and plausible."""
    assert said(tmp_path, jpeg(record((25, word.encode(encoding)), announced=announced)))["keywords"] == (
        word,
    )


def test_an_announced_encoding_that_cannot_be_is_passed_over(tmp_path: Path) -> None:
    """Texts that are announced as UTF-8 and are none are read as Windows-1252."""
    data = record((25, b"Caf\xe9"), announced=UTF8)
    assert said(tmp_path, jpeg(data))["keywords"] == ("Café",)


def test_only_a_text_at_the_limit_may_have_been_cut(tmp_path: Path) -> None:
    """A city of 32 bytes that ends within a character of UTF-8 loses that character, and nothing becomes Latin-1."""
    city = ("Llanfair" * 4)[:31].encode() + "é".encode()[:1]
    found = said(tmp_path, jpeg(record((25, "forêt".encode()), (90, city))))
    assert found == {"keywords": ("forêt",), "city": ("Llanfair" * 4)[:31]}


@pytest.mark.parametrize(
    ("encoding", "word", "city"),
    [
        ("cp1251", "собака", "Киев"), ("cp1250", "Łódź", "Łódź"), ("cp1253", "γάτα", "Αθήνα"),
        ("mac-roman", "forêt", "Orléans"), ("cp932", "犬", "東京"), ("koi8-r", "собака", "Киев"),
    ],
)  # fmt: skip
def test_a_garbled_twin_of_xmp_is_dropped(encoding: str, word: str, city: str, tmp_path: Path) -> None:
    """What XMP says in UTF-8 counts once; it also tells in which code page the record's other texts are."""
    fields = ((25, word.encode(encoding)), (90, city.encode(encoding)))
    assert said(tmp_path, jpeg(record(*fields), packet(word, city=city))) == {
        "keywords": (word,),
        "city": city,
    }
    assert said(tmp_path, jpeg(record(*fields), packet(word))) == {"keywords": (word,), "city": city}


def test_a_record_that_xmp_shows_to_be_garbled_says_nothing(tmp_path: Path) -> None:
    """Where XMP writes letters that Windows-1252 has not, and no code page agrees, the record is passed over."""
    data = record((25, "кошка".encode("cp1251")), (90, "Киев".encode("cp1251")))
    assert said(tmp_path, jpeg(data, packet("собака"))) == {"keywords": ("собака",)}


def test_xmp_counts_before_iptc_unless_iptc_was_changed_last(tmp_path: Path) -> None:
    """Keywords and city come from XMP; from IPTC where XMP has none, or the digest tells that IPTC is newer."""
    data = record((25, b"old"), (25, b"dog"), (90, b"Nantes"))
    known = packet("dog", "beach", city="Brest")
    newer = {"keywords": ("old", "dog"), "city": "Nantes"}
    assert said(tmp_path, jpeg(data, known)) == {"keywords": ("dog", "beach"), "city": "Brest"}
    same = hashlib.md5(data, usedforsecurity=False).digest()
    assert said(tmp_path, jpeg(data, known, same)) == {"keywords": ("dog", "beach"), "city": "Brest"}
    assert said(tmp_path, jpeg(data, known, b"\1" * 16)) == newer
    assert said(tmp_path, jpeg(data, packet())) == newer


def test_cases_from_the_field(tmp_path: Path) -> None:
    """Files as ExifTool writes them: Latin-1 without an announcement, and a record in cp1251 beside XMP."""
    # Of a collection of cases made for this project, free of rights.
    here = Path(__file__).parent / "data" / "field"

    def facts(name: str) -> dict[str, Any]:
        return dict(read_photo(here / name).metadata)

    cafe, cyrillic = facts("iptc-latin1.jpg"), facts("iptc-cp1251-xmp.jpg")
    assert cafe["keywords"] == ("Café", "forêt", "Straße", "Orléans")
    assert cafe["city"] == "Köln"
    assert (cyrillic["keywords"], cyrillic["city"]) == (("собака",), "Киев")
