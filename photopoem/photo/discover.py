"""Finds the photographs in files, folders, standard input and addresses, and selects a shard of them."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import IO, Any

from photopoem.errors import PhotoError, UsageError, did_you_mean_path
from photopoem.photo.filetypes import RAW_SUFFIXES
from photopoem.photo.metadata import sidecar_names
from photopoem.photo.reading import FetchError, Photo, read_photo
from photopoem.text.terminal import counted, first_of

SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .mpo .png .apng .webp .gif .tif .tiff .bmp .dib .heic .heif .hif .avif "
    ".dng .cr2 .cr3 .nef .arw .raf .orf .rw2 .pef .srw".split()
)
"""Endings that count as photographs in a folder; camera raw too, so that a message says if it cannot be read.
"""

DEVELOPED = frozenset(".jpg .jpeg .jpe .heic .heif .hif .avif .tif .tiff".split())
"""Endings of pictures developed from camera raw."""

BESIDE = frozenset(
    ".txt .md .csv .tsv .json .jsonl .xml .log .ini .db .sqlite .xmp .aae .thm .pp3 .dop".split()
)
"""Endings of notes, sidecars and system files, which are skipped without a remark."""
FEW = 5
"""The most endings that a line names, the commonest first."""
LONGEST_ENDING = 8
"""The longest ending; after the last dot, more characters are not an ending."""

OF_SYSTEMS = frozenset(
    "@eadir @tmp #recycle #snapshot @recycle @__thumb $recycle.bin recycler recycled __macosx lost+found "
    "thumbs thumb thumbnails _thumbs _thumbnails".split()
) | {"system volume information", "ipod photo cache"}
"""Folders in which systems and programs keep thumbnails and deleted files, in lower case."""
PREVIEWS = (".lrdata", ".cocatalog")
"""Endings of folders in which Lightroom and Capture One keep previews."""
CLOSED = " may not be read"
"""The suffix that marks an unreadable folder among the skipped ones."""
APPLE = (".photoslibrary", ".photolibrary", ".migratedphotolibrary", ".aplibrary")
ORIGINALS = frozenset({"originals", "masters"})
"""The only folders of an Apple photo library with originals; the others hold copies."""

_URL = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A photograph to be read.

    `path` is the path to open; `name` its name inside the poems folder, unique in a run; `stamp` its size and
    modification time, empty if unknown. `inside` is its path inside the given folder, which is the same on every
    machine, wherever the folder is mounted. `address` is where a remote one is fetched, with all that lets somebody
    in, which is neither shown nor kept.
    """

    path: str
    name: str
    stamp: str = ""
    inside: str = field(default="", compare=False)
    address: str = field(default="", compare=False, repr=False)


def is_url(path: str) -> bool:
    """Whether a path is an address such as `s3://bucket/photos`."""
    return bool(_URL.match(path))


def one_photo(path: str) -> Found:
    """A photograph that is named by its path or address, whether it exists or not."""
    shown = without_secrets(path) if is_url(path) else path
    return Found(shown, Path(shown).name, address=path if is_url(path) else "")


def find_photos(
    paths: Iterable[str],
    *,
    recurse: bool = True,
    exclude: Sequence[str] = (),
    left_out: dict[str, Counter[str]] | None = None,
) -> list[Found]:
    """All photographs under `paths`, sorted by path, each once.

    A file that is named directly counts whatever its ending. Camera raw beside a developed picture of the same name is
    left out. Raises `UsageError` for a path that does not exist. Names and paths inside the folder that match a
    pattern of `exclude` are left out. Links to folders are followed, each folder once. `left_out` receives, for
    each folder, the counts of skipped files by ending, and of skipped folders by name with a slash and the reason.
    """
    given = list(dict.fromkeys(paths))
    found: dict[str, Found] = {}
    for path in given:
        prefix = _prefix(path) if len(given) > 1 else ""
        others: Counter[str] = Counter()
        for each in _find_one(path, prefix, recurse, others, exclude):
            found.setdefault(each.path, each)
        if left_out is not None and others:
            left_out[path] = others
    return _uniquely_named(_with_insides(_developed(sorted(found.values()))))


def _developed(found: list[Found]) -> list[Found]:
    """The photographs without the camera raw files that have a developed picture beside them."""
    raw = {each.path for each in found if _ending(each.path) in RAW_SUFFIXES}
    if not raw:
        return found
    pictures = {_stem(each.path) for each in found if _ending(each.path) in DEVELOPED}
    return [each for each in found if each.path not in raw or _stem(each.path) not in pictures]


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()  # noqa: PTH122 - fast


