"""Who may do what: role by action by scope, in one table; whatever it does not say is denied.

Every channel asks here, and nowhere else: the HTTP interface, the pages and the command line. The
documentation shows the same table (``docs/reference/permissions.md`` is made from it).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from points.identity.model import Principal
from points.identity.roles import LIMITED, STAFF_ROLES, Grant, Kind, Level, Role, kind_of

FRESH = timedelta(minutes=5)
"""How long a proof of the second factor is good for what asks for one."""


class Scope(StrEnum):
    """How far a permission goes."""

    ASSOCIATION = "association"
    AREA = "area"
    PARTNER = "partner"
    OUTLET = "outlet"
    SELF = "self"


class Needs(StrEnum):
    """What an action asks for besides the role."""

    NOTHING = "nothing"
    PERSON = "person"
    SECOND_FACTOR = "second_factor"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be known of an action.

    Attributes:
        zh: Its name for people.
        en: The same in English.
        needs: Whether a machine's key will do, a person must have logged in, or one who proved the
            second factor just now.
    """

    zh: str
    en: str
    needs: Needs = Needs.NOTHING


class Action(StrEnum):
    """Everything that a caller can ask for."""

    # People
    ENROL_MEMBER = "enrol_member"
    READ_MEMBER = "read_member"
    UNMASK = "unmask"
    CONSENT = "consent"
    EXPORT_PERSON = "export_person"
    ERASE_PERSON = "erase_person"
    KEEP_PRIVACY_RECORDS = "keep_privacy_records"
    # Activities and claims
    FEED_ACTIVITY = "feed_activity"
    READ_ACTIVITY = "read_activity"
    FILE_CLAIM = "file_claim"
    REVIEW_CLAIM = "review_claim"
    PUBLISH = "publish"
    READ_PUBLICITY = "read_publicity"
    OBJECT = "object"
    ANSWER_OBJECTION = "answer_objection"
    IMPORT = "import"
    EXAMINE_RULES = "examine_rules"
    EXAMINE_ACTIVITY = "examine_activity"
    ASK_WHY = "ask_why"
    BACKTEST_RULES = "backtest_rules"
    EXPORT_ACTIVITIES = "export_activities"
    WRITE_RULES = "write_rules"
    APPROVE_RULES = "approve_rules"
    CORRECT = "correct"
    DECIDE_CORRECTION = "decide_correction"
    READ_CORRECTIONS = "read_corrections"
    # Points
    READ_BALANCE = "read_balance"
    FREEZE = "freeze"
    PROPOSE = "propose"
    DECIDE = "decide"
    READ_PROPOSALS = "read_proposals"
    DECLARE_RELATION = "declare_relation"
    READ_DUTIES = "read_duties"
    READ_LEADERBOARD = "read_leaderboard"
    LIST_ONESELF = "list_oneself"
    # What members do besides redeeming
    OWN_INBOX = "own_inbox"
    WISH = "wish"
    DONATE = "donate"
    READ_HARDSHIP = "read_hardship"
    READ_STAMP_CARDS = "read_stamp_cards"
    # Redemption and money
    READ_REWARDS = "read_rewards"
    MANAGE_CATALOGUE = "manage_catalogue"
    FUND = "fund"
    OPEN_GATE = "open_gate"
    DECIDE_FUNDS = "decide_funds"
    READ_BUDGET = "read_budget"
    READ_ALERTS = "read_alerts"
    ANSWER_ALERT = "answer_alert"
    REDEEM = "redeem"
    READ_VOUCHER = "read_voucher"
    REISSUE_VOUCHER = "reissue_voucher"
    OFFER_VOUCHER = "offer_voucher"
    REASSIGN_VOUCHER = "reassign_voucher"
    HAND_OUT = "hand_out"
    DECIDE_HANDOUT = "decide_handout"
    READ_HANDOUTS = "read_handouts"
    PRINT_CODES = "print_codes"
    USE_COUNTER = "use_counter"
    LOG_IN_OPERATOR = "log_in_operator"
    MANAGE_OPERATORS = "manage_operators"
    MANAGE_TILLS = "manage_tills"
    MANAGE_PARTNERS = "manage_partners"
    OPEN_SANDBOX = "open_sandbox"
    USE_SANDBOX = "use_sandbox"
    READ_STATEMENT = "read_statement"
    DRAW_UP_STATEMENT = "draw_up_statement"
    DISPUTE_STATEMENT = "dispute_statement"
    ANSWER_DISPUTE = "answer_dispute"
    CONFIRM_STATEMENT = "confirm_statement"
    COUNTERSIGN_STATEMENT = "countersign_statement"
    PAY_STATEMENT = "pay_statement"
    ADJUST_SETTLEMENT = "adjust_settlement"
    DECIDE_ADJUSTMENT = "decide_adjustment"
    RULE_OFFLINE = "rule_offline"
    # The installation
    MANAGE_STAFF = "manage_staff"
    BREAK_GLASS = "break_glass"
    MANAGE_KEYS = "manage_keys"
    MANAGE_WEBHOOKS = "manage_webhooks"
    OWN_ACCOUNT = "own_account"
    OWN_DEVICES = "own_devices"
    END_SESSIONS = "end_sessions"
    OWN_SESSIONS = "own_sessions"
    CHANGE_CREDENTIALS = "change_credentials"
    READ_AUDIT = "read_audit"
    VERIFY = "verify"
    OPERATE = "operate"


