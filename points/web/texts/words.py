"""What codes of the field are called."""

from points.identity.roles import TITLES
from points.web.texts import settlement, tills
from points.web.texts.offline import OFFLINE_BEARER, OFFLINE_DECISION, OFFLINE_REASON

Pair = tuple[str, str]

CLAIM_STATE: dict[str, Pair] = {
    "submitted": ("待初审", "awaits first review"),
    "second_review": ("待复审", "awaits second review"),
    "approved": ("已通过，待计分", "approved, to be scored"),
    "publicity": ("公示中", "in publicity"),
    "objected": ("有异议", "objected to"),
    "upheld": ("异议成立", "objection upheld"),
    "posted": ("已入账", "posted"),
    "rejected": ("未通过", "rejected"),
    "withdrawn": ("已撤回", "withdrawn"),
    "quarantined": ("规则出错，待处理", "a rule failed"),
    "reversed": ("已冲销", "reversed"),
}
STEP: dict[str, Pair] = {
    "submitted": ("提交申报", "filed"),
    "trusted": ("可信来源，免审", "trusted source"),
    "first_approved": ("初审通过", "first review passed"),
    "second_approved": ("复审通过", "second review passed"),
    "rejected": ("审核未通过", "rejected"),
    "withdrawn": ("撤回", "withdrawn"),
    "published": ("开始公示", "published"),
    "listed": ("列入公示名单", "put on a list"),
    "objected": ("收到异议", "objected to"),
    "upheld": ("异议成立", "objection upheld"),
    "dismissed": ("异议不成立", "objection dismissed"),
    "quarantined": ("规则出错", "a rule failed"),
    "requeued": ("重新计分", "to be scored again"),
    "posted": ("入账", "posted"),
    "matured": ("公示期满，积分可用", "publicity over, points usable"),
    "reversed": ("冲销", "reversed"),
    "corrected": ("更正", "corrected"),
}
RULE_OUTCOME: dict[str, Pair] = {
    "granted": ("得分", "points"),
    "partly": ("部分得分", "some points"),
    "refused": ("未得分", "no points"),
}
BASIS: dict[str, Pair] = {
    "recorded": ("按计分时的情况还原", "as it was scored"),
    "now": ("尚未计分，按现在的情况试算", "not scored yet: as it would be now"),
    "never": ("不会计分", "it will not be scored"),
}
MEMBER_KIND: dict[str, Pair] = {
    "courier": ("快递员", "courier"),
    "rider": ("外卖骑手", "delivery rider"),
    "truck_driver": ("货车司机", "truck driver"),
    "ride_hailing_driver": ("网约车司机", "ride-hailing driver"),
    "taxi_driver": ("出租车司机", "taxi driver"),
}
DUTY: dict[str, Pair] = {
    "grid_agent": ("网格员", "grid agent"),
    "policy_speaker": ("政策宣讲员", "policy speaker"),
    "opinion_courier": ("民意信使", "opinion courier"),
    "food_safety_supervisor": ("食品安全监督员", "food safety supervisor"),
    "pioneer": ("先锋模范", "pioneer"),
}
PROGRAMME: dict[str, Pair] = {
    "party": ("党员积分", "party-member points"),
    "health": ("司机健康积分", "driver-health points"),
}
MEASURE: dict[str, Pair] = {
    "party.wallet": ("党员积分（可兑换）", "party points, to spend"),
    "party.rating": ("党员年度评价分", "party rating of the year"),
    "health.wallet": ("健康积分（可兑换）", "health points, to spend"),
    "health.rating": ("健康年度评价分", "health rating of the year"),
}
LINE_KIND: dict[str, Pair] = {
    "earn": ("获得", "earned"),
    "grant": ("发放", "granted"),
    "mature": ("公示期满", "publicity over"),
    "hold": ("兑换预留", "set aside for a voucher"),
    "release": ("退回", "given back"),
    "capture": ("已使用", "used"),
    "refund": ("撤销使用", "use taken back"),
    "expire": ("到期", "expired"),
    "reverse": ("冲销", "reversed"),
    "correct": ("更正", "corrected"),
    "donate": ("捐赠", "donated"),
    "relieve": ("帮扶", "granted from the hardship fund"),
    "return": ("捐赠退回", "donation given back"),
}
HARDSHIP_KIND: dict[str, Pair] = {
    "donated": ("捐入", "donated"),
    "returned": ("退回捐赠人", "given back"),
    "granted": ("由基金发放", "granted from the fund"),
    "issued": ("新发放", "granted as new points"),
}
HARDSHIP_SOURCE: dict[str, Pair] = {
    "fund": ("基金", "the fund"),
    "issuance": ("另行发放", "new points"),
}
POINT_STATE: dict[str, Pair] = {
    "pending": ("公示中", "in publicity"),
    "available": ("可用", "usable"),
    "held": ("已预留", "set aside"),
    "debt": ("待抵扣", "owed"),
}
LINE_REASON: dict[str, Pair] = {
    "publicity_over": ("公示期满", "publicity over"),
    "expired": ("积分到期", "points expired"),
    "voucher_captured": ("使用兑换券", "a voucher was used"),
    "voucher_voided": ("撤销使用兑换券", "the use of a voucher was taken back"),
    "voucher_expired": ("兑换券到期，积分退回", "a voucher expired, points given back"),
    "year_base": ("年度基础分", "base points of the year"),
    "year_closed": ("年度结转", "the year was closed"),
    "hardship_grant": ("困难帮扶", "hardship grant"),
    "missed_award": ("补记漏发积分", "an award that was missed"),
    "goodwill": ("关怀发放", "goodwill"),
    "error": ("更正错误", "an error was corrected"),
    "corrected": ("更正：原记录有误，以更正后的记录为准", "corrected: the record was wrong"),
    "misrecorded": ("录入有误", "it was taken down wrongly"),
    "misreported": ("申报有误", "it was reported wrongly"),
    "falsified": ("申报不实", "a claim was false"),
    "upheld": ("异议成立", "an objection was upheld"),
    "donation": ("捐入帮扶基金", "given to the hardship fund"),
    "donated_in_error": ("误捐退回", "donated in error, given back"),
    "donor_in_need": ("捐赠人有困难，退回", "the donor is in need, given back"),
    "stamp_card": ("集章奖励", "a full stamp card"),
}
VOUCHER_STATE: dict[str, Pair] = {
    "issued": ("可使用", "can be used"),
    "captured": ("已使用", "used"),
    "expired": ("已过期", "expired"),
}
FLAG: dict[str, Pair] = {
    "late": ("逾期申报", "filed late"),
    "backfill": ("补录", "backfilled"),
    "batch": ("批量表格", "from a sheet"),
    "over_quota": ("超出补录限额", "beyond the backfill quota"),
    "no_rules": ("当时无规则", "no rules at the time"),
    "rule_failed": ("规则出错", "a rule failed"),
    "closed_year": ("该年度已结算", "its year is closed"),
    "no_award": ("按规则不计分", "scores nothing"),
}
LEVEL: dict[str, Pair] = {
    "industry": ("行业", "industry"),
    "association": ("协会", "association"),
    "provider": ("服务机构", "provider"),
    "branch": ("支部", "branch"),
    "grid": ("网格", "grid"),
}
LOOK_REASON: dict[str, Pair] = {
    "contact": ("联系本人", "to reach the person"),
    "identity_check": ("核对身份", "to check who it is"),
    "review": ("审核申报", "to review a claim"),
    "objection": ("处理异议", "to answer an objection"),
    "correction": ("更正资料", "to correct data"),
    "audit": ("审计", "audit"),
    "legal": ("法定要求", "the law asks for it"),
    "access": ("本人查阅", "the person asked"),
}
LOOK_FIELD: dict[str, Pair] = {
    "name": ("姓名", "name"),
    "phone": ("手机号", "telephone"),
    "identity_number": ("身份证号", "identity number"),
    "evidence": ("申报材料", "evidence of claims"),
}
PURPOSE: dict[str, Pair] = {
    "party": ("党员积分", "party-member points"),
    "health": ("司机健康积分", "driver-health points"),
    "leaderboard": ("上榜展示", "being on leaderboards"),
    "location": ("位置与签到", "location and check-in"),
    "contact": ("联系通知", "being contacted"),
}
PROPOSAL_KIND: dict[str, Pair] = {
    "grant": ("人工发放", "grant by hand"),
    "reverse": ("冲销", "reversal"),
    "correct": ("更正活动", "correction of an activity"),
    "return": ("退回捐赠", "a donation to be given back"),
}
PROPOSAL_STATE: dict[str, Pair] = {
    "proposed": ("待审批", "awaits a decision"),
    "approved": ("已批准", "approved"),
    "rejected": ("未批准", "rejected"),
    "withdrawn": ("已撤回", "withdrawn"),
    "expired": ("已逾期", "expired"),
}
GROUND: dict[str, Pair] = {
    "request": ("本人申请", "the person asked"),
    "retention": ("保存期限届满", "the time of keeping is over"),
    "court": ("法院或主管部门要求", "a court or an authority asked"),
    "enrolled_by_mistake": ("误登记", "enrolled by mistake"),
}
ACCOUNT_CHANGE: dict[str, Pair] = {
    "added": ("新增", "added"),
    "disabled": ("停用", "disabled"),
    "enabled": ("启用", "enabled"),
    "granted": ("授予角色", "role granted"),
    "revoked": ("撤销角色", "role revoked"),
    "linked": ("关联会员", "linked to a member"),
    "reset": ("重置", "reset"),
    "borrowed": ("紧急授权", "role borrowed"),
}
NOTICE: dict[str, Pair] = {
    "glass_broken": ("有人使用了紧急授权", "somebody broke the glass"),
    "new_device": ("您的账号在新设备上登录", "your account logged in on a new device"),
    "account_added": ("有新账号", "an account was added"),
    "roles_changed": ("账号的角色已变更", "an account's roles were changed"),
    "person_linked": ("账号关联的会员已变更", "an account's member was changed"),
    "sign_on_linked": ("账号的单点登录关联已变更", "an account's single sign-on was changed"),
    "key_issued": ("签发了接口密钥", "a machine's key was issued"),
    "webhook_failed": ("消息推送多次失败", "messages to an address failed"),
    "pool_low": ("经费池将用完", "a pool runs low"),
    "account_reset": ("账号已被重置", "an account was reset"),
    "account_disabled": ("账号已被停用", "an account was disabled"),
    "account_enabled": ("账号已恢复启用", "an account was enabled again"),
    "password_changed": ("密码已更换", "the password was changed"),
    "second_factor_changed": ("第二因素已更换", "the second factor was changed"),
}
WEBHOOK_STANDING: dict[str, Pair] = {
    "enabled": ("启用", "enabled"),
    "disabled": ("已暂停", "stopped"),
    "ended": ("已停用", "ended"),
}
WEBHOOK_STATE: dict[str, Pair] = {
    "pending": ("待投递", "to be sent"),
    "delivered": ("已送达", "delivered"),
    "failed": ("失败", "failed"),
}
WEBHOOK_KIND: dict[str, Pair] = {
    "voucher.issued": ("发券", "voucher issued"),
    "voucher.captured": ("核销", "voucher captured"),
    "voucher.voided": ("撤销核销", "capture voided"),
    "voucher.expired": ("券到期", "voucher expired"),
    "voucher.reassigned": ("券已转交", "voucher passed on"),
    "statement.drawn_up": ("对账单生成", "statement drawn up"),
    "statement.disputed": ("对账单有异议", "a line disputed"),
    "statement.accepted": ("异议已接受", "a dispute accepted"),
    "statement.rejected": ("异议被驳回", "a dispute rejected"),
    "statement.confirmed": ("商户已确认", "confirmed by the partner"),
    "statement.countersigned": ("协会已复核", "countersigned"),
    "statement.paid": ("已付款", "paid"),
    "settlement.adjusted": ("结算调整", "settlement adjusted"),
    "catalogue.published": ("目录更新", "catalogue published"),
    "pool.low": ("经费池将用完", "a pool runs low"),
    "webhook.test": ("测试", "test"),
}
OUTCOME: dict[str, Pair] = {"done": ("成功", "done"), "refused": ("被拒绝", "refused")}
CHANNEL: dict[str, Pair] = {
    "api": ("接口", "API"),
    "web": ("网页", "pages"),
    "cli": ("命令行", "command line"),
    "worker": ("后台任务", "worker"),
    "system": ("系统", "system"),
}
ROLE: dict[str, Pair] = {role.value: pair for role, pair in TITLES.items()}
REWARD_KIND: dict[str, Pair] = {
    "item": ("实物或服务", "an item or a service"),
    "amount": ("代金券", "an amount"),
    "count": ("次券", "a number of uses"),
}
WINDOW: dict[str, Pair] = {
    "day": ("每日", "a day"),
    "week": ("每周", "a week"),
    "month": ("每月", "a month"),
    "quarter": ("每季度", "a quarter"),
    "year": ("每年", "a year"),
    "lifetime": ("终身", "ever"),
}
DRAFT_STATE: dict[str, Pair] = {
    "draft": ("起草中", "being written"),
    "submitted": ("待审批", "awaits a decision"),
    "approved": ("已批准", "approved"),
    "rejected": ("已退回", "rejected"),
    "withdrawn": ("已撤回", "withdrawn"),
}
DRAFT_STEP: dict[str, Pair] = {
    "saved": ("保存", "saved"),
    "submitted": ("提交审批", "submitted"),
    "approved": ("批准并发布", "approved and published"),
    "rejected": ("退回", "rejected"),
    "withdrawn": ("撤回", "withdrawn"),
}
RULE_PHASE: dict[str, Pair] = {
    "scheduled": ("待生效", "scheduled"),
    "in_force": ("生效中", "in force"),
    "retired": ("已停用", "retired"),
}
CORRECTION_KIND: dict[str, Pair] = {
    "replace": ("规则追溯生效", "rules that reach back"),
    "undo": ("撤销更正", "a correction taken back"),
    "catch_up": ("补正", "catching up"),
}
CORRECTION_STATE: dict[str, Pair] = {
    "proposed": ("待审批", "awaits a decision"),
    "approved": ("已批准，入账中", "approved, being posted"),
    "rejected": ("已退回", "rejected"),
    "withdrawn": ("已撤回", "withdrawn"),
    "done": ("已入账", "posted"),
    "expired": ("已逾期", "expired"),
}
DIRECTION: dict[str, Pair] = {
    "tighten": ("收紧", "tighter"),
    "loosen": ("放宽", "looser"),
    "neutral": ("不影响得分", "no points change"),
    "undecided": ("须自行判断", "judge for yourself"),
}
SEVERITY: dict[str, Pair] = {
    "error": ("错误", "error"),
    "warning": ("提醒", "warning"),
    "info": ("提示", "remark"),
}

