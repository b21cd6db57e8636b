"""The CPU time of a start: of `--help`, of the first poem, and of its parts.

python benchmarks/startup.py [--rounds 5] [--json]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.photos import SAMPLES
from benchmarks.table import show

PHOTO = str(SAMPLES / "stream.jpg")
COMMANDS = {
    "python itself": [sys.executable, "-c", "pass"],
    "photopoem --help": [sys.executable, "-m", "photopoem", "--help"],
    "photopoem grammar list": [sys.executable, "-m", "photopoem", "grammar", "list"],
    "photopoem run PHOTO": [sys.executable, "-m", "photopoem", "run", PHOTO, "--labels", "local"],
    "import numpy": [sys.executable, "-c", "import numpy"],
    "import onnxruntime": [sys.executable, "-c", "import onnxruntime"],
    "import sklearn.cluster": [sys.executable, "-c", "import sklearn.cluster"],
}


def cpu(command: list[str]) -> float:
    """CPU seconds, user and system, of a process from start to end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    times = {
        name: statistics.median(cpu(command) for _ in range(args.rounds))
        for name, command in COMMANDS.items()
    }
    rows = [{"what": name, "CPU s": time} for name, time in times.items()]
    summary = {"help_cpu": times["photopoem --help"], "first_poem_cpu": times["photopoem run PHOTO"]}
    show("CPU of a start", rows, summary, as_json=args.json)


if __name__ == "__main__":
    main()