_PERSON, _SECOND = Needs.PERSON, Needs.SECOND_FACTOR
ACTIONS: dict[Action, Terms] = {
    Action.ENROL_MEMBER: Terms("登记会员", "enrol members"),
    Action.READ_MEMBER: Terms("查看会员（脱敏）", "see members, masked"),
    Action.UNMASK: Terms("说明理由后查看明文", "see personal data, with a reason", _PERSON),
    Action.CONSENT: Terms("同意与撤回同意", "give and withdraw consent"),
    Action.EXPORT_PERSON: Terms("导出个人全部数据", "export all data of a person", _SECOND),
    Action.ERASE_PERSON: Terms("删除个人信息", "erase a person", _SECOND),
    Action.KEEP_PRIVACY_RECORDS: Terms(
        "保存期限与影响评估", "retention, impact assessment", _PERSON
    ),
    Action.FEED_ACTIVITY: Terms("上报活动", "report activities"),
    Action.READ_ACTIVITY: Terms("查看活动", "see activities"),
    Action.FILE_CLAIM: Terms("申报", "file claims"),
    Action.REVIEW_CLAIM: Terms("审核申报", "review claims", _PERSON),
    Action.PUBLISH: Terms("发布公示", "publish lists"),
    Action.READ_PUBLICITY: Terms("查看公示", "see published lists"),
    Action.OBJECT: Terms("提出异议", "object"),
    Action.ANSWER_OBJECTION: Terms("答复异议", "answer objections", _PERSON),
    Action.IMPORT: Terms("导入表格", "import sheets"),
    Action.EXAMINE_RULES: Terms("查看与试算规则", "see and try rules"),
    Action.EXAMINE_ACTIVITY: Terms("核查活动如何计分", "account for an activity's points"),
    Action.ASK_WHY: Terms("询问本人活动为何得分或未得分", "ask why one's activity brought points"),
    Action.BACKTEST_RULES: Terms("用历史活动回测规则", "try rules on past activities"),
    Action.EXPORT_ACTIVITIES: Terms("导出活动（不含姓名）", "export activities, unnamed", _SECOND),
    Action.WRITE_RULES: Terms("起草与提交规则", "draft and submit rules", _PERSON),
    Action.APPROVE_RULES: Terms("审批与停用规则", "approve and retire rules", _SECOND),
    Action.CORRECT: Terms("预览与提出更正批次", "preview and propose corrections", _SECOND),
    Action.DECIDE_CORRECTION: Terms("审批更正批次", "approve corrections", _SECOND),
    Action.READ_CORRECTIONS: Terms("查看更正批次", "see corrections"),
    Action.READ_BALANCE: Terms("查看积分", "see points"),
    Action.FREEZE: Terms("冻结与解冻", "freeze and thaw"),
    Action.PROPOSE: Terms("提出人工调整", "propose adjustments", _SECOND),
    Action.DECIDE: Terms("审批人工调整", "approve adjustments", _SECOND),
    Action.READ_PROPOSALS: Terms("查看人工调整", "see adjustments"),
    Action.DECLARE_RELATION: Terms("申报亲属关系", "declare one's relatives"),
    Action.READ_DUTIES: Terms("查看职责分离情况", "see relations and reviewers' figures"),
    Action.READ_LEADERBOARD: Terms("查看榜单", "see leaderboards"),
    Action.LIST_ONESELF: Terms("是否上榜", "be on leaderboards"),
    Action.OWN_INBOX: Terms("本人的消息", "one's own messages"),
    Action.WISH: Terms("本人的心愿单", "one's own wish-list"),
    Action.DONATE: Terms("捐赠积分", "donate points"),
    Action.READ_HARDSHIP: Terms("查看帮扶基金", "see the hardship fund"),
    Action.READ_STAMP_CARDS: Terms("查看集章卡", "see stamp cards"),
    Action.READ_REWARDS: Terms("查看商品", "see rewards"),
    Action.MANAGE_CATALOGUE: Terms("管理商品目录", "manage the catalogue"),
    Action.OPEN_GATE: Terms("登记已核验医嘱等", "record that a referral was seen", _PERSON),
    Action.FUND: Terms("资金入池、申请退款", "fund pools, propose returns"),
    Action.READ_ALERTS: Terms("查看核销预警", "see what looks odd at counters"),
    Action.ANSWER_ALERT: Terms("核查并答复预警", "look into alerts and answer them", _PERSON),
    Action.DECIDE_FUNDS: Terms("审批经费退款", "approve returns of money", _SECOND),
    Action.READ_BUDGET: Terms("查看经费与积分负债", "see pools, budget and liability"),
    Action.REDEEM: Terms("兑换", "redeem"),
    Action.READ_VOUCHER: Terms("查看券", "see vouchers"),
    Action.REISSUE_VOUCHER: Terms("换发券码", "replace a voucher's code"),
    Action.OFFER_VOUCHER: Terms("转让与接收本人的券", "offer one's vouchers and accept others'"),
    Action.REASSIGN_VOUCHER: Terms("改换券的持有人", "give a voucher another owner", _PERSON),
    Action.HAND_OUT: Terms("提出批量发券", "propose handouts", _SECOND),
    Action.DECIDE_HANDOUT: Terms("审批批量发券", "approve handouts", _SECOND),
    Action.READ_HANDOUTS: Terms("查看批量发券", "see handouts"),
    Action.PRINT_CODES: Terms("打印纸质券码", "print a handout's codes, once", _SECOND),
    Action.USE_COUNTER: Terms("核销", "use the counter"),
    Action.LOG_IN_OPERATOR: Terms("操作员登录", "log an operator in at a till"),
    Action.MANAGE_OPERATORS: Terms("管理操作员", "manage operators and their sessions"),
    Action.MANAGE_TILLS: Terms("管理收银设备", "manage tills and see their rules"),
    Action.MANAGE_PARTNERS: Terms("管理合作商户", "manage partners"),
    Action.OPEN_SANDBOX: Terms("开通测试环境", "open a partner's sandbox", _SECOND),
    Action.USE_SANDBOX: Terms("使用测试环境", "make vouchers to try with, in a sandbox"),
    Action.READ_STATEMENT: Terms("查看对账单", "see statements"),
    Action.DRAW_UP_STATEMENT: Terms("出具对账单", "draw statements up"),
    Action.DISPUTE_STATEMENT: Terms("对账单异议", "dispute lines of statements"),
    Action.ANSWER_DISPUTE: Terms("答复对账单异议", "answer disputes of statements", _PERSON),
    Action.CONFIRM_STATEMENT: Terms("商户确认对账单", "confirm statements, for the partner"),
    Action.COUNTERSIGN_STATEMENT: Terms(
        "协会复核对账单", "countersign statements, for the association", _SECOND
    ),
    Action.PAY_STATEMENT: Terms("登记付款", "mark payments of statements", _SECOND),
    Action.ADJUST_SETTLEMENT: Terms(
        "提出与撤回结算调整", "propose adjustments of what partners are owed", _PERSON
    ),
    Action.DECIDE_ADJUSTMENT: Terms(
        "审批结算调整", "approve adjustments of what partners are owed", _SECOND
    ),
    Action.RULE_OFFLINE: Terms("裁定离线核销冲突", "decide offline conflicts", _PERSON),
    Action.MANAGE_STAFF: Terms("管理工作人员", "manage staff", _SECOND),
    Action.BREAK_GLASS: Terms("紧急授权", "break glass", _SECOND),
    Action.MANAGE_KEYS: Terms("管理接口密钥", "manage keys", _SECOND),
    Action.MANAGE_WEBHOOKS: Terms("管理消息推送", "manage webhooks"),
    Action.OWN_ACCOUNT: Terms("查看本人账户", "see one's own account"),
    Action.OWN_SESSIONS: Terms("本人会话与通知", "one's own sessions and notices", _PERSON),
    Action.CHANGE_CREDENTIALS: Terms(
        "更换本人密码与第二因素", "change one's password and second factor", _SECOND
    ),
    Action.OWN_DEVICES: Terms("本人登录的设备", "devices on which one is logged in"),
    Action.END_SESSIONS: Terms("令会员退出登录", "log members out"),
    Action.READ_AUDIT: Terms("查看审计记录", "see the audit trail"),
    Action.VERIFY: Terms("核验账本", "verify the ledger"),
    Action.OPERATE: Terms("运行维护", "run the installation"),
}
"""Every action's name, and what it asks for besides a role. Whoever sits at the machine itself
holds its secrets anyway, and is asked for no second factor."""


