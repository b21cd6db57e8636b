"""Vision's labels and photopoem's words for them."""

from __future__ import annotations

import csv
import re
from importlib.resources import files
from pathlib import Path

import pytest

from photopoem.english import inflection as english
from photopoem.errors import UsageError
from photopoem.labels.vision.words import fingerprint, lower, say, stoplist, tidy

# Labels that Google's documentation of label detection shows, and others that its answers are known to hold.
SEEN = """
Street|Snapshot|Town|Night|Alley|Cat|Whiskers|Dog|Sky|Cloud|Tree|Grass|Water|Flower|Petal|Twig|Branch|Plant
Terrestrial plant|Flowering plant|Deciduous|Blossom|Plant stem|Prunus|Natural landscape|Atmosphere|World|Tower
Atmospheric phenomenon|Lighthouse|Geological phenomenon|Pollution|Landscape|Furniture|Houseplant|Table
Interior design|Bookcase|Floor|Flooring|Wood|Real estate|Hall|Chair|Desk|Engineering|Stairs|Ceiling|Shelving
Sash window|Design|Automotive design|Beam|Building|Architecture|Couch|Studio couch|Room|Sofa bed|Aluminium
Leisure|Facade|Publication|City|Space|Luxury vehicle|Living room|Machine|Retail|Metal|Glass|Shelf|Mirror
Bathtub|Plumbing fixture|Tap|Property|Bathroom cabinet|Sink|Bathroom|Fixture|Fluid|Wall|Plumbing|Cabinetry
Composite material|House|Bathroom sink|Rectangle|Road surface|Asphalt|Garage door|Brickwork|Brick|Roof|Slope
Door|Window|Siding|Sidewalk|Concrete|Land lot|Arecales|Shrub|Groundcover|Cottage|Lawn|Landscaping|Home
Palm tree|Walkway|Gardening|Plantation|Fence|Grass family|Home fencing|Grassland|Shade|Soil|Pasture
Outdoor structure|Outdoor furniture|Pillow|Comfort|Condominium|Flowerpot|Mixed-use|Handrail|Art
Tints and shades|Baluster|Window treatment|Lighting|Grey|Decoration|Coffee table|Lamp|Picture frame|Event
Curtain|Window blind|Den|Vase|Chandelier|Molding|Bottle|Collection|Barware|Countertop|Kitchen sink|Kitchen stove
Kitchen|Kitchen appliance|Home appliance|Stove|Material property|Cooktop|Gas stove|Drawer|Cuisine
Microwave oven|Cupboard|Light fixture|Fruit|Bed frame|Bed|Linens|Bedding|Bedroom|Mattress|Bed sheet|Home door
Plaster|Nightstand|Toilet|Ceramic|Shower head|Peach|Pattern|Chest of drawers|Vehicle|Wheel|Thoroughfare|Road
Tower block|Car|Pedestrian|Street light|Lane|Spring|Display device|Flat panel display|Advertising|Signage
Electric blue|Poster|Font|Visual arts|Mural|Billboard|Painting|Banner|Graphics|Graffiti|Tourism|Tire|Downtown
Parking|Automotive lighting|Motor vehicle|Automotive tire|Alloy wheel|Personal luxury car|Rim|Vehicle door
Mid-size car|Family car|Full-size car|Hubcap|Trunk|Bumper|Steel|Daylighting|Electricity|Basement|Factory
Computer monitor|Computer keyboard|Personal computer|Office chair|Peripheral|Computer|Computer desk|Industry
Aisle|Library|Eyewear|Horizon|Bridge|Boardwalk|Dock|Fixed link|Coast|Ocean|Guard rail|Nonbuilding structure
Port|Channel|Concrete bridge|Mountain|Overpass|Freeway|Highway|Mountain range|Winter|Bird's-eye view
Aerial photography|Panorama|Bench|Recreation room|Human settlement|Daytime|Azure|Resort|Driveway|Infrastructure
Public space|Morning|Tar|Flag|Vacation|Tourist attraction|Plaza|Plant community|Botany|Leaf|Vegetation|Biome
Woody plant|Evergreen|Annual plant|Attalea speciosa|Tropics|Shrubland|Pine|Pine family|Television|Book
Exhaust hood|Dead bolt|Handle|Door handle|Paint|Varnish|Latch|Hinge|Sunlight|Forest|Jungle|Vascular plant|Conifer
Line|Symmetry|Fountain|Christmas tree|Christmas ornament|Ornament|Christmas decoration|Holiday|Christmas
Christmas eve|Building material|Shower|Restroom|Paper product|Cleanliness|Paper|Purple|Ladder|Musical instrument
Musical keyboard|String instrument|Cello|Lobby|Classic|Hill|Cumulus|Summer|Cityscape|Truck|Van|Beauty|White|Oval
Electronic device|Audio equipment|Fluorescent lamp|Square|Monochrome photography|Monochrome|Parking lot|Shadow|Red
Lifebuoy|Cement|Auto part|Blue|Armrest|Plank|Magenta|Office|Exhibition|Modern art|Circle|Product|Desktop computer
Technology|Input device|Job|Gloss|Aqua|Dishwasher|Kitchen & dining room table|Dishware|Tablecloth|Tableware|Beige
Throw pillow|Textile|Shower door|Transparent material|Clock|Light|Logo|Meadow|Hedge|Yellow|Illustration|Green
Orange|Toaster|Skyscraper|Land vehicle|Freezing|Hood|Rolling|Vehicle registration plate|Performance car|Sports car
Column|Light switch|Triangle|Lumber|History|Flagstone|Village|Rose|Dresser|Umbrella|Fashion accessory|Apartment
Dog breed|Companion dog|Carnivore|Small to medium-sized cats|Felidae|Snout|Fawn|Working animal|Terrestrial animal
Golden retriever|German Shepherd|Eiffel Tower|Ecoregion|Mountainous landforms|Highland|Afterglow|Dusk
Natural environment|Water resources|Body of water|Bank|Watercourse|Wilderness|People in nature|Happy|Gesture
Flash photography|Sleeve|Hat|T-shirt|Vision care|Sunglasses|Black-and-white|Macro photography|Stock photography
"""
LABELS = [" ".join(each.split()) for each in SEEN.replace("\n", "|").split("|") if each.strip()]


