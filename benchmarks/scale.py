"""Scaling from a thousand to a hundred thousand photographs: seconds, peak memory, and the second run.

    python benchmarks/scale.py [--counts 1000,10000,100000] [--labels local] [--json]

Photographs of 64 x 48 pixels, so that all but the decoding is measured. `time_growth` and `memory_growth` compare
the largest count with the smallest; `finished_seconds` is how long a finished run of the largest takes to see that
nothing is left to do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.photos import small_photos
from benchmarks.table import show

RUN = [sys.executable, "-m", "photopoem", "run", "photos", "--jobs", "1", "--quiet", "--labels"]


def timed_run(folder: Path, labels: str) -> tuple[float, float]:
    """Seconds and peak memory in MB of a run over a folder's photographs."""
    begun = time.perf_counter()
    process = subprocess.Popen([*RUN, labels], cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the run ended with {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return time.perf_counter() - begun, usage.ru_maxrss * unit / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", default="1000,10000,100000")
    parser.add_argument(
        "--labels", default="local", help="keywords leaves the network out: three times as fast"
    )
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = []
    for count in map(int, args.counts.split(",")):
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            small_photos(folder / "photos", count)
            seconds, memory = timed_run(folder, args.labels)
            again, _ = timed_run(folder, args.labels)
        rows.append({"photographs": count, "seconds": seconds, "peak MB": memory, "second run s": again})
    first, last = rows[0], rows[-1]
    summary = {
        "time_growth": last["seconds"] / first["seconds"],
        "memory_growth": last["peak MB"] / first["peak MB"],
        "finished_seconds": last["second run s"],
    }
    show("Many small photographs, one job", rows, summary, as_json=args.json)


if __name__ == "__main__":
    main()
