"""JSON Schemas of the authored files, for editors: keys, words and shapes, but not expressions.

They are built from the same constants that the loaders read by, so the two cannot drift apart.
"""

from collections.abc import Collection, Mapping
from typing import Any

from points.rules import (
    cases,
    load,
    load_benefits,
    load_budget,
    load_duties,
    load_effects,
    load_limits,
    load_offline,
    load_rule,
    load_table,
    load_types,
    load_vouchers,
    load_watch,
)
from points.rules.activity_types import KINDS
from points.rules.benefits import SOURCES
from points.rules.days import DAY_KINDS
from points.rules.duties import OVER
from points.rules.lint import allowances, cost
from points.rules.model import EFFECTS
from points.rules.offline import HOURS_MOST
from points.rules.outcome import ERROR_TEXTS, REASONS
from points.rules.review import LEVELS
from points.rules.scope import MEMBER_FIELDS
from points.rules.vouchers import KINDS as VOUCHER_KINDS
from points.rules.vouchers import WHO, VoucherPolicy
from points.rules.watch import SIGNS
from points.rules.windows import WINDOWS

Schema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer", "minimum": 0}
_BOOLEAN: Schema = {"type": "boolean"}
_EXPRESSION: Schema = {"type": ["string", "number", "boolean"], "description": "an expression"}
_NUMBER: Schema = {"type": ["number", "string"]}
_DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_DURATION: Schema = {"type": "string", "pattern": r"^P[0-9YMWDTH]+$"}
_ANY: Schema = {}


def schemas() -> dict[str, Schema]:
    """Return the schemas by the name of their file below ``rules/schema/``."""
    return {
        "ruleset.v1.json": _whole("Rule set", _ruleset()),
        "activities.v1.json": _whole("Activity types", _activities()),
        "cases.v1.json": _whole("Rule cases", _cases()),
        "benefits.v1.json": _whole("Benefits", _benefits()),
        "duties.v1.json": _whole("Separation of duties", _duties()),
        "vouchers.v1.json": _whole("Vouchers", _vouchers()),
        "offline.v1.json": _whole("Offline tokens", _offline()),
        "watch.v1.json": _whole("Fraud watch", _watch()),
        "budget.v1.json": _whole("Budget", _pools()),
    }


def _whole(title: str, schema: Schema) -> Schema:
    return {"$schema": _DRAFT, "title": title, **schema}


def _object(
    keys: Collection[str], shapes: Mapping[str, Schema], required: Collection[str] = ()
) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {key: shapes.get(key, _ANY) for key in keys},
    }


def _word(words: Collection[str]) -> Schema:
    return {"type": "string", "enum": list(words)}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _named(item: Schema) -> Schema:
    return {"type": "object", "additionalProperties": item}


def _title() -> Schema:
    return {"anyOf": [_TEXT, _object(("zh", "en"), {"zh": _TEXT, "en": _TEXT}, ("zh", "en"))]}


def _ruleset() -> Schema:
    measures = _object(load.MEASURES, dict.fromkeys(load.MEASURES, _WHOLE))
    star = _object(("at_least", "stars"), {"at_least": _WHOLE, "stars": _WHOLE})
    effective = _object(("from", "until"), {"from": _DAY, "until": _DAY}, ("from", "until"))
    shapes: dict[str, Schema] = {
        "ruleset": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        "version": {"type": "integer", "minimum": 1},
        "effective": effective,
        "timezone": _TEXT,
        "title": _title(),
        "measures": _list(_word(load.MEASURES)),
        "base": measures,
        "stars": _list(star),
        "let": _named(_EXPRESSION),
        "caps": _named(_cap()),
        "groups": _named(_group()),
        "multipliers": _list(_multiplier()),
        "stacking": _word(load.STACKING),
        "rules": _list(_rule()),
        "note": _ANY,
        "lint": _allowance(),
        "budget": _budget(),
    }
    return _object(load.RULESET_KEYS, shapes, load.REQUIRED)


def _allowance() -> Schema:
    return _object(allowances.KEYS, {"allow": _list(_TEXT), "why": _TEXT}, allowances.KEYS)


def _budget() -> Schema:
    shapes: dict[str, Schema] = {
        **dict.fromkeys(("fen", "members", "fen_per_point"), _WHOLE),
        "activities": _named(_WHOLE),
    }
    return _object(cost.KEYS, shapes, ("fen", "members"))


def _window() -> dict[str, Schema]:
    years = {"type": "integer", "minimum": 1, "maximum": load_limits.YEARS_MAX}
    return {"window": _word(WINDOWS), "years": years, "per": _TEXT, "title": _title()}