def spoken() -> list[str]:
    return [label for label in LABELS if say(label).text]


def test_there_are_enough_labels_to_speak_of() -> None:
    """At least three hundred labels that Vision is known to give are looked at below."""
    assert len(set(LABELS)) >= 400
    assert len(set(spoken())) >= 300


@pytest.mark.parametrize(
    "label",
    [
        "Plant community",
        "Tints and shades",
        "Rectangle",
        "Font",
        "Snapshot",
        "Felidae",
        "Electric blue",
        "Real estate",
    ],
)
def test_what_is_no_thing_is_not_said(label: str) -> None:
    """Words of pictures, of trade and of science are left out, however they are capitalized."""
    assert tidy([(label, 0.9), (label.upper(), 0.9)]) == ()


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("Golden retriever", "golden retriever"),
        ("German shepherd dog", "German shepherd"),
        ("German Shepherd", "German shepherd"),
        ("German pinscher", "German pinscher"),
        ("Eiffel Tower", "Eiffel Tower"),
        ("Natural landscape", "landscape"),
        ("Small to medium-sized cats", "cat"),
        ("Mountainous landforms", "mountains"),
        ("Christmas tree", "Christmas tree"),
        ("French fries", "French fries"),
        ("T-shirt", "T-shirt"),
        ("LEGO", "LEGO"),
        ("Wishing well", "wishing well"),
        ("Jack Russell terrier", "Jack Russell terrier"),
        ("New York City", "New York City"),
        ("Café", "café"),
        ("  Odd\n spacing ", "odd spacing"),
    ],
)
def test_a_label_is_said_as_a_person_would(label: str, text: str) -> None:
    """Lower case except for names, and plain words."""
    assert say(label).text == text


def test_every_label_has_its_article() -> None:
    """What cannot be counted never takes `a`, what can always takes it, in every label known to photopoem."""
    wrong = []
    for label in {*LABELS, *rows()}:
        known = say(label)
        article = english.article(known.text)
        counted = bool(re.match(r"an? ", article))
        if known.text and counted and known.kind == "stuff":
            wrong.append((label, article))
        if known.kind == "thing" and known.text and not counted and english.is_mass(known.text):
            wrong.append((label, article))
    assert not wrong


