"""Fits the certainties of a label's color and of "low", and prints their cross-validated accuracy.

    python tools/fit_where.py FOLDER

FOLDER holds `where-truth.csv` (id, word, said, y0, y1, swatch, inside, map_hue, map_sure, map_swatch: what maps said of
photographs with boxes and polygons, and what is true) and `where-maps.npz` (map28: their maps). Prints the constants
`LOW` and `RIGHT` of photopoem/labels/region.py.
"""

from __future__ import annotations

import csv
import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from photopoem.labels.local.classes import kinds
from photopoem.labels.region import COLORLESS, _log_odds, _middle
from photopoem.vocabulary import CERTAIN

Floats = npt.NDArray[np.float64]
FOLDS = 10
BANDS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 1.0)


def color_rows(rows: list[dict[str, str]]) -> tuple[Floats, npt.NDArray[np.bool_], list[str]]:
    """Features (n, 3), whether the map's swatch is right (n,), and the photographs (n) of things that were said."""
    features, right, photographs = [], [], []
    for row in rows:
        word = row["word"].replace(" ", "_")
        if not (row["swatch"] and row["said"]) or kinds()[row["word"]] != "thing" or word in COLORLESS:
            continue
        swatches = [each.split(":") for each in row["inside"].split("|")]
        share = next((float(each[3]) for each in swatches if each[0] == row["map_swatch"]), 0.0)
        alike = sum(each[1] == row["map_hue"] for each in swatches)
        features.append([_log_odds(float(row["map_sure"]), 0.02), _log_odds(share, 0.01), alike])
        right.append(row["map_swatch"] in row["swatch"].split("|"))
        photographs.append(row["id"])
    return np.array(features), np.array(right), photographs


def low_rows(
    rows: list[dict[str, str]], maps: npt.NDArray[np.uint8]
) -> tuple[Floats, npt.NDArray[np.bool_], list[str]]:
    """The vertical middle of the map (n, 1), whether the thing's middle is in the lower half (n,), the photographs."""
    said = [number for number, row in enumerate(rows) if row["said"]]
    middles = np.array([[_middle(maps[number].astype(np.float32))] for number in said])
    truth = np.array([float(rows[number]["y0"]) + float(rows[number]["y1"]) > 1 for number in said])
    return middles, truth, [rows[number]["id"] for number in said]


def report(what: str, features: Floats, truth: npt.NDArray[np.bool_], photographs: list[str]) -> None:
    """Print the constants and, for bands of certainty, the cross-validated accuracy."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    def fitted(use: Any) -> LogisticRegression:
        return LogisticRegression(C=10.0, max_iter=1000).fit(features[use], truth[use])

    chance = np.zeros(len(truth))
    for rest, out in GroupKFold(FOLDS).split(features, truth, photographs):
        chance[out] = fitted(rest).predict_proba(features[out])[:, 1]
    model = fitted(np.arange(len(truth)))
    constants = [*model.intercept_, *model.coef_[0]]
    print(
        f"{what} = ({', '.join(f'{each:.3f}' for each in constants)})   # {len(truth)} said, {truth.mean():.2f} right"
    )
    for least, most in itertools.pairwise(BANDS):
        band = (chance >= least) & (chance < most)
        if band.any():
            told = (
                f"said {chance[band].mean():.2f}, right {truth[band].mean():.2f}, {band.mean():.0%} of them"
            )
            print(f"  {least:.2f} to {most:.2f}: {told}")
    stated = chance >= CERTAIN
    print(
        f"  stated: {stated.sum()}, {stated.mean():.1%}; right {truth[stated].sum()}, {truth[stated].mean():.2f}"
    )
    bins = np.minimum((chance * FOLDS).astype(int), FOLDS - 1)
    apart = sum(
        (bins == n).mean() * abs(chance[bins == n].mean() - truth[bins == n].mean()) for n in set(bins)
    )
    print(f"  calibration error: {apart:.3f}")


def main(folder: Path) -> None:
    """Fit both."""
    with (folder / "where-truth.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    report("RIGHT", *color_rows(rows))
    report("LOW", *low_rows(rows, np.load(folder / "where-maps.npz")["map28"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
