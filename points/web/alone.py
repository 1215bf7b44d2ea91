"""A page as one file that needs nothing else: no script, no address."""

from functools import cache

from markupsafe import Markup, escape

from points.web import static_files

_PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def page(title: str, body: str, language: str) -> str:
    """Return a whole page.

    Args:
        title: Of the page.
        body: What a template escaped.
        language: ``zh`` or ``en``.
    """
    return _PAGE.format(
        lang="zh-CN" if language == "zh" else "en",
        title=escape(title),
        style=_style(),
        body=Markup(body),  # noqa: S704 - the template escaped it
    )


@cache
def _style() -> str:
    return (static_files.FOLDER / "points.css").read_text("utf-8")