def test_no_label_is_said_with_a_capital_it_does_not_need() -> None:
    """The first capital of a label is a sentence's: it stays in names and letters alone."""
    kept = {say(label).text for label in spoken() if say(label).text[:1].isupper()}
    assert kept == {
        "Christmas",
        "Christmas Eve",
        "Christmas decoration",
        "Christmas ornament",
        "Christmas tree",
    } | {
        "Eiffel Tower",
        "German shepherd",
        "T-shirt",
    }


def rows() -> list[str]:
    text = (files("photopoem") / "data" / "vision-words.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [row["label"] for row in csv.DictReader(lines)]


def test_the_words_are_in_order() -> None:
    """Each label stands once, has a kind, and is not on the stoplist as well."""
    text = (files("photopoem") / "data" / "vision-words.csv").read_text("utf-8")
    table = list(csv.reader(line for line in text.splitlines() if not line.startswith("#")))
    assert table[0] == ["label", "text", "kind", "wider"]
    labels = [row[0].casefold() for row in table[1:]]
    assert len(labels) == len(set(labels))
    assert {row[2] for row in table[1:]} == {"thing", "stuff", "scene", "person", "doing"}
    assert not set(labels) & stoplist()


def test_the_wider_words_lead_somewhere() -> None:
    """A wider word is never the word itself, and stands in the same lower case as labels do."""
    for label in rows():
        known = say(label)
        assert known.text not in known.wider, label
        assert [lower(each) for each in known.wider] == list(known.wider), label


def test_every_stopped_label_has_a_reason() -> None:
    """The stoplist says why, for each of its lines, and holds none twice."""
    text = (files("photopoem") / "data" / "vision-stoplist.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[^:]+: \S.+", line) for line in lines)
    names = [line.partition(":")[0].casefold() for line in lines]
    assert len(names) == len(set(names))


def test_an_ending_stops_what_is_not_known() -> None:
    """`* photography` stops any photography, but a label that the words know by name is said."""
    assert say("Wedding photography").text == ""
    assert say("Grass family").text == "grass"


def test_one_word_is_said_once_and_as_surely_as_it_was() -> None:
    """Labels with the same word become one label, with the better score, in order of score."""
    labels = tidy(
        [("Dog breed", 0.6), ("Cat", 0.7), ("Companion dog", 0.9), ("Font", 1.0)], "2026-11-22T10:00"
    )
    assert [(each.text, each.score, each.asked) for each in labels] == [
        ("dog", 0.9, "2026-11-22"),
        ("cat", 0.7, "2026-11-22"),
    ]


def test_unknown_words_have_a_kind_too() -> None:
    """What cannot be counted is stuff, also where Vision says something new."""
    assert say("Peanut butter").kind == "stuff"
    assert say("Wishing well").kind == "thing"


def test_a_stoplist_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of one's own adds to the stoplist, takes off it, and changes the fingerprint."""
    before = fingerprint()
    file = tmp_path / "mine.txt"
    file.write_text("# mine\nDog: I am afraid of them\n!Snapshot\n!* photography\n", encoding="utf-8")
    monkeypatch.setenv("PHOTOPOEM_VISION_STOPLIST", str(file))
    assert [say(each).text for each in ("Dog", "Snapshot", "Wedding photography", "Font")] == [
        "",
        "snapshot",
        "wedding photography",
        "",
    ]
    assert fingerprint() != before


def test_a_stoplist_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stoplist that is not there is an error of usage that names it."""
    monkeypatch.setenv("PHOTOPOEM_VISION_STOPLIST", str(tmp_path / "none.txt"))
    with pytest.raises(UsageError, match=r"none\.txt"):
        say("Dog")


def test_hostile_labels_stay_text() -> None:
    """Syntax of grammars and pages in a label is neither removed nor obeyed here: it is text."""
    assert say("#origin#").text == "#origin#"
    assert say("<b>bold</b>").text == "<b>bold</b>"