def _cap() -> Schema:
    shapes = {
        **_window(),
        "max": {"type": "integer", "minimum": 1},
        "unit": _word(load_limits.UNITS),
        "mode": _word(load_limits.CAP_MODES),
        "within": _TEXT,
        "for": _word(load_limits.SCOPES),
        "lint": _allowance(),
    }
    return _object(load_limits.CAP_KEYS, shapes, ("window", "max"))


def _group() -> Schema:
    shapes = {**_window(), "mode": _word(load_limits.GROUP_MODES), "lint": _allowance()}
    return _object(load_limits.GROUP_KEYS, shapes, ("mode",))


def _multiplier() -> Schema:
    shapes = {"id": _TEXT, "when": _EXPRESSION, "times": _NUMBER, "title": _title()}
    shapes["lint"] = _allowance()
    return _object(load_limits.MULTIPLIER_KEYS, shapes, ("id", "when", "times"))


def _rule() -> Schema:
    rounding = _object(
        load_limits.ROUND_KEYS,
        {"mode": _word(load_limits.ROUND_MODES), "step": {"type": "integer", "minimum": 1}},
    )
    each = _object(load.MEASURES, dict.fromkeys(load.MEASURES, _EXPRESSION))
    expiry = {"anyOf": [_word(load_limits.EXPIRIES), _DURATION]}
    lasting = _object(load.MEASURES, dict.fromkeys(load.MEASURES, expiry))
    shapes: dict[str, Schema] = {
        **dict.fromkeys(("id", "category", "on", "group"), _TEXT),
        **dict.fromkeys(("audience", "when"), _EXPRESSION),
        **dict.fromkeys(("multipliers", "caps", "sources"), _list(_TEXT)),
        **dict.fromkeys(("late_after", "cooldown"), _DURATION),
        "title": _title(),
        "points": {"anyOf": [_EXPRESSION, each]},
        "table": _table(),
        "measures": _list(_word(load.MEASURES)),
        "round": {"anyOf": [_word(load_limits.ROUND_MODES), rounding]},
        "review": _review(),
        "evidence": _list(_word(load_rule.EVIDENCE)),
        "expires": {"anyOf": [expiry, lasting]},
        "schedule": _schedule(),
        "bands": _bands(),
        "effect": _effect(),
        "to": {"type": "string", "pattern": r"^event\."},
        "once": {"anyOf": [_word(WINDOWS), _once()]},
        "lint": _allowance(),
    }
    return _object(load_rule.RULE_KEYS, shapes, ("id", "title", "on"))


def _bands() -> Schema:
    band = _object(
        load_effects.BAND_KEYS, dict.fromkeys(load_effects.BAND_KEYS, _NUMBER), ("each",)
    )
    most = {**_list(band), "minItems": 1, "maxItems": load_effects.BANDS_MAX}
    return _object(
        load_effects.BANDS_KEYS, {"of": _EXPRESSION, "steps": most}, load_effects.BANDS_KEYS
    )


def _effect() -> Schema:
    shapes: dict[str, Schema] = {"veto": {"const": "rating"}, "freeze": {"const": True}}
    return {**_object(load_effects.EFFECT_KEYS, shapes), "minProperties": 1, "maxProperties": 1}


def _once() -> Schema:
    return _object(load_effects.ONCE_KEYS, _window(), ("window",))


def _table() -> Schema:
    shapes = {
        "hit": _word(load_table.HITS),
        "columns": _list(_EXPRESSION),
        "rows": _list({"type": "array", "minItems": 2}),
    }
    return _object(load_table.TABLE_KEYS, shapes, load_table.TABLE_KEYS)


def _review() -> Schema:
    shapes = {
        "first": _word(load_limits.REVIEWERS),
        "second_above": _WHOLE,
        "publicity": _DURATION,
        "trusted": _list(_TEXT),
    }
    return _object(load_limits.REVIEW_KEYS, shapes, ("first",))


def _schedule() -> Schema:
    shapes = {
        "weekdays": _list(_word(load_limits.WEEKDAYS)),
        "days": _list(_word(DAY_KINDS)),
        **dict.fromkeys(("from", "until"), _TEXT),
        **dict.fromkeys(("only", "never"), _list(_DAY)),
    }
    return _object(load_limits.SCHEDULE_KEYS, shapes)


def _activities() -> Schema:
    field = _object(
        load_types.FIELD_KEYS,
        {
            "type": _word(KINDS),
            "title": _title(),
            "required": _BOOLEAN,
            "values": _list(_TEXT),
            "labels": _named(_title()),
            **dict.fromkeys(("min", "max"), _NUMBER),
            "max_length": _WHOLE,
            "personal": _BOOLEAN,
            "unit": _TEXT,
        },
        ("type", "title"),
    )
    kind = _object(
        load_types.TYPE_KEYS,
        {
            "title": _title(),
            "programmes": _list(_word(load_types.PROGRAMMES)),
            "privacy": _word(load_types.PRIVACY),
            "duration_max_hours": _NUMBER,
            "overlap": _word(load_types.OVERLAP),
            "fields": _named(field),
        },
        ("title", "programmes"),
    )
    return _object(("version", "types"), {"version": _WHOLE, "types": _named(kind)}, ("types",))


