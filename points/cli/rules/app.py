"""``points rules``: check, test and explain authored rules before anyone relies on them."""

import typer

from points.cli.rules import correct
from points.cli.rules.backtest import backtest_command
from points.cli.rules.bundle import export_command, import_command
from points.cli.rules.decide import approve_command, reject_command, withdraw_command
from points.cli.rules.diff import diff_command
from points.cli.rules.draft import draft_command
from points.cli.rules.explain import explain_command
from points.cli.rules.export_activities import export_activities_command
from points.cli.rules.lint import lint_command
from points.cli.rules.new_case import new_case_command
from points.cli.rules.shelf import list_command, retire_command, show_command
from points.cli.rules.submit import submit_command
from points.cli.rules.test import run_all_cases

app = typer.Typer(no_args_is_help=True, help="规则：检查、测试、解释 · Rules.")
app.command("lint")(lint_command)
app.command("test")(run_all_cases)
app.command("new-case")(new_case_command)
app.command("explain")(explain_command)
app.command("backtest")(backtest_command)
app.command("export-activities")(export_activities_command)
app.command("diff")(diff_command)
app.command("list")(list_command)
app.command("show")(show_command)
app.command("draft")(draft_command)
app.command("submit")(submit_command)
app.command("approve")(approve_command)
app.command("reject")(reject_command)
app.command("withdraw")(withdraw_command)
app.command("retire")(retire_command)
app.command("export")(export_command)
app.command("import")(import_command)
app.add_typer(correct.app, name="correct")
