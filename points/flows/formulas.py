"""Text that a spreadsheet program would run. Every file that people open in one goes through here.

Source: OWASP, "CSV Injection". Full-width forms of the signs and blanks before them count too: some
programs forgive them.
"""

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")


def looks_like_formula(text: str) -> bool:
    """Return whether a spreadsheet program may take a text for a formula."""
    return text.startswith(STARTS) or text.lstrip().startswith(STARTS)


def neutral(text: str) -> str:
    """Return text that no spreadsheet program takes for a formula, on one line."""
    shown = text.replace("\r", " ").replace("\n", " ").replace("\x00", " ")
    return f"'{shown}" if looks_like_formula(text) else shown
