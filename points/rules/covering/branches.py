"""What there is to cover in a rule set: every way that one of its conditions can go.

A condition is taken apart at ``&&``, ``||`` and ``!``; each part has to be seen true and false.
Each arm of ``a ? b : c``, each row of a table, each multiplier on and off, and each cap, group,
source, schedule and cooldown refusing is a branch of its own. So is each rule, granting.
"""

from collections.abc import Iterator
from typing import NamedTuple

from points.rules.compile import Compiled
from points.rules.model import Rule, RuleSet
from points.rules.syntax import Binary, Conditional, Let, Literal, Tree, Unary, children, walk

GATES = ("source", "peer", "schedule", "cooldown", "group")
"""Reasons for which a rule that has such a gate is to be seen refusing."""


class Branch(NamedTuple):
    """One way that something can go.

    Attributes:
        owner: Whose: ``rule:P06``, ``let:counted``, ``cap:vol_day``, ``multiplier:long``.
        part: Where in it: ``when``, ``audience``, ``points.wallet``, ``row.2``, ``source``.
        start: Of the text within the part's expression; zero where that has no expression.
        end: Its end.
        outcome: ``true``, ``false``, ``yes``, ``no``, ``hit``, ``refused``, ``on``, ``off`` or
            ``cut``.
    """

    owner: str
    part: str
    start: int
    end: int
    outcome: str


def branches_of(ruleset: RuleSet) -> dict[Branch, None]:
    """Return every branch of a rule set, in the order of its file, each once."""
    found: dict[Branch, None] = {}
    for name, decides in _lets(ruleset).items():
        tree = ruleset.lets[name]
        found.update(dict.fromkeys(_of_tree(f"let:{name}", "", tree, decides=decides)))
    for cap in {each.id: None for rule in ruleset.rules for each in rule.caps}:
        found[Branch(f"cap:{cap}", "", 0, 0, "cut")] = None
    for rule in ruleset.rules:
        found.update(dict.fromkeys(_of_rule(rule)))
    return found


def _of_rule(rule: Rule) -> Iterator[Branch]:
    owner = f"rule:{rule.id}"
    yield Branch(owner, "", 0, 0, "hit")
    for gate in _gates(rule):
        yield Branch(owner, gate, 0, 0, "refused")
    for part, compiled, decides in expressions_of(rule):
        yield from _of_tree(owner, part, compiled.tree, decides=decides)
    for row in rule.table.rows if rule.table else ():
        yield Branch(owner, f"row.{row.number}", 0, 0, "hit")
    for number, _ in enumerate(rule.bands.steps if rule.bands else (), 1):
        yield Branch(owner, f"band.{number}", 0, 0, "hit")
    for multiplier in rule.multipliers:
        yield Branch(owner, f"multiplier.{multiplier.id}", 0, 0, "on")
        yield Branch(owner, f"multiplier.{multiplier.id}", 0, 0, "off")
        name = f"multiplier:{multiplier.id}"
        yield from _of_tree(name, "when", multiplier.when.tree, decides=True)


def _gates(rule: Rule) -> Iterator[str]:
    has = {
        "source": bool(rule.sources),
        "peer": rule.to is not None,
        "schedule": rule.schedule is not None,
        "cooldown": rule.cooldown is not None,
        "group": rule.group is not None and rule.group.mode != "stack",
    }
    return (gate for gate in GATES if has[gate])


def expressions_of(rule: Rule) -> Iterator[tuple[str, Compiled, bool]]:
    """Yield a rule's expressions: part, expression, and whether it decides or counts."""
    if rule.audience is not None:
        yield "audience", rule.audience, True
    if rule.when is not None:
        yield "when", rule.when, True
    if rule.bands is not None:
        # What bands come to is an expression of our own making; only what they are of was written.
        yield "bands", rule.bands.of, False
    for measure, points in rule.points.items() if rule.bands is None else ():
        yield f"points.{measure}", points, False
    for row in rule.table.rows if rule.table else ():
        yield f"row.{row.number}", row.points, False


def _trees(ruleset: RuleSet) -> Iterator[tuple[Tree, bool]]:
    """Yield the trees of all rules, and whether each decides or counts."""
    for rule in ruleset.rules:
        yield from ((compiled.tree, decides) for _, compiled, decides in expressions_of(rule))
        yield from ((each.when.tree, True) for each in rule.multipliers)
        for row in rule.table.rows if rule.table else ():
            yield from ((cell.tree, True) for cell in row.when)


def _lets(ruleset: RuleSet) -> dict[str, bool]:
    """Return the lets that rules use, in file order, and whether each decides somewhere."""
    found: dict[str, bool] = {}
    waiting = list(_trees(ruleset))
    while waiting:
        tree, decides = waiting.pop()
        deciding = {id(part) for part in deciding_parts(tree, decides=decides)}
        for part in walk(tree):
            if isinstance(part, Let) and not found.get(part.name, False):
                known, found[part.name] = part.name in found, id(part) in deciding
                if not known or found[part.name]:
                    waiting.append((ruleset.lets[part.name], found[part.name]))
    return {name: found[name] for name in ruleset.lets if name in found}


def _of_tree(owner: str, part: str, tree: Tree, *, decides: bool) -> Iterator[Branch]:
    for atom in deciding_parts(tree, decides=decides):
        if not isinstance(atom, Let):
            yield Branch(owner, part, atom.start, atom.end, "true")
            yield Branch(owner, part, atom.start, atom.end, "false")
    for node in walk(tree):
        if isinstance(node, Conditional):
            yield Branch(owner, part, node.yes.start, node.yes.end, "yes")
            yield Branch(owner, part, node.no.start, node.no.end, "no")


def deciding_parts(tree: Tree, *, decides: bool) -> Iterator[Tree]:
    """Yield the smallest parts that decide something: lets among them, literals not.

    Args:
        tree: The expression.
        decides: Whether its own value decides, or counts.
    """
    if isinstance(tree, Conditional):
        yield from deciding_parts(tree.test, decides=True)
        yield from deciding_parts(tree.yes, decides=decides)
        yield from deciding_parts(tree.no, decides=decides)
    elif decides and _joins(tree):
        for child in children(tree):
            yield from deciding_parts(child, decides=True)
    elif decides and not isinstance(tree, Literal):
        yield tree
        yield from _inside(tree)
    else:
        yield from _inside(tree)


def _inside(tree: Tree) -> Iterator[Tree]:
    for child in children(tree):
        # ``==`` may compare two truths; what is joined below it still decides.
        yield from deciding_parts(child, decides=_joins(child))


def _joins(tree: Tree) -> bool:
    logical = isinstance(tree, Binary) and tree.op in ("&&", "||")
    return logical or (isinstance(tree, Unary) and tree.op == "!")
