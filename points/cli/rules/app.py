"""``points rules``: check, test and explain authored rules before anyone relies on them."""

import typer

from points.cli.rules.diff import diff_command
from points.cli.rules.explain import explain_command
from points.cli.rules.lint import lint_command
from points.cli.rules.test import run_all_cases

app = typer.Typer(no_args_is_help=True, help="规则：检查、测试、解释 · Rules.")
app.command("lint")(lint_command)
app.command("test")(run_all_cases)
app.command("explain")(explain_command)
app.command("diff")(diff_command)
