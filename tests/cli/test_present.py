"""What commands print is what they were given."""

import io

import pytest
from rich.console import Console
from rich.table import Table

from points.cli.present import Presenter
from points.cli.proposals import tell_proposed

ID = "01KFHKE8M0SGZVQ49QMHDQN7EJ"
LONG = "voucher:" + ID
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


def listed(present: Presenter) -> str:
    """Return a list that is wider than its console, drawn."""
    present.out.file = io.StringIO()
    table = Table("day", "id", "kind", "about")
    table.add_row("2026-01-31", ID, "one voucher captured and voided again", LONG)
    present.show(table)
    return present.out.file.getvalue()


def narrow() -> Console:
    return Console(width=80, markup=False, emoji=False)


def test_an_id_of_a_list_can_be_typed_again() -> None:
    drawn = listed(Presenter("en", out=narrow()))
    assert ID in drawn
    assert "…" not in drawn


def test_a_list_that_cuts_its_ids_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("points.cli.present._keep_whole", lambda _: None)
    drawn = listed(Presenter("en", out=narrow()))
    assert ID not in drawn
    assert "…" in drawn


def test_until_when_somebody_decides_is_said_by_the_clock_on_the_wall() -> None:
    present = Presenter("zh", out=narrow())
    present.out.file = said = io.StringIO()
    tell_proposed(present, {"proposal_id": ID, "until": "2026-12-03T16:00:26.408805+00:00"})
    assert said.getvalue() == f"已提出 {ID}，须由另一人在 2026-12-04 00:00 前审批\n"


def numbers() -> Table:
    table = Table("measure", "issued", "pending", "available", "held", "redeemed", "expired", "due")
    table.add_row("health.wallet", "100752", "0", "91172", "0", "0", "98320", "20")
    return table


def test_a_table_that_only_lacks_air_is_not_broken() -> None:
    present = Presenter("en", out=narrow())
    present.out.file = drawn = io.StringIO()
    present.show(numbers())
    assert all(word in drawn.getvalue() for word in ("health.wallet", "available", "100752"))
    # The control: as wide as it would be.
    broken = narrow()
    broken.file = kept = io.StringIO()
    broken.print(numbers())
    assert "health.wallet" not in kept.getvalue()
