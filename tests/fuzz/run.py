"""Fuzzes the readers of authored files with atheris, guided by coverage.

    python -m tests.fuzz.run [SECONDS] [FOLDER]

Without a folder nothing is kept. What crashes is written to the folder, and the exit code is not zero. The slowest inputs
stand in ``slowest.json``, to be measured again without instruments (``tests/fuzz/measure.py``).
"""

import json
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["points.rules"]):
    import points.rules

from tests.fuzz.attacks import EXPRESSIONS, FILES
from tests.fuzz.targets import RULES, TARGETS

LENGTH_MAX = 8_192
SLOW_KEPT = 8
NAMES = tuple(TARGETS)
KEPT: list[Path] = []
SLOWEST: list[tuple[float, str, str]] = []


def one(data: bytes) -> None:
    """Run one input: the first byte chooses what reads it."""
    if not data:
        return
    name = NAMES[data[0] % len(NAMES)]
    text = (
        data[1:].decode("utf-8", "surrogatepass" if data[0] > 127 else "replace")
        if _fits(data)
        else ""
    )
    began = time.process_time()
    TARGETS[name](text)
    took = time.process_time() - began
    if KEPT and (len(SLOWEST) < SLOW_KEPT or took > SLOWEST[-1][0]):
        SLOWEST.append((took, name, text))
        SLOWEST.sort(key=lambda each: -each[0])
        del SLOWEST[SLOW_KEPT:]
        # At once, because whoever fuzzes ends the process without a word.
        KEPT[0].write_text(json.dumps([[name, text] for _, name, text in SLOWEST]), "utf-8")


def _fits(data: bytes) -> bool:
    try:
        data[1:].decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data[0] <= 127
    return True


def seeds() -> list[bytes]:
    """Return what ships, in pieces that fit, and the attacks that fit."""
    found: list[bytes] = []
    for path in sorted(RULES.rglob("*.yaml")):
        text = path.read_text("utf-8")
        kind = (
            "cases"
            if "cases" in path.parts
            else "types"
            if path.name == "activities.yaml"
            else "ruleset"
        )
        first = bytes([NAMES.index(kind)])
        pieces = (text[start : start + 3_000] for start in range(0, len(text), 3_000))
        found.extend(first + piece.encode()[: LENGTH_MAX - 1] for piece in pieces)
    for name, attacks in (("ruleset", FILES), ("expression", EXPRESSIONS)):
        first = bytes([NAMES.index(name)])
        found.extend(
            first + text[:2_000].encode("utf-8", "replace") for text, _ in attacks.values()
        )
    return found


def main() -> None:
    """Fuzz for so many seconds."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LENGTH_MAX}",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
    ]
    if folder is not None:
        corpus = folder / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds()):
            (corpus / f"seed-{number:04}").write_bytes(seed)
        KEPT.append(folder / "slowest.json")
        options += [f"-artifact_prefix={folder}/", str(corpus)]
    atheris.Setup([sys.argv[0], *options], one)
    atheris.Fuzz()


assert points.rules is not None

if __name__ == "__main__":
    main()
