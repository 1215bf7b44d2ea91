"""Where everything is on the console: sections by what people do, each with who may see it."""

from dataclasses import dataclass

from points.identity.policy import Action


@dataclass(frozen=True, slots=True)
class Section:
    """One page of the navigation.

    Attributes:
        action: Whoever may do this sees it.
        address: Where it is.
        text: The name of its text.
    """

    action: Action
    address: str
    text: str


_A = Action
GROUPS: tuple[tuple[str, tuple[Section, ...]], ...] = (
    (
        "group_people",
        (
            Section(_A.READ_MEMBER, "/console/members", "nav_members"),
            Section(_A.REVIEW_CLAIM, "/console/claims", "nav_claims"),
            Section(_A.ANSWER_OBJECTION, "/console/objections", "nav_objections"),
            Section(_A.PROPOSE, "/console/proposals", "nav_proposals"),
            Section(_A.DECIDE, "/console/decisions", "nav_decisions"),
        ),
    ),
    (
        "group_rules",
        (
            Section(_A.EXAMINE_RULES, "/console/rules", "nav_rules"),
            Section(_A.APPROVE_RULES, "/console/rule-decisions", "nav_rule_decisions"),
            Section(_A.READ_CORRECTIONS, "/console/corrections", "nav_corrections"),
            Section(
                _A.DECIDE_CORRECTION, "/console/correction-decisions", "nav_correction_decisions"
            ),
        ),
    ),
    (
        "group_benefits",
        (
            Section(_A.READ_REWARDS, "/console/catalogue", "nav_catalogue"),
            Section(_A.REASSIGN_VOUCHER, "/console/vouchers", "nav_vouchers"),
            Section(_A.READ_HANDOUTS, "/console/handouts", "nav_handouts"),
            Section(_A.DECIDE_HANDOUT, "/console/handout-decisions", "nav_handout_decisions"),
            Section(_A.READ_HARDSHIP, "/console/hardship", "nav_hardship"),
            Section(_A.READ_STAMP_CARDS, "/console/stamp-cards", "nav_stamp_cards"),
        ),
    ),
    (
        "group_money",
        (
            Section(_A.READ_STATEMENT, "/console/partners", "nav_partners"),
            Section(
                _A.DECIDE_ADJUSTMENT, "/console/adjustment-decisions", "nav_adjustment_decisions"
            ),
            Section(_A.READ_BUDGET, "/console/budget", "nav_budget"),
            Section(_A.DECIDE_FUNDS, "/console/fund-decisions", "nav_fund_decisions"),
            Section(_A.READ_STATEMENT, "/console/offline", "nav_offline"),
            Section(_A.READ_ALERTS, "/console/alerts", "nav_alerts"),
        ),
    ),
    (
        "group_house",
        (
            Section(_A.ERASE_PERSON, "/console/privacy", "nav_privacy"),
            Section(_A.READ_AUDIT, "/console/audit", "nav_audit"),
            Section(_A.MANAGE_STAFF, "/console/staff", "nav_staff"),
            Section(_A.MANAGE_KEYS, "/console/keys", "nav_keys"),
            Section(_A.MANAGE_WEBHOOKS, "/console/webhooks", "nav_webhooks"),
            Section(_A.BREAK_GLASS, "/console/break-glass", "nav_glass"),
        ),
    ),
)
"""By group; a group of which somebody may see one page is that page."""


def around(path: str) -> frozenset[str]:
    """Return the addresses of the pages that a page lies under, and its own."""
    parts = path.split("/")
    return frozenset("/".join(parts[:count]) for count in range(2, len(parts) + 1))
