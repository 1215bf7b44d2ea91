"""Run a back-test that goes on where it was: the one that a test kills."""

import sys
from pathlib import Path

from points.flows.backtest.kept import Kept
from points.flows.backtest.run import backtest
from tests.unit.backtest.cities import Opens


def main(folder: Path) -> None:
    opener = Opens(dies_at="m0000012", flag=folder / "died")
    kept = Kept.at(folder / "kept", {})
    with opener() as bench:
        found = backtest(bench, kept=kept)
    (folder / "summary").write_text(found.canonical, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
