"""Keep the folder's rule files with which an association scores: files get lost, awards do not."""

from collections.abc import Iterable

from points.flows.context import context
from points.rulebook.model import Base
from points.rules import RuleSet
from points.unit_of_work import WorkingSet


def keep_rules(used: Iterable[RuleSet], on: WorkingSet) -> None:
    """Keep the text of each rule set of the folder, in the batch that first awards by it."""
    book = context(on).rules
    for ruleset in used:
        text = book.texts.get(ruleset.sha256)
        if text is not None and ruleset.sha256 not in book.kept:
            on.press.keep(
                Base(
                    programme=ruleset.programme,
                    version=ruleset.version,
                    sha256=ruleset.sha256,
                    text=text,
                )
            )