_ALL, _AREA, _PARTNER, _OUTLET, _SELF = Scope
_R = Role
TABLE: dict[Action, dict[Role, Scope]] = {
    Action.ENROL_MEMBER: {_R.REGISTRAR: _ALL, _R.CONSOLE: _ALL},
    Action.READ_MEMBER: {
        _R.REGISTRAR: _ALL,
        _R.REVIEWER: _AREA,
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.PRIVACY: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
        _R.MEMBER: _SELF,
    },
    Action.UNMASK: {_R.REGISTRAR: _ALL, _R.REVIEWER: _AREA, _R.OFFICER: _ALL, _R.PRIVACY: _ALL},
    Action.CONSENT: {_R.REGISTRAR: _ALL, _R.PRIVACY: _ALL, _R.CONSOLE: _ALL, _R.MEMBER: _SELF},
    Action.EXPORT_PERSON: {_R.PRIVACY: _ALL, _R.MEMBER: _SELF},
    Action.ERASE_PERSON: {_R.PRIVACY: _ALL, _R.MEMBER: _SELF},
    Action.KEEP_PRIVACY_RECORDS: {_R.PRIVACY: _ALL, _R.CONSOLE: _ALL},
    Action.FEED_ACTIVITY: {_R.SOURCE: _SELF},
    Action.READ_ACTIVITY: {
        _R.REGISTRAR: _ALL,
        _R.REVIEWER: _AREA,
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
        _R.MEMBER: _SELF,
        _R.SOURCE: _SELF,
    },
    Action.FILE_CLAIM: {
        _R.REGISTRAR: _ALL,
        _R.REVIEWER: _AREA,
        _R.OFFICER: _ALL,
        _R.MEMBER: _SELF,
    },
    Action.REVIEW_CLAIM: {_R.REVIEWER: _AREA},
    Action.PUBLISH: {_R.OFFICER: _ALL},
    Action.READ_PUBLICITY: {
        _R.REGISTRAR: _ALL,
        _R.REVIEWER: _ALL,
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.AUDITOR: _ALL,
        _R.MEMBER: _ALL,
    },
    Action.OBJECT: {_R.REVIEWER: _ALL, _R.OFFICER: _ALL, _R.MEMBER: _ALL},
    Action.ANSWER_OBJECTION: {_R.OFFICER: _ALL},
    Action.IMPORT: {_R.REGISTRAR: _ALL, _R.CONSOLE: _ALL},
    Action.BACKTEST_RULES: {
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
    },
    Action.EXPORT_ACTIVITIES: {_R.OFFICER: _ALL, _R.CONSOLE: _ALL},
    Action.EXAMINE_RULES: {
        _R.REGISTRAR: _ALL,
        _R.REVIEWER: _ALL,
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
    },
    # Never one role for both, and the two roles exclude each other (``identity/segregation.py``).
    Action.WRITE_RULES: {_R.OFFICER: _ALL},
    Action.APPROVE_RULES: {_R.APPROVER: _ALL},
    Action.EXAMINE_ACTIVITY: {
        _R.REGISTRAR: _ALL,
        _R.REVIEWER: _AREA,
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
    },
    Action.CORRECT: {_R.OFFICER: _ALL},
    Action.DECIDE_CORRECTION: {_R.APPROVER: _ALL},
    Action.READ_CORRECTIONS: {
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
    },
    Action.ASK_WHY: {_R.MEMBER: _SELF},
    Action.READ_BALANCE: {
        _R.REGISTRAR: _ALL,
        _R.REVIEWER: _AREA,
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
        _R.MEMBER: _SELF,
    },
    Action.FREEZE: {_R.OFFICER: _ALL, _R.CONSOLE: _ALL},
    Action.PROPOSE: {_R.OFFICER: _ALL},
    Action.DECIDE: {_R.APPROVER: _ALL},
    Action.READ_PROPOSALS: {
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
    },
    Action.DECLARE_RELATION: dict.fromkeys(STAFF_ROLES, _SELF),
    Action.READ_DUTIES: {_R.ADMIN: _ALL, _R.AUDITOR: _ALL, _R.CONSOLE: _ALL},
    Action.READ_LEADERBOARD: {
        _R.REGISTRAR: _ALL,
        _R.REVIEWER: _ALL,
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.AUDITOR: _ALL,
        _R.MEMBER: _ALL,
    },
    Action.LIST_ONESELF: {_R.MEMBER: _SELF},
    Action.OWN_INBOX: {_R.MEMBER: _SELF},
    Action.WISH: {_R.MEMBER: _SELF},
    Action.DONATE: {_R.MEMBER: _SELF},
    Action.READ_HARDSHIP: {
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.TREASURER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
    },
    Action.READ_STAMP_CARDS: {
        _R.OFFICER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
        _R.MEMBER: _SELF,
    },
    Action.READ_REWARDS: {
        _R.REGISTRAR: _ALL,
        _R.REVIEWER: _ALL,
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.TREASURER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
        _R.MEMBER: _ALL,
        _R.PARTNER: _ALL,
        _R.TILL: _ALL,
    },
    Action.MANAGE_CATALOGUE: {_R.OFFICER: _ALL, _R.CONSOLE: _ALL},
    Action.FUND: {_R.TREASURER: _ALL, _R.CONSOLE: _ALL},
    # A person saw it: nobody sits at the machine as one.
    Action.OPEN_GATE: {_R.REGISTRAR: _ALL, _R.OFFICER: _ALL},
    Action.DECIDE_FUNDS: {_R.APPROVER: _ALL},
    Action.READ_ALERTS: {_R.OFFICER: _ALL, _R.AUDITOR: _ALL, _R.CONSOLE: _ALL},
    Action.ANSWER_ALERT: {_R.OFFICER: _ALL, _R.CONSOLE: _ALL},
    Action.READ_BUDGET: {
        _R.APPROVER: _ALL,
        _R.TREASURER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
    },
    Action.REDEEM: {_R.MEMBER: _SELF},
    Action.READ_VOUCHER: {_R.OFFICER: _ALL, _R.AUDITOR: _ALL, _R.MEMBER: _SELF},
    Action.REISSUE_VOUCHER: {_R.REGISTRAR: _ALL, _R.OFFICER: _ALL, _R.MEMBER: _SELF},
    Action.OFFER_VOUCHER: {_R.MEMBER: _SELF},
    Action.REASSIGN_VOUCHER: {_R.OFFICER: _ALL},
    Action.HAND_OUT: {_R.OFFICER: _ALL},
    Action.DECIDE_HANDOUT: {_R.APPROVER: _ALL},
    Action.READ_HANDOUTS: {
        _R.OFFICER: _ALL,
        _R.APPROVER: _ALL,
        _R.TREASURER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
    },
    Action.PRINT_CODES: {_R.OFFICER: _ALL},
    Action.USE_COUNTER: {_R.PARTNER: _PARTNER, _R.TILL: _OUTLET},
    Action.LOG_IN_OPERATOR: {_R.TILL: _OUTLET, _R.OFFICE: _OUTLET},
    Action.MANAGE_OPERATORS: {_R.TREASURER: _ALL, _R.CONSOLE: _ALL, _R.PARTNER: _PARTNER},
    Action.MANAGE_TILLS: {
        _R.TREASURER: _ALL,
        _R.CONSOLE: _ALL,
        _R.PARTNER: _PARTNER,
        _R.OFFICE: _PARTNER,
    },
    Action.MANAGE_PARTNERS: {_R.TREASURER: _ALL, _R.CONSOLE: _ALL},
    # It issues keys, if of the sandbox alone.
    Action.OPEN_SANDBOX: {_R.ADMIN: _ALL, _R.CONSOLE: _ALL},
    Action.USE_SANDBOX: {_R.PARTNER: _PARTNER, _R.TILL: _OUTLET},
    Action.READ_STATEMENT: {
        _R.APPROVER: _ALL,
        _R.TREASURER: _ALL,
        _R.AUDITOR: _ALL,
        _R.CONSOLE: _ALL,
        _R.PARTNER: _PARTNER,
        _R.OFFICE: _PARTNER,
    },
    Action.DRAW_UP_STATEMENT: {_R.TREASURER: _ALL, _R.CONSOLE: _ALL},
    # What the partner says only the partner can say: nobody of the association says it for them.
    Action.DISPUTE_STATEMENT: {_R.PARTNER: _PARTNER, _R.OFFICE: _PARTNER},
    Action.CONFIRM_STATEMENT: {_R.PARTNER: _PARTNER, _R.OFFICE: _PARTNER},
    Action.ANSWER_DISPUTE: {_R.TREASURER: _ALL},
    Action.COUNTERSIGN_STATEMENT: {_R.TREASURER: _ALL},
    Action.PAY_STATEMENT: {_R.TREASURER: _ALL, _R.APPROVER: _ALL},
    # The two roles exclude each other, and nobody at the machine is a person.
    Action.ADJUST_SETTLEMENT: {_R.TREASURER: _ALL},
    Action.DECIDE_ADJUSTMENT: {_R.APPROVER: _ALL},
    Action.RULE_OFFLINE: {_R.TREASURER: _ALL, _R.CONSOLE: _ALL},
    # The console only while nobody else can: see ``points.flows.staffing``.
    Action.MANAGE_STAFF: {_R.ADMIN: _ALL, _R.CONSOLE: _ALL},
    Action.BREAK_GLASS: {_R.ADMIN: _ALL},
    Action.MANAGE_KEYS: {_R.ADMIN: _ALL, _R.CONSOLE: _ALL},
    Action.MANAGE_WEBHOOKS: {_R.ADMIN: _ALL, _R.CONSOLE: _ALL, _R.PARTNER: _PARTNER},
    Action.OWN_ACCOUNT: {role: _SELF for role in Role if role is not _R.CONSOLE},
    Action.OWN_DEVICES: {_R.MEMBER: _SELF},
    Action.END_SESSIONS: {
        _R.REGISTRAR: _ALL,
        _R.OFFICER: _ALL,
        _R.PRIVACY: _ALL,
        _R.CONSOLE: _ALL,
    },
    Action.OWN_SESSIONS: dict.fromkeys((*STAFF_ROLES, _R.MEMBER, _R.TILL, _R.OFFICE), _SELF),
    Action.CHANGE_CREDENTIALS: dict.fromkeys(STAFF_ROLES, _SELF),
    Action.READ_AUDIT: {_R.PRIVACY: _ALL, _R.AUDITOR: _ALL, _R.CONSOLE: _ALL},
    Action.VERIFY: {_R.AUDITOR: _ALL, _R.CONSOLE: _ALL},
    Action.OPERATE: {_R.CONSOLE: _ALL},
}


