"""``python -m points.cli``, the same as ``points``."""

from points.cli.start import main

main()
