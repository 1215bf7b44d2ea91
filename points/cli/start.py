"""Where the program begins: it imports all commands, and nobody looks for garbage meanwhile."""

import gc


def main() -> None:
    """Import the command line, then run it."""
    # What a thousand modules make stays for good; to look through it again and again for what
    # could be thrown away takes a sixth of the time in which the program starts.
    gc.disable()
    from points.cli import app  # noqa: PLC0415

    gc.enable()
    app.main()