def _stem(path: str) -> str:
    """A path without its ending, ignoring case, because cameras use capitals and copying programs may not."""
    folder, name = os.path.split(os.path.splitext(path)[0])  # noqa: PTH122 - fast
    return f"{folder}/{name.lower()}"


def _with_insides(found: list[Found]) -> list[Found]:
    """The photographs with `inside` also set for files named directly, relative to their common folder."""
    alone = {each.path: os.path.abspath(each.path) for each in found if not each.inside}  # noqa: PTH100 - fast
    if not alone:
        return found
    shared = os.path.commonpath([os.path.dirname(path) for path in alone.values()])  # noqa: PTH120
    return [
        replace(each, inside=os.path.relpath(alone[each.path], shared)) if each.path in alone else each
        for each in found
    ]


def in_shard(found: Iterable[Found], shard: tuple[int, int]) -> list[Found]:
    """The photographs of one shard (i, n), with i from 1 to n."""
    return [each for each in found if shard_of(each.inside, shard[1]) == shard[0]]


def shard_of(inside: str, shards: int) -> int:
    """The shard of a photograph, from 1 to `shards`, by its path inside the given folder.

    Names are compared in NFC, because macOS may store them in NFD.
    """
    digest = hashlib.sha256(_same_everywhere(inside)).digest()
    return int.from_bytes(digest[:8], "big") % shards + 1


def listing_digest(found: Sequence[Found]) -> str:
    """A short hash of the list of photographs, the same on every machine that lists the same files."""
    listed = sorted(_same_everywhere(each.inside) for each in found)
    return hashlib.sha256(b"\0".join(listed)).hexdigest()[:16]


def _same_everywhere(inside: str) -> bytes:
    inside = inside.replace(os.sep, "/")
    return unicodedata.normalize("NFC", inside).encode("utf-8", "surrogateescape")


def _prefix(path: str) -> str:
    """A prefix that separates the photographs of one folder argument from those of another."""
    name = Path(
        without_secrets(path).partition("?")[0].rstrip("/") if is_url(path) else path.rstrip("/")
    ).name
    return f"{name}/" if name not in {"", ".", ".."} else ""


def _find_one(
    path: str, prefix: str, recurse: bool, others: Counter[str], exclude: Sequence[str]
) -> Iterator[Found]:
    if is_url(path):
        for each in find_remote(path, is_photo_name, recurse):
            within = "" if each.path == one_photo(path).path else prefix
            if not _is_excluded(each.name, exclude):
                yield replace(each, name=within + each.name, inside=within + each.name)
    elif os.path.isdir(path):  # noqa: PTH112 - a Path raises where it may not look
        yield from _walk(path, prefix, recurse, others, exclude)
    else:
        _be_there(path)
        yield Found(path, Path(path).name, _stamp(path))


def _be_there(path: str) -> None:
    """Raise `UsageError` for a file that does not exist; an inaccessible one is reported when it is read."""
    try:
        Path(path).lstat()
    except PermissionError:
        return
    except (OSError, ValueError) as error:
        shown = without_secrets(path) if "://" in path else path
        raise UsageError(f"{shown}: there is no such file or folder{did_you_mean_path(path)}") from error


def _walk(
    root: str, prefix: str, recurse: bool, others: Counter[str], exclude: Sequence[str]
) -> Iterator[Found]:
    if not os.access(root, os.R_OK | os.X_OK):
        raise UsageError(f"{root}: may not be read: change its permissions")
    entered = [Path(root).resolve()]

    def closed(error: OSError) -> None:
        if isinstance(error, FileNotFoundError):
            return  # removed meanwhile, so nothing is missed
        inside = os.path.relpath(os.fsdecode(error.filename or root), root)
        others[f"{inside}/{CLOSED}"] += 1

    for folder, folders, files in os.walk(root, followlinks=True, onerror=closed):
        within = _beginning(Path(folder).relative_to(root))
        folders[:] = sorted(_to_enter(folder, folders, within, exclude, entered, others)) if recurse else []
        # Once per folder, because making a Path for each of a hundred thousand photographs is slow.
        here, inside = _beginning(Path(folder)), prefix + _beginning(Path(folder).relative_to(root))
        there = frozenset(files)
        for file in files:
            if exclude and _is_excluded(within + file, exclude):
                continue
            if is_photo_name(file):
                name = inside + file
                yield Found(here + file, name, _stamp(here + file, there), name)
            elif ending := _unexpected_ending(file):
                others[ending] += 1


