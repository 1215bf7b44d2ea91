"""Prove that the rules behind every award are kept, and are what their hashes say."""

from collections.abc import Iterator
from typing import Any

from points.activities.reads import rules_of_awards
from points.db.checks import Checked, Difference
from points.flows.context import Context
from points.kernel.ids import AssociationId
from points.rulebook.reads import Printed, find_base, kept_bases, printed
from points.rules import content_sha256, load_ruleset

HASHES = "rules_hash_to_what_stands_on_awards"
DAYS = "rules_hold_on_the_days_that_they_say"
KEPT = "awards_name_rules_that_are_kept"
COUNT = 3


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
    versions = printed(connection, association)
    texts = {
        f"{each.shelved.version.programme}/{each.shelved.version.version}": (
            each.shelved.version.sha256,
            each.text,
        )
        for each in versions
    }
    bases = kept_bases(connection, association)
    for sha256 in bases:
        text = find_base(connection, association, sha256) or ""
        texts[f"rule_base {sha256}"] = (sha256, text)
    yield _hashes(texts)
    yield _days(versions, known)
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


def _days(versions: list[Printed], known: Context) -> Checked:
    """Read each version again: from when until when it holds stands in it, and not only beside."""
    first = None
    for each in versions:
        head = each.shelved.version
        place = f"rule_version {head.programme}/{head.version}"
        ruleset, _ = load_ruleset(each.text, file=f"{head.programme}.yaml", types=known.types)
        said = (ruleset.starts_at, ruleset.ends_at) if ruleset else None
        kept = (head.starts_at, head.ends_at)
        if said is not None and said != kept and first is None:
            expected, found = (f"{start:%F %T}/{end:%F %T}" for start, end in (said, kept))
            first = Difference(check=DAYS, place=place, expected=expected, found=found)
    return Checked(check=DAYS, rows=len(versions), difference=first)


def _kept(named: list[tuple[str, int, str]], kept: set[str]) -> Checked:
    """Look each named rule set up; one that is gone cannot explain its awards any more."""
    for programme, version, sha256 in named:
        if sha256 not in kept:
            place = f"award {programme}/{version}"
            gone = Difference(check=KEPT, place=place, expected="kept", found=sha256)
            return Checked(check=KEPT, rows=len(named), difference=gone)
    return Checked(check=KEPT, rows=len(named), difference=None)
