"""Prove that the rules behind every award are kept, and are what their hashes say."""

from collections.abc import Iterator
from typing import Any

from points.activities.reads import rules_of_awards
from points.db.checks import Checked, Difference
from points.flows.context import Context
from points.kernel.ids import AssociationId
from points.rulebook.reads import find_base, kept_bases, printed
from points.rules import content_sha256

HASHES = "rules_hash_to_what_stands_on_awards"
KEPT = "awards_name_rules_that_are_kept"
COUNT = 2


def verify_rules(
    connection: Any,  # noqa: ANN401 - a connection
    association: AssociationId,
    known: Context,
) -> Iterator[Checked]:
    """Yield each check's result.

    Args:
        connection: Of a snapshot.
        association: Whose rules.
        known: With the folder's rule sets; what they score next is kept then.
    """
    texts = {
        f"{each.shelved.version.programme}/{each.shelved.version.version}": (
            each.shelved.version.sha256,
            each.text,
        )
        for each in printed(connection, association)
    }
    bases = kept_bases(connection, association)
    for sha256 in bases:
        text = find_base(connection, association, sha256) or ""
        texts[f"rule_base {sha256}"] = (sha256, text)
    yield _hashes(texts)
    kept = {sha256 for sha256, _ in texts.values()}
    kept |= {each.sha256 for each in known.rules.rulesets}
    yield _kept(rules_of_awards(connection, association), kept)


def _hashes(texts: dict[str, tuple[str, str]]) -> Checked:
    for place, (sha256, text) in sorted(texts.items()):
        found = content_sha256(text)
        if found != sha256:
            wrong = Difference(check=HASHES, place=place, expected=sha256, found=found or "none")
            return Checked(check=HASHES, rows=len(texts), difference=wrong)
    return Checked(check=HASHES, rows=len(texts), difference=None)


def _kept(named: list[tuple[str, int, str]], kept: set[str]) -> Checked:
    """Look each named rule set up; one that is gone cannot explain its awards any more."""
    for programme, version, sha256 in named:
        if sha256 not in kept:
            place = f"award {programme}/{version}"
            gone = Difference(check=KEPT, place=place, expected="kept", found=sha256)
            return Checked(check=KEPT, rows=len(named), difference=gone)
    return Checked(check=KEPT, rows=len(named), difference=None)