def _to_enter(
    folder: str,
    names: Iterable[str],
    within: str,
    exclude: Sequence[str],
    entered: list[Path],
    others: Counter[str],
) -> Iterator[str]:
    """The folders inside a folder that are searched; skipped system folders are counted in `others`."""
    library = folder.lower().endswith(APPLE)
    for name in names:
        if name.startswith(".") or _is_excluded(within + name, exclude):
            continue
        small = name.lower()
        if small in OF_SYSTEMS or small.endswith(PREVIEWS) or (library and small not in ORIGINALS):
            others[f"{name}/"] += 1
        elif not os.path.islink(f"{folder}/{name}") or _is_new(Path(folder, name), entered):  # noqa: PTH114 - fast
            yield name
        else:
            others[f"{name}/ is a link"] += 1


def _is_new(link: Path, entered: list[Path]) -> bool:
    """Whether a link leads to a folder that is not searched otherwise; the folder is then added to `entered`.

    A parent of an entered folder would lead back to it without end.
    """
    target = link.resolve()
    if any(target.is_relative_to(each) or each.is_relative_to(target) for each in entered):
        return False
    entered.append(target)
    return True


def _is_excluded(inside: str, exclude: Sequence[str]) -> bool:
    """Whether a pattern matches a path inside the given folder, or its last part."""
    name = inside.rpartition("/")[2]
    return any(
        fnmatchcase(inside, each.rstrip("/")) or fnmatchcase(name, each.rstrip("/")) for each in exclude
    )


def _beginning(folder: Path) -> str:
    """The beginning of the paths of a folder's files; empty for the current folder."""
    return "" if folder == Path() else str(folder / "_")[:-1]


