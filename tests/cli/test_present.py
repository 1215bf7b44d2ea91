"""What commands print is what they were given."""

import io

from rich.console import Console
from rich.table import Table

from points.cli.present import Presenter

ODD = "staff:chair: [red]#07[/red]"


def printed(console: Console) -> str:
    console.file = io.StringIO()
    table = Table("actor")
    table.add_row(ODD)
    present = Presenter("en", out=console)
    present.show(table)
    present.say(ODD, ODD)
    return console.file.getvalue()


def test_names_are_no_pictures_and_brackets_no_colours() -> None:
    assert printed(Presenter().out).count(ODD) == 2
    assert Presenter().aside.stderr


def test_a_console_that_draws_would_be_noticed() -> None:
    assert printed(Console()).count(ODD) < 2