def _cases() -> Schema:
    member = _object(tuple(MEMBER_FIELDS), {})
    known: dict[str, Schema] = {
        **dict.fromkeys(("at", "type", "received", "source"), _TEXT),
        "fields": {"type": "object"},
        "member": member,
        "repeat": {"type": "integer", "minimum": 1, "maximum": cases.REPEAT_MAX},
        **dict.fromkeys(("who", "number"), _TEXT),
        "day": _word(DAY_KINDS),
        "proved": _BOOLEAN,
    }
    activity = _object(cases.ACTIVITY_KEYS, known, ("at", "type"))
    earlier = _object(cases.HISTORY_KEYS, known, ("at", "type"))
    expect = _expectation()
    step = _object(cases.STEP_KEYS, {"event": activity, "expect": expect}, ("event", "expect"))
    test = _object(
        cases.TEST_KEYS,
        {
            "name": _TEXT,
            "member": member,
            "history": _list(earlier),
            "event": activity,
            "expect": expect,
            "then": _list(step),
        },
        ("name", "event", "expect"),
    )
    versions = {"anyOf": [_TEXT, _list(_TEXT)]}
    shapes = {"ruleset": versions, "member": member, "tests": _list(test)}
    return _object(cases.FILE_KEYS, shapes, ("ruleset", "tests"))


def _expectation() -> Schema:
    measures = _object(load.MEASURES, dict.fromkeys(load.MEASURES, _WHOLE))
    points = _named({"anyOf": [_WHOLE, measures]})
    put_off = _object(cases.DEFERRED_KEYS, {"points": _WHOLE, "until": _DAY}, cases.DEFERRED_KEYS)
    return _object(
        cases.EXPECT_KEYS,
        {
            "awards": points,
            "capped": _list(_TEXT),
            "refused": _named(_word(REASONS)),
            "forgone": points,
            "resumed": points,
            "effects": _named(_word(EFFECTS)),
            "deferred": _named(_object(load.MEASURES, dict.fromkeys(load.MEASURES, put_off))),
            "review": _word(LEVELS),
            "late": _BOOLEAN,
            "error": _word(tuple(ERROR_TEXTS)),
            "expires": _object(load.MEASURES, dict.fromkeys(load.MEASURES, _DAY)),
            "programme": _TEXT,
            "version": {"type": "integer", "minimum": 1},
        },
    )


def _duties() -> Schema:
    most: Schema = {"type": "integer", "minimum": 1}
    quota = _object(load_duties.QUOTA_KEYS, {"max": most, "over": _word(OVER)}, ("max",))
    clock: Schema = {"type": "string", "pattern": r"^\d{2}:\d{2}$"}
    days = {**most, "maximum": load_duties.PROPOSAL_DAYS_MAX}
    shapes: dict[str, Schema] = {
        "version": {"type": "integer", "const": 1},
        "timezone": _TEXT,
        "proposals": _object(load_duties.PROPOSAL_KEYS, {"points_max": most, "days": days}),
        "reviewer": _object(
            load_duties.REVIEWER_KEYS,
            dict.fromkeys(("points_a_day", "claims_a_day", "backfills_a_day"), most),
        ),
        "filer": _object(load_duties.FILER_KEYS, {"backfills_a_day": quota}),
        "sheet": _object(load_duties.SHEET_KEYS, {"rows_a_day": quota}),
        "office_hours": _object(load_duties.HOURS_KEYS, dict.fromkeys(("from", "until"), clock)),
    }
    return _object(load_duties.DUTIES_KEYS, shapes, load_duties.DUTIES_REQUIRED)


def _vouchers() -> Schema:
    count: Schema = {"type": "integer", "minimum": 0, "maximum": load_vouchers.ISSUES_MAX}
    days: Schema = {"type": "integer", "minimum": 0, "maximum": load_vouchers.DAYS_MAX}
    most: Schema = {"type": "integer", "minimum": 1, "maximum": VoucherPolicy.BULK_MOST}
    rule = _object(
        load_vouchers.RULE_KEYS,
        {
            "rewards": _list(_TEXT),
            "kinds": _list(_word(VOUCHER_KINDS)),
            "by": _list(_word(WHO)),
            "most": {**count, "minimum": 1},
            "days_left_min": days,
        },
        load_vouchers.RULE_REQUIRED,
    )
    shapes: dict[str, Schema] = {
        "version": {"type": "integer", "const": 1},
        "reissue": _object(
            load_vouchers.REISSUE_KEYS, dict.fromkeys(("by_member_max", "by_staff_max"), count)
        ),
        "reminders": _list(days),
        "reassign": _object(
            load_vouchers.REASSIGN_KEYS,
            {
                "offer_days": {**days, "minimum": 1},
                "received_a_month_max": count,
                "rules": _list(rule),
            },
        ),
        "bulk": _object(load_vouchers.BULK_KEYS, {"members_max": most}),
    }
    return _object(load_vouchers.VOUCHERS_KEYS, shapes, load_vouchers.VOUCHERS_REQUIRED)


