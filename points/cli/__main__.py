"""``python -m points.cli``, the same as ``points``."""

from points.cli.app import main

main()
