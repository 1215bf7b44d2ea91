# ruff: noqa: INP001, T201 - a script that prints
"""Holds coverage, lines and branches together, against the gates below.

python .ci/coverage.py coverage.json
"""

import json
import sys
from pathlib import Path
from typing import Any

GATES = {"points": 90.0, "points/ledger": 100.0, "points/rules": 100.0, "points/vouchers": 100.0}
"""Folder to the least per cent that it must reach."""

ENFORCED = True
"""Whether a gate that is missed fails the run."""

Files = dict[str, dict[str, Any]]


def within(folder: str, files: Files) -> Files:
    """Return the files of a folder."""
    return {name: file for name, file in files.items() if name.startswith(f"{folder}/")}


def reached(files: Files) -> float:
    """Return the per cent of lines and branches that ran; an empty folder misses nothing."""
    there = ran = 0
    for file in files.values():
        summary = file["summary"]
        there += summary["num_statements"] + summary["num_branches"]
        ran += summary["covered_lines"] + summary["covered_branches"]
    return 100.0 * ran / there if there else 100.0


def gaps(files: Files) -> list[str]:
    """Return where lines were never reached, the worst files first."""
    worst = sorted(files.items(), key=lambda item: item[1]["summary"]["percent_covered"])
    return [
        f"     {name} {file['summary']['percent_covered']:.1f} %: "
        f"lines {file['missing_lines'][:12]}"
        f" branches {file['missing_branches'][:6]}"
        for name, file in worst[:12]
        if file["summary"]["percent_covered"] < 100.0  # noqa: PLR2004 - all of it
    ]


def main(report: Path) -> int:
    """Print each gate; return 1 when one is missed and gates are enforced."""
    files: Files = json.loads(report.read_text("utf-8"))["files"]
    missed = 0
    for folder, least in GATES.items():
        inside = within(folder, files)
        per_cent = reached(inside)
        missed += per_cent < least
        print(f"   {folder}: {per_cent:.2f} % of {len(inside)} files, at least {least:.0f} %")
        if per_cent < least:
            print("\n".join(gaps(inside)))
    return int(ENFORCED and missed > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