def _offline() -> Schema:
    most: Schema = {"type": "integer", "minimum": 1}
    number = {**most, "maximum": load_offline.KEY_NO_MAX}
    token = {
        "value_fen_max": most,
        "hours_max": {**most, "maximum": HOURS_MOST},
        "upload_hours": {**most, "maximum": load_offline.UPLOAD_HOURS_MAX},
    }
    limits = {
        "per_voucher": most,
        "per_till_a_day": {**most, "maximum": load_offline.PER_TILL_MAX},
    }
    shapes: dict[str, Schema] = {
        "version": {"type": "integer", "const": 1},
        "enabled": _BOOLEAN,
        "outlets": _list(_TEXT),
        "token": _object(load_offline.TOKEN_KEYS, token),
        "limits": _object(load_offline.LIMIT_KEYS, limits),
        "keys": _object(load_offline.SIGNING_KEYS, {"signing": number, "revoked": _list(number)}),
    }
    return _object(load_offline.OFFLINE_KEYS, shapes, load_offline.OFFLINE_REQUIRED)


def _pools() -> Schema:
    days = {"type": "integer", "minimum": 1, "maximum": load_budget.WARN_DAYS_MAX}
    pool = _object(load_budget.POOL_KEYS, {"reserve_fen": _WHOLE, "warn_days": days})
    shapes: dict[str, Schema] = {
        "version": {"type": "integer", "const": 1},
        "pools": _object(load_types.PROGRAMMES, dict.fromkeys(load_types.PROGRAMMES, pool)),
    }
    return _object(load_budget.BUDGET_KEYS, shapes, load_budget.BUDGET_REQUIRED)


def _benefits() -> Schema:
    some: Schema = {"type": "integer", "minimum": 1}
    donation = _object(
        load_benefits.DONATION_KEYS,
        {**dict.fromkeys(("least", "most", "per_month"), some), "named": _BOOLEAN},
        load_benefits.DONATION_REQUIRED,
    )
    hardship = _object(
        load_benefits.HARDSHIP_KEYS,
        {"source": _word(SOURCES), "per_member_month": some, "expires": _DURATION},
        load_benefits.HARDSHIP_REQUIRED,
    )
    programme = _object(load_benefits.PROGRAMME_KEYS, {"donation": donation, "hardship": hardship})
    gift = _object(load_benefits.GIFT_KEYS, {"reward": _TEXT, "points": some, "expires": _DURATION})
    card: dict[str, Schema] = {
        "code": {"type": "string", "pattern": f"^{load_benefits.CODE.pattern}$"},
        "programme": _word(load_benefits.PROGRAMMES),
        "on": {"type": "array", "items": _TEXT, "minItems": 1},
        "when": _EXPRESSION,
        "per_day": {**some, "maximum": load_benefits.PER_DAY_MAX},
        "stamps": {**some, "maximum": load_benefits.STAMPS_MAX},
        "valid_for": _DURATION,
        "since": _DAY,
        "gives": gift,
    }
    cards = _object(load_benefits.CARD_KEYS, card, load_benefits.CARD_REQUIRED)
    programmes = dict.fromkeys(load_benefits.PROGRAMMES, programme)
    shapes: dict[str, Schema] = {
        "version": {"type": "integer", "const": 1},
        "timezone": _TEXT,
        "programmes": _object(load_benefits.PROGRAMMES, programmes),
        "stamp_cards": {"type": "array", "items": cards},
    }
    return _object(load_benefits.KEYS, shapes, load_benefits.REQUIRED)


def _watch() -> Schema:
    signs = {
        name: _object(
            (*bounds, load_watch.OFF, "note"),
            {
                load_watch.OFF: _BOOLEAN,
                **{
                    key: {"type": "integer", "minimum": each.least, "maximum": each.most}
                    for key, each in bounds.items()
                },
            },
        )
        for name, bounds in SIGNS.items()
    }
    days = {"type": "integer", "minimum": 7, "maximum": load_watch.WINDOW_DAYS_MAX}
    shapes: dict[str, Schema] = {
        "version": {"type": "integer", "const": 1},
        "timezone": _TEXT,
        "window_days": days,
        "signs": _object(tuple(SIGNS), signs),
    }
    return _object(load_watch.WATCH_KEYS, shapes, load_watch.WATCH_REQUIRED)
