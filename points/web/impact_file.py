"""A back-test as one file that needs nothing else: no script, no address, to be sent and kept."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from points.web import static_files
from points.web.app import templates
from points.web.impact import shown
from points.web.texts import texts

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


def standalone(found: Mapping[str, Any], sha256: str, language: str) -> str:
    """Return the whole report as an HTML file.

    Args:
        found: What ``Impact.as_json`` returns.
        sha256: Its hash.
        language: ``zh`` or ``en``.
    """
    said = texts(language)
    body = _body().render(impact=shown(found, sha256, language), t=said, lang=language)
    return _PAGE.format(
        lang="zh-CN" if language == "zh" else "en",
        title=escape(said.impact_title),
        style=_style(),
        body=Markup(body),  # noqa: S704 - the template escaped it
    )


@cache
def _body() -> Any:  # noqa: ANN401 - a template
    return templates().get_template("impact/body.html")


@cache
def _style() -> str:
    return (static_files.FOLDER / "points.css").read_text("utf-8")