def is_photo_name(name: str) -> bool:
    """Whether a file in a folder counts as a photograph by its name; hidden files do not."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122 - fast


def _unexpected_ending(name: str) -> str:
    """The ending of a file that a person may take for a photograph; empty for sidecars and the like."""
    ending = os.path.splitext(name)[1].lower()  # noqa: PTH122 - fast
    if name.startswith(".") or ending in BESIDE:
        return ""
    return ending if 1 < len(ending) <= LONGEST_ENDING else "no ending"


def files_left_out(endings: Counter[str]) -> str:
    """A short text that counts the files that are not photographs, by ending, and names the skipped folders."""
    folders = only_folders(endings)
    files = endings - folders
    told = [_files_left_out(files)] if files else []
    if folders:
        told.append(f"{counted(folders.total(), 'folder')} left out ({first_of(sorted(folders), FEW)})")
    return ", ".join(told)


def left_out_lines(left_out: Mapping[str, Counter[str]]) -> list[str]:
    """A line for each folder that something was left out of."""
    return [f"{folder}: {files_left_out(endings)}" for folder, endings in left_out.items() if endings]


def only_folders(endings: Counter[str]) -> Counter[str]:
    """The skipped folders without the skipped files."""
    return Counter({name: number for name, number in endings.items() if "/" in name})


def only_closed(endings: Counter[str]) -> Counter[str]:
    """The unreadable ones of the skipped folders, which may contain photographs."""
    return Counter({name: number for name, number in endings.items() if name.endswith(CLOSED)})


def _files_left_out(endings: Counter[str]) -> str:
    many = endings.total()
    files = "1 file that is not a photograph" if many == 1 else f"{many} files that are not photographs"
    told = [f"{ending} {number}" for ending, number in endings.most_common()]
    return f"{files} left out ({first_of(told, FEW)})"


def _stamp(path: str, there: Container[str] | None = None) -> str:
    """Size and modification time of a photograph and its sidecars. `there` has the files of its folder, if known."""
    try:
        stamp = _size_and_time(path)
    except OSError:
        return ""  # it is gone or inaccessible, which is reported when it is read
    folder, stroke, file = path.rpartition("/")
    for name in sidecar_names(file):
        if there is None or name in there:
            with suppress(OSError):
                stamp += f"+{_size_and_time(folder + stroke + name)}"
    return stamp


def _size_and_time(path: str) -> str:
    stat = os.stat(path)  # noqa: PTH116 - a hundred thousand times, and Path costs three times as much
    return f"{stat.st_size}-{stat.st_mtime_ns}"


def _uniquely_named(found: list[Found]) -> list[Found]:
    """The photographs with unique names: duplicate names get a part of the hash of their path."""
    seen: set[str] = set()
    result = []
    for each in found:
        name = each.name
        if name in seen:
            name = marked(name, each.path)
            each = replace(each, name=name)
        seen.add(name)
        result.append(each)
    return result


def marked(name: str, path: str) -> str:
    """A name with a part of the hash of its path, which is the same on every machine."""
    return f"{name}.{hashlib.sha256(path.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


# -- photographs at addresses -----------------------------------------------------------------------------

MOST_FETCHED = 500_000_000
"""Bytes of a photograph at an address: more than any that may be opened has."""
MOST_BESIDE = 2_000_000
"""Bytes of a sidecar at an address."""
MOST_LISTED = 16_000_000
"""Bytes of a page that lists the files of a folder on a web server."""
FETCHING = 180.0
"""Seconds in which a photograph and its sidecars must have come."""
LISTING = 600.0
"""Seconds in which a service must have said what it holds: a million names take some minutes."""

_USER = re.compile(r"(?<=://)[^/\s'\"]*@")
_QUERY = re.compile(r"\?(?P<said>(?:(?!::)[^\s'\"()<>])*)")
_SECRET = re.compile(
    r"sig|token|key|secret|pass|pwd|cred|auth|policy|expir|session|code|access|^x-"
    r"|^(sv|ss|srt|sp|se|st|spr|sip|sr|skoid|sktid|skt|ske|sks|skv)$",
    re.IGNORECASE,
)
"""Names of values that let somebody in: signatures of S3, Google and Azure among them."""
_LONGEST_VALUE = 32  # a longer value may be a secret under any name


def without_secrets(text: str) -> str:
    """An address, or a text with addresses in it, without users, passwords and signatures.

    Of what follows a question mark the short values stay whose names tell nothing secret, for they may say which file
    is meant; of long ones a hash stays.
    """
    return _QUERY.sub(_harmless, _USER.sub("", text))


def _harmless(query: re.Match[str]) -> str:
    kept = []
    for pair in query["said"].split("&"):
        name, equals, value = pair.partition("=")
        if len(value or name) > _LONGEST_VALUE:
            pair = (
                f"{name if equals else ''}~{hashlib.sha256(pair.encode('utf-8', 'replace')).hexdigest()[:8]}"
            )
        if pair and not _SECRET.search(name):
            kept.append(pair)
    return "?" + "&".join(kept) if kept else ""


def _filesystem(url: str) -> tuple[Any, str]:
    """The file system behind an address, and the path in it. Raises `UsageError`."""
    try:
        import fsspec
    except ImportError as error:
        raise UsageError(
            f"{without_secrets(url)}: addresses need another package: pip install 'photopoem[remote]'"
        ) from error
    system, path = _asked(url, "reached", lambda: fsspec.core.url_to_fs(url, **_bounds(url)))
    return system, path


def _asked(url: str, what: str, ask: Callable[[], Any]) -> Any:
    """The answer of a service. Raises `UsageError` if it fails or takes too long."""
    try:
        return _in_time(ask, LISTING)
    except Exception as error:
        # Each file system raises its own errors.
        raise UsageError(f"{without_secrets(url)}: cannot be {what} ({_why(error)})") from error


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError) and not str(error):
        return "it takes too long"
    return without_secrets(repr(error))


def _in_time(ask: Callable[[], Any], seconds: float) -> Any:
    """The result of `ask` within some seconds. Raises `TimeoutError` after them, and any exception of `ask`.

    A service may never answer, and a waiting library cannot be interrupted, so its thread is abandoned.
    """
    answer: Future[Any] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=run, name="photopoem-fetching", daemon=True).start()
    return answer.result(seconds)


def _bounds(url: str) -> dict[str, Any]:
    """Options by which fsspec's web client reads no endless page, and gives up a server that is silent."""
    asked = {part.partition("://")[0] for part in url.lower().split("::")} & {"http", "https"}
    if not asked:
        return {}
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=FETCHING, sock_connect=FETCHING / 6, sock_read=FETCHING / 3)
    return {each: {"client_kwargs": {"response_class": _page(), "timeout": timeout}} for each in asked}


