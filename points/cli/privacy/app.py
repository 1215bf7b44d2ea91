"""The commands of ``points privacy`` in one tree."""

import typer

from points.cli.privacy import consents, keeping, people, records

app = typer.Typer(no_args_is_help=True, help="个人信息保护 · Personal data.")
app.command("show")(people.show)
app.command("export")(people.export)
app.command("erase")(people.erase)
app.command("request")(people.request)
app.command("decline")(people.decline)
app.command("requests")(people.requests)
app.command("consents")(consents.consents)
app.command("give")(consents.give)
app.command("withdraw")(consents.withdraw)
app.command("notices")(consents.notices)
app.command("check")(keeping.check)
app.command("new-key")(keeping.new_key)
app.command("rotate")(keeping.rotate_keys)
app.command("reapply")(keeping.reapply_erasures)
app.command("retention")(records.retention)
app.add_typer(records.assessment, name="assessment")
