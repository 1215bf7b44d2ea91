"""Rules that no case reaches, and rules that no case sees refused."""

from collections.abc import Iterator

from points.kernel.findings import Finding
from points.rules.lint.draft import Draft


def check_reach(draft: Draft) -> Iterator[Finding]:
    """Yield what the cases leave untried; nothing where no cases were run."""
    if draft.reports is None:
        return
    hit = frozenset[str]().union(*(report.hit for report in draft.reports))
    refused = frozenset[str]().union(*(report.refused for report in draft.reports))
    for site in draft.sites:
        rule, place = site.rule, draft.place(site.name)
        if rule.id not in hit:
            zh = f"没有用例让 {rule.id} 给过分；请补一个给分的用例"
            en = f"no case is awarded by {rule.id} — add one that is"
            yield draft.found("test.never_hit", place, (zh, en))
        if rule.id not in refused:
            zh = f"没有用例让 {rule.id} 拒绝或封顶；请补一个不给分的用例"
            en = f"no case sees {rule.id} refused or cut — add one that is"
            yield draft.found("test.never_refused", place, (zh, en))
