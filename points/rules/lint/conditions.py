"""Conditions that never hold, parts that always do, and branches that are never taken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from points.kernel.findings import Finding, Related, Severity
from points.rules.lint.draft import Draft, Site, related
from points.rules.lint.possible import Known
from points.rules.lint.reasoning import Reasoning
from points.rules.lint.saying import possible_said
from points.rules.syntax import (
    Binary,
    Call,
    Conditional,
    Field,
    Literal,
    Tree,
    Unary,
    children,
    conjuncts,
    walk,
)
from points.rules.texts import Title
from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Node

NEVER, ALWAYS, DEAD = "condition.never", "condition.always", "condition.dead_branch"


@dataclass(frozen=True, slots=True)
class Remark:
    """What was found about a part of an expression, and the earlier part that it follows from."""

    code: str
    tree: Tree
    cause: Tree | None = None
    known: Known = field(default_factory=dict)


def examine(
    tree: Tree, reasoning: Reasoning, known: Known, *, decides: bool = False
) -> Iterator[Remark]:
    """Yield what is never true, always true or never taken, the outermost part first.

    Args:
        tree: The expression.
        reasoning: Over the expressions of its rule.
        known: What is known where it stands.
        decides: Whether something depends on whether it is true, so that a bare field counts too.
    """
    if decides or _is_condition(tree):
        if reasoning.assume(tree, known) is None:
            yield from _never(tree, reasoning, known)
            return
        if reasoning.assume(tree, known, truth=False) is None:
            yield Remark(ALWAYS, tree, known=known)
            return
    yield from _inside(tree, reasoning, known, decides=decides)


def _inside(tree: Tree, reasoning: Reasoning, known: Known, *, decides: bool) -> Iterator[Remark]:
    match tree:
        case Binary(op="&&" | "||" as op, left=left, right=right):
            yield from examine(left, reasoning, known, decides=True)
            # The whole was found possible, so its left side is.
            beyond = reasoning.assume(left, known, truth=op == "&&") or known
            yield from examine(right, reasoning, beyond, decides=True)
        case Conditional(test=test, yes=yes, no=no):
            yield from _branches(tree, reasoning, known)
            for branch, truth in ((yes, True), (no, False)):
                after = reasoning.assume(test, known, truth=truth)
                # ``test ? true : false`` says what it means; nothing is wrong with its branches.
                if after is not None and not isinstance(branch, Literal):
                    yield from examine(branch, reasoning, after, decides=decides)
        case _:
            negated = isinstance(tree, Unary) and tree.op == "!"
            for part in children(tree):
                yield from examine(part, reasoning, known, decides=negated)


def _branches(tree: Conditional, reasoning: Reasoning, known: Known) -> Iterator[Remark]:
    never = reasoning.assume(tree.test, known) is None
    always = reasoning.assume(tree.test, known, truth=False) is None
    if never or always:
        yield Remark(DEAD, tree.yes if never else tree.no, tree.test, known)
    else:
        yield from examine(tree.test, reasoning, known, decides=True)


def _never(tree: Tree, reasoning: Reasoning, known: Known) -> Iterator[Remark]:
    """Yield the first part of a condition with which it can no longer hold."""
    parts = conjuncts(tree)
    before, at = known, reasoning.assume(parts[0], known)
    number = 0
    while at is not None and number + 1 < len(parts):
        number += 1
        before, at = at, reasoning.assume(parts[number], at)
    cause = _cause(parts[:number], parts[number], reasoning, known)
    yield Remark(NEVER, parts[number], cause, before)


def _cause(
    earlier: tuple[Tree, ...], part: Tree, reasoning: Reasoning, known: Known
) -> Tree | None:
    """Return the earlier part that rules a part out, when one alone does."""
    for candidate in earlier:
        after = reasoning.assume(candidate, known)
        if after is not None and reasoning.assume(part, after) is None:
            return candidate
    return None


def _is_condition(tree: Tree) -> bool:
    match tree:
        case Binary(op=op):
            return op not in ("+", "-", "*", "/", "%")
        case Unary(op="!") | Call(function="has"):
            return True
        case _:
            return False


def check_conditions(draft: Draft) -> Iterator[Finding]:
    """Yield what is wrong with the conditions of each rule and its multipliers."""
    for site in draft.sites:
        yield from _Conditions(draft, site).findings()


class _Conditions:
    """The conditions of one rule."""

    def __init__(self, draft: Draft, site: Site) -> None:
        self.draft, self.site, self.reasoning = draft, site, site.reasoning

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong, until nothing can be true any more."""
        known: Known | None = {}
        rule = self.site.rule
        for key, condition in (("audience", rule.audience), ("when", rule.when)):
            node = self.site.part(key)
            if condition is not None and known is not None and node is not None:
                yield from self._of(node, condition.tree, known, Severity.ERROR, decides=True)
                before, known = known, self.reasoning.holds(condition.tree, known)
                yield from self._unmet(node, condition.tree, before, known)
        if known is None:
            return
        yield from self._points(known)
        yield from self._multipliers(known)

    def _unmet(
        self, node: Node, tree: Tree, before: Known, after: Known | None
    ) -> Iterator[Finding]:
        """Yield what only a second look found: parts that exclude each other from right to left."""
        if after is None and self.reasoning.assume(tree, before) is not None:
            yield self._finding(node, Remark(NEVER, tree), Severity.ERROR)

    def _points(self, known: Known) -> Iterator[Finding]:
        node = self.site.part("points")
        for measure, compiled in self.site.rule.points.items():
            of_measure = node.values.get(measure) if isinstance(node, MappingNode) else node
            if of_measure is not None:
                yield from self._of(of_measure, compiled.tree, known, Severity.WARNING)
            if not isinstance(node, MappingNode):
                return

    def _multipliers(self, known: Known) -> Iterator[Finding]:
        written = self.draft.loaded.around.multipliers.values()
        named = {raw.id: raw.when for raw in written if raw.when is not None}
        for multiplier in self.site.rule.multipliers:
            node, tree = named[multiplier.id], multiplier.when.tree
            yield from self._of(node, tree, known, Severity.WARNING, decides=True)

    def _of(
        self, node: Node, tree: Tree, known: Known, worst: Severity, *, decides: bool = False
    ) -> Iterator[Finding]:
        for remark in examine(tree, self.reasoning, known, decides=decides):
            whole = remark.code == NEVER and _decides(tree, remark.tree)
            yield self._finding(node, remark, worst if whole else Severity.WARNING)

    def _finding(self, node: Node, remark: Remark, severity: Severity) -> Finding:
        said = self._said(remark)
        rule = self.site.rule
        causes: tuple[Related, ...] = ()
        if remark.cause is not None:
            place = self.draft.place(node, remark.cause)
            causes = (related(place, "与这里有关", "because of this"),)
        return self.draft.found(
            remark.code,
            self.draft.place(node, remark.tree),
            (f"{rule.id}：{said.zh}", f"{rule.id}: {said.en}"),
            severity=severity,
            related=causes,
        )

    def _said(self, remark: Remark) -> Title:
        why = self._why(remark)
        match remark.code:
            case "condition.never":
                zh, en = "此条件永远不成立", "this can never be true"
                mend = Title("；请改条件或删去", " — change the condition or take it away")
            case "condition.always":
                zh, en = "此条件总是成立，写了等于没写", "this is always true and decides nothing"
                mend = Title("；请删去", " — take it away")
            case _:
                zh, en = "这一支永远轮不到", "this branch is never taken"
                mend = Title("；请删去“? :”", " — write the other branch alone")
        return Title(f"{zh}{why.zh}{mend.zh}", f"{en}{why.en}{mend.en}")

    def _why(self, remark: Remark) -> Title:
        about = remark.cause if remark.code == DEAD else remark.tree
        names = dict.fromkeys(
            node.path for node in walk(about or remark.tree) if isinstance(node, Field)
        )
        said = [self._field(name, remark.known) for name in list(names)[:2]]
        said = [each for each in said if each.zh]
        if not said:
            return Title("", "")
        zh, en = "；".join(each.zh for each in said), "; ".join(each.en for each in said)
        return Title(f"（{zh}）", f" ({en})")

    def _field(self, path: str, known: Known) -> Title:
        root, _, name = path.partition(".")
        spec = self.reasoning.scope.spec(root, name)
        found = known.get(path)
        if found is None and spec is not None:
            found = self.reasoning.value(Field(0, 0, root, name), known)
        return Title("", "") if spec is None else possible_said(path, spec, found)


def _decides(whole: Tree, part: Tree) -> bool:
    """Return whether a condition fails with a part of it: it is one of those that ``&&`` joins."""
    return part is whole or any(part is each for each in conjuncts(whole))


Check = Callable[[Draft], Iterator[Finding]]