@dataclass(frozen=True, slots=True)
class Areas:
    """Which part of an association somebody sees."""

    everything: bool = False
    branches: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a caller may act, and if not, what is missing.

    Attributes:
        allowed: Whether it may.
        known: False where the caller may do such things but not to this one: answer as if the
            thing did not exist, so that nobody learns what others have.
        lacking: What would have to be there besides the role: a person, a fresh second factor.
    """

    allowed: bool
    known: bool = True
    lacking: Needs = Needs.NOTHING


def judge(principal: Principal, action: Action, owner: str | None = None) -> Verdict:
    """Return whether a principal may act on a thing of an owner.

    Args:
        principal: Who asks.
        action: What for.
        owner: The subject to whom the thing belongs; None where it belongs to nobody.
    """
    scopes = {TABLE[action][grant.role] for grant in _grants(principal, action)}
    if not scopes:
        return Verdict(allowed=False)
    everybodys = not scopes.isdisjoint({Scope.ASSOCIATION, Scope.AREA})
    if not everybodys and owner is not None and owner != principal.subject:
        return Verdict(allowed=False, known=False)
    return Verdict(allowed=True)


def admit(principal: Principal, action: Action, now: datetime) -> Verdict:
    """Return whether a principal may ask for such a thing at all, and proved enough for it."""
    verdict = judge(principal, action)
    needs = ACTIONS[action].needs
    at_the_machine = any(grant.role is Role.CONSOLE for grant in principal.grants)
    if not verdict.allowed or needs is Needs.NOTHING or at_the_machine:
        return verdict
    if principal.session is None:
        return Verdict(allowed=False, lacking=Needs.PERSON)
    if needs is Needs.SECOND_FACTOR and not _proved(principal, now):
        return Verdict(allowed=False, lacking=Needs.SECOND_FACTOR)
    return verdict


def _proved(principal: Principal, now: datetime) -> bool:
    return principal.verified_at is not None and now - principal.verified_at < FRESH


def roles_for(action: Action, kind: Kind) -> tuple[Role, ...]:
    """Return which roles of a kind of caller may do something; the console is nobody's role."""
    return tuple(
        role for role in TABLE[action] if role is not Role.CONSOLE and kind_of(role) is kind
    )


