"""The budget report as one file that needs nothing else, to be sent and kept."""

from functools import cache
from typing import Any

from points.flows.budget import BudgetReport
from points.web.alone import page
from points.web.budget import shown
from points.web.templating import templates
from points.web.texts import texts


def standalone(found: BudgetReport, language: str) -> str:
    """Return the whole report as an HTML file."""
    said = texts(language)
    body = _body().render(budget=shown(found, language), t=said, lang=language)
    return page(said.budget_title, body, language)


@cache
def _body() -> Any:  # noqa: ANN401 - a template
    return templates().get_template("budget/body.html")
