"""A fake CUPS: an `lp` and an `lpstat` in a folder of the PATH that print what the real ones do.

The printers are files in the folder `printers`; one that holds the word disabled is. While the file `away` is there
the server does not answer, of which `lpstat -p` says the same as of a printer that nobody knows, as the real one.
"""

from __future__ import annotations

import os
from pathlib import Path

_LP = """#!/bin/sh
cd {folder}
[ -e away ] && {{ echo 'lp: Connection refused' >&2; exit 1; }}
[ -e "printers/$2" ] || {{ echo 'lp: Error - The printer or class does not exist.' >&2; exit 1; }}
echo "$@" >> args
{cat} >> data
echo "request id is $2-1 (0 file(s))"
"""
_LPSTAT = """#!/bin/sh
cd {folder}
case $1 in
-r) if [ -e away ]; then echo 'scheduler is not running'; else echo 'scheduler is running'; fi ;;
-e) [ -e away ] || for one in printers/*; do echo "${{one#printers/}}"; done ;;
-p)
    if [ -e away ] || [ ! -e "printers/$2" ]; then
        case $LC_ALL in
        C) echo "lpstat: Invalid destination name in list \\"$2\\"." >&2 ;;
        *) echo "lpstat: Ungültiger Zielname in Liste „$2“." >&2 ;;
        esac
        exit 1
    fi
    if [ -s "printers/$2" ]; then echo "printer $2 disabled since today -"; else echo "printer $2 is idle."; fi ;;
esac
"""


class FakeCups:
    """A CUPS with these printers; `bin` belongs first into the PATH."""

    def __init__(self, folder: Path, *printers: str) -> None:
        self.folder, self.bin = folder, folder / "bin"
        self.bin.mkdir(parents=True)
        (folder / "printers").mkdir()
        for name in printers:
            (folder / "printers" / name).touch()
        self.install("lp", _LP)
        self.install("lpstat", _LPSTAT)

    def install(self, name: str, script: str) -> None:
        """Put a program there."""
        program = self.bin / name
        program.write_text(script.format(folder=self.folder, cat="/bin/cat"), "utf-8")
        program.chmod(0o755)

    @property
    def path(self) -> str:
        """A PATH with it."""
        return f"{self.bin}:{os.environ['PATH']}"

    def go_away(self) -> None:
        """Stop to answer."""
        (self.folder / "away").touch()

    def come_back(self) -> None:
        """Answer again."""
        (self.folder / "away").unlink()

    def printed(self) -> list[str]:
        """The calls of lp, one per line."""
        args = self.folder / "args"
        return args.read_text("utf-8").splitlines() if args.exists() else []