def areas(principal: Principal, action: Action) -> Areas:
    """Return which part of its association a principal sees for an action."""
    grants = _grants(principal, action)
    limited = [each for each in grants if _limited(each, action)]
    return Areas(
        everything=len(limited) < len(grants),
        branches=tuple(each.place for each in limited if each.level is Level.BRANCH),
        grids=tuple(each.place for each in limited if each.level is Level.GRID),
    )


def sees(principal: Principal, action: Action, branch: str | None, grid: str | None) -> bool:
    """Return whether what belongs to a branch and a grid lies in the part that is seen."""
    return any(
        not _limited(each, action) or each.reaches(branch, grid)
        for each in _grants(principal, action)
    )


def reviewer_level(principal: Principal, wanted: Level | None = None) -> Level | None:
    """Return as whom a reviewer acts: what was wanted, the highest otherwise; None for nobody."""
    held = {each.level for each in principal.grants if each.role is Role.REVIEWER}
    if wanted is not None:
        return wanted if wanted in held else None
    return next((level for level in Level if level in held), None)


def _limited(grant: Grant, action: Action) -> bool:
    return TABLE[action][grant.role] is Scope.AREA and grant.level in LIMITED


def _grants(principal: Principal, action: Action) -> list[Grant]:
    """Return the grants that let a principal do something; none where its key leaves it out."""
    if principal.actions is not None and action not in principal.actions:
        return []
    return [each for each in principal.grants if each.role in TABLE[action]]