@cache
def _page() -> Any:
    from aiohttp import ClientPayloadError, ClientResponse

    class BoundedResponse(ClientResponse):
        """A response that is refused if it is larger than any list of files; photographs are read in pieces."""

        async def read(self) -> bytes:
            if self._body is None:
                body = bytearray()
                async for piece in self.content.iter_any():
                    body += piece
                    if len(body) > MOST_LISTED:
                        self.close()
                        raise ClientPayloadError(f"more than {MOST_LISTED / 1e6:.0f} MB")
                self._body = bytes(body)
            return self._body

    return BoundedResponse


def find_remote(url: str, wanted: Callable[[str], bool], recurse: bool) -> Iterator[Found]:
    """The files under an address whose names are `wanted`, with relative names.

    Raises `UsageError` if there is no file, or if listing takes too long.
    """
    system, path = _filesystem(url)
    depth = None if recurse else 1
    listed = _asked(url, "listed", lambda: system.find(path, maxdepth=depth, detail=True))
    if not listed:
        raise UsageError(f"{without_secrets(url)}: there is nothing there")
    root = path.rstrip("/")
    plain = _is_plain(system, next(iter(listed)))
    for each, info in sorted(listed.items()):
        name = without_secrets(each.removeprefix(root)).lstrip("/") or without_secrets(Path(each).name)
        if each == root or wanted(Path(name).name.partition("?")[0]):
            address = _address(system, url, each, root, plain)
            yield Found(without_secrets(address), name, _remote_stamp(info), name, address)


def _is_plain(system: Any, path: str) -> bool:
    """Whether a path with its protocol leads back to its file system; else it needs the address it was found at."""
    try:
        found, _ = _filesystem(str(system.unstrip_protocol(path)))
    except UsageError:
        return False
    return type(found) is type(system) and bool(found.storage_options == system.storage_options)


def _address(system: Any, url: str, path: str, root: str, plain: bool) -> str:
    if plain:
        return str(system.unstrip_protocol(path))
    if path == root:
        return url
    # The files in an archive, or of a host that the path does not name.
    first, colons, rest = url.partition("::")
    stroke = "" if first.endswith("/") else "/"
    return f"{first}{stroke}{path.removeprefix(root).lstrip('/')}{colons}{rest}"


def _remote_stamp(info: dict[str, Any]) -> str:
    """A text that changes when the file changes, if its file system says so."""
    marks = [info.get(key) for key in ("size", "ETag", "etag", "mtime", "LastModified", "updated", "created")]
    return "-".join(str(mark) for mark in marks if mark is not None)


def read_remote(url: str, *, quick: bool = False) -> Photo:
    """Fetch a photograph and read it; its sidecars come with it.

    Raises `PhotoError` with the address, also if the photograph cannot be fetched or is too large or too slow.
    """
    shown = without_secrets(url)
    try:
        system, path = _filesystem(url)
        return replace(read_photo(path, quick=quick, opened=_Fetcher(system, path)), path=shown)
    except UsageError as error:
        raise PhotoError(shown, str(error).removeprefix(f"{shown}: ")) from error
    except PhotoError as error:
        raise PhotoError(shown, error.cause) from error


class _Fetcher:
    """Opens a photograph of a file system, and its sidecars, all within `FETCHING` seconds. Raises `FetchError`."""

    def __init__(self, system: Any, path: str) -> None:
        self._system, self._path = system, path
        self._ends = time.monotonic() + FETCHING
        self._on_the_web = path.startswith(("http://", "https://"))

    def __call__(self, path: str) -> IO[bytes]:
        most = MOST_FETCHED if path == self._path else MOST_BESIDE
        if path != self._path and self._on_the_web and "?" in path:
            raise FetchError("a file that a question asks for has none beside it")
        # Without a name on the disk: it is gone however the program ends.
        file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever reads it closes it
        try:
            _in_time(lambda: self._copy(path, file, most), max(0.0, self._ends - time.monotonic()))
        except Exception as error:
            file.close()  # this also stops a running copy
            raise FetchError(f"cannot be fetched ({_why(error)})") from error
        file.seek(0)
        return file

    def _copy(self, path: str, file: IO[bytes], most: int) -> None:
        # Size and blocks of nothing make the web client read on in one answer; else it asks for a block at a time.
        way = {"size": 1, "block_size": 0} if self._on_the_web else {}
        with self._system.open(path, "rb", **way) as source:
            while piece := source.read(1 << 18):
                if file.tell() + len(piece) > most:
                    raise FetchError(f"larger than {most / 1e6:.0f} MB")
                file.write(piece)