SOURCE: dict[str, Pair] = {
    "union": ("工会", "union"),
    "unit": ("党组织", "party unit"),
    "donor": ("捐赠", "donor"),
    "association": ("协会", "association"),
}
POOL_KIND: dict[str, Pair] = {
    "fund": ("入池", "put in"),
    "back": ("退回", "given back"),
    "reserve": ("承诺", "promised"),
    "spend": ("核销", "spent"),
    "unspend": ("撤销核销", "capture voided"),
    "release": ("释放", "freed"),
    "correct": ("对账更正", "corrected"),
}
RETURN_STATE: dict[str, Pair] = {
    "proposed": ("待审批", "waiting"),
    "approved": ("已批准", "approved"),
    "rejected": ("已退回", "rejected"),
    "withdrawn": ("已撤回", "withdrawn"),
    "expired": ("已过期", "expired"),
}
EXPIRY_SPAN: dict[str, Pair] = {
    "later": ("更晚", "later"),
    "never": ("长期有效", "never"),
    "earlier": ("更早", "earlier"),
}

ALERT_KIND: dict[str, Pair] = {
    "busy": ("门店核销异常多", "an outlet busier than usual"),
    "busy_hour": ("一小时核销过多", "too many captures in an hour"),
    "one_outlet": ("会员几乎只在一家门店", "a member at one outlet only"),
    "few_members": ("门店集中于少数会员", "an outlet of few members"),
    "one_pair": ("同一操作员与会员反复核销", "one operator and one member"),
    "operator_voids": ("操作员撤销比例高", "an operator who voids much"),
    "outlet_voids": ("门店撤销比例高", "an outlet that voids much"),
    "loop": ("同一张券反复核销与撤销", "one voucher captured and voided again"),
    "outside_hours": ("营业时间以外核销", "captures while closed"),
    "far_apart": ("短时间内相距过远", "too far apart for the time between"),
    "shared_phone": ("一部手机登录多名会员", "one phone of many members"),
    "moving_till": ("一台终端出现在多家门店", "one till in several outlets"),
    "to_the_cap": ("金额券总是一次用满", "always to the last fen"),
    "after_issue": ("发放后立即核销", "captures right after the issue"),
    "guesses": ("多次试错券码", "many codes that do not exist"),
}
ALERT_NOUN: dict[str, Pair] = {
    "outlet": ("门店", "outlet"),
    "partner": ("合作单位", "partner"),
    "operator": ("操作员", "operator"),
    "member": ("会员", "member"),
    "till": ("设备", "till"),
    "voucher": ("兑换券", "voucher"),
    "phone": ("手机", "phone"),
}
ALERT_STATE: dict[str, Pair] = {
    "open": ("待核查", "open"),
    "looked_at": ("核查中", "looked at"),
    "explained": ("有合理解释", "explained"),
    "confirmed": ("情况属实", "confirmed"),
}
ALERT_FIGURE: dict[str, Pair] = {
    "captures": ("核销", "captures"),
    "median": ("平日中位", "usual day"),
    "days": ("已知天数", "days known"),
    "hour": ("时", "hour"),
    "of": ("总数", "of"),
    "members": ("会员数", "members"),
    "voids": ("撤销", "voids"),
    "km": ("公里", "km"),
    "minutes": ("分钟", "minutes"),
    "outlets": ("门店数", "outlets"),
    "moves": ("换店次数", "moves"),
    "attempts": ("试错次数", "attempts"),
}
ALERT_BOUND: dict[str, Pair] = {
    **ALERT_FIGURE,
    "captures_max": ("核销上限", "captures at most"),
    "times_median": ("中位倍数", "times the usual day"),
    "at_least": ("至少", "at least"),
    "days_known": ("至少已知天数", "days known at least"),
    "percent": ("百分比", "percent"),
    "km_an_hour": ("每小时公里", "km an hour"),
}

