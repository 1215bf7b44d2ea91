"""The templates of all pages."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from points.web.shown import FILTERS


def templates() -> Environment:
    """Return the templates: escaped, and strict about what they are not given."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.filters.update(FILTERS)
    return found