TRADE: dict[str, Pair] = {"captured": ("核销", "capture"), "voided": ("撤销", "void")}

VOUCHER_EVENT: dict[str, Pair] = {
    "authorised": ("验券", "looked at in a shop"),
    "captured": ("核销", "used"),
    "released": ("放弃验券", "given up in the shop"),
    "voided": ("撤销核销", "use taken back"),
    "expired": ("到期", "expired"),
    "reissued": ("换码", "code replaced"),
    "reassigned": ("改换持有人", "passed on"),
}
HANDOUT_STATE: dict[str, Pair] = {
    "proposed": ("待审批", "awaits a decision"),
    "approved": ("发放中", "being issued"),
    "rejected": ("已驳回", "rejected"),
    "withdrawn": ("已撤回", "withdrawn"),
    "done": ("已完成", "done"),
    "expired": ("已过期", "out of time"),
}
HANDOUT_MODE: dict[str, Pair] = {
    "phone": ("手机：会员在手机上出示", "on the phone"),
    "paper": ("纸质：打印券码后发放", "on paper: codes are printed"),
}
REFUSED_FOR: dict[str, Pair] = {
    "gate_closed": ("缺少凭证", "a proof is missing"),
    "limit_reached": ("已达限领数量", "has as many as allowed"),
    "member_frozen": ("已冻结", "frozen"),
    "not_eligible": ("不符合条件", "not eligible"),
    "not_enrolled": ("未参加该项目", "not in the programme"),
    "not_in_tier": ("星级不符", "in another tier"),
    "out_of_stock": ("名额已发完", "none are left"),
    "outlet_unknown": ("没有该门店", "no such outlet"),
    "reward_unavailable": ("商品已下架或涨价", "no longer to be had, or dearer"),
}
GROUPS: dict[str, dict[str, Pair]] = {
    "webhook_standing": WEBHOOK_STANDING,
    "webhook_state": WEBHOOK_STATE,
    "webhook_kind": WEBHOOK_KIND,
    "claim_state": CLAIM_STATE,
    "step": STEP,
    "rule_outcome": RULE_OUTCOME,
    "basis": BASIS,
    "member_kind": MEMBER_KIND,
    "duty": DUTY,
    "programme": PROGRAMME,
    "measure": MEASURE,
    "line_kind": LINE_KIND,
    "hardship_kind": HARDSHIP_KIND,
    "hardship_source": HARDSHIP_SOURCE,
    "point_state": POINT_STATE,
    "line_reason": LINE_REASON,
    "voucher_state": VOUCHER_STATE,
    "voucher_event": VOUCHER_EVENT,
    "handout_state": HANDOUT_STATE,
    "handout_mode": HANDOUT_MODE,
    "refused_for": REFUSED_FOR,
    "flag": FLAG,
    "level": LEVEL,
    "look_reason": LOOK_REASON,
    "look_field": LOOK_FIELD,
    "purpose": PURPOSE,
    "proposal_kind": PROPOSAL_KIND,
    "proposal_state": PROPOSAL_STATE,
    "ground": GROUND,
    "account_change": ACCOUNT_CHANGE,
    "notice": NOTICE,
    "outcome": OUTCOME,
    "channel": CHANNEL,
    "role": ROLE,
    "reward_kind": REWARD_KIND,
    "window": WINDOW,
    "draft_state": DRAFT_STATE,
    "draft_step": DRAFT_STEP,
    "rule_phase": RULE_PHASE,
    "correction_kind": CORRECTION_KIND,
    "correction_state": CORRECTION_STATE,
    "direction": DIRECTION,
    "severity": SEVERITY,
    "offline_reason": OFFLINE_REASON,
    "offline_bearer": OFFLINE_BEARER,
    "offline_decision": OFFLINE_DECISION,
    "statement_line": settlement.STATEMENT_LINE,
    "statement_reference": settlement.STATEMENT_REFERENCE,
    "statement_state": settlement.STATEMENT_STATE,
    "statement_step": settlement.STATEMENT_STEP,
    "statement_side": settlement.STATEMENT_SIDE,
    "dispute_state": settlement.DISPUTE_STATE,
    "dispute_reason": settlement.DISPUTE_REASON,
    "adjustment_reason": settlement.ADJUSTMENT_REASON,
    "cycle": settlement.CYCLE,
    "rounding": settlement.ROUNDING,
    "partner_category": settlement.PARTNER_CATEGORY,
    "opening_day": tills.OPENING_DAY,
    "outside_hours": tills.OUTSIDE_HOURS,
    "source": SOURCE,
    "pool_kind": POOL_KIND,
    "return_state": RETURN_STATE,
    "expiry_span": EXPIRY_SPAN,
    "alert_kind": ALERT_KIND,
    "alert_noun": ALERT_NOUN,
    "alert_state": ALERT_STATE,
    "alert_figure": ALERT_FIGURE,
    "alert_bound": ALERT_BOUND,
    "trade": TRADE,
}
"""By what the codes are of."""
