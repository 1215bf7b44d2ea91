"""What units and the words of fields are called, for people; unknown ones stay as they are."""

from collections.abc import Mapping

from points.rules.texts import Title
from points.rules.titles import UNITS

_HOURS = Title("小时", "hours")
"""A sentence has room for the whole word."""
VALUES: Mapping[str, Title] = {
    "courier": Title("快递员", "courier"),
    "rider": Title("外卖骑手", "delivery rider"),
    "truck_driver": Title("货车司机", "truck driver"),
    "ride_hailing_driver": Title("网约车司机", "ride-hailing driver"),
    "taxi_driver": Title("出租车司机", "taxi driver"),
    "grid_agent": Title("网格员", "grid agent"),
    "policy_speaker": Title("政策宣讲员", "policy speaker"),
    "opinion_courier": Title("民意信使", "opinion courier"),
    "food_safety_supervisor": Title("食品安全监督员", "food safety supervisor"),
    "pioneer": Title("先锋模范", "pioneer"),
    "members_meeting": Title("支部党员大会", "members' meeting"),
    "committee_meeting": Title("支委会", "committee meeting"),
    "group_meeting": Title("党小组会", "group meeting"),
    "party_class": Title("党课", "party class"),
    "road_safety": Title("道路安全", "road safety"),
    "regulation": Title("法规", "regulations"),
    "party_training": Title("党务培训", "party training"),
    "health_lecture": Title("健康讲座", "health lecture"),
    "first_aid": Title("急救培训", "first aid"),
    "online": Title("线上", "online"),
    "offline": Title("线下", "on site"),
    "breakdown": Title("抛锚", "breakdown"),
    "accident": Title("事故", "accident"),
    "stranded": Title("被困", "stranded"),
    "medical": Title("急病", "medical"),
    "other": Title("其他", "other"),
    "hazard": Title("隐患", "hazard"),
    "incident": Title("突发事件", "incident"),
    "opinion": Title("社情民意", "opinion"),
    "hygiene": Title("卫生", "hygiene"),
    "expired": Title("过期", "expired"),
    "packaging": Title("包装", "packaging"),
    "unlicensed": Title("无证", "unlicensed"),
    "bravery": Title("见义勇为", "bravery"),
    "lost_property": Title("拾金不昧", "lost property returned"),
    "province": Title("省级", "province"),
    "city": Title("市级", "city"),
    "county": Title("县区级", "county"),
    "blood_pressure": Title("测血压", "blood pressure check"),
    "blood_glucose": Title("测血糖", "blood glucose check"),
    "basic_check": Title("基础检查", "basic check"),
    "specialist": Title("专家门诊", "specialist"),
    "tuina": Title("推拿", "tuina"),
    "acupuncture": Title("针灸", "acupuncture"),
    "ear_seeds": Title("耳穴压豆", "ear seeds"),
    "ct": Title("CT 检查", "CT scan"),
    "registration": Title("挂号", "registration"),
    "signed": Title("新签约", "signed"),
    "renewed": Title("续约", "renewed"),
    "quit_smoking": Title("戒烟", "giving up smoking"),
    "weight": Title("体重管理", "weight"),
}


def unit_of(code: str) -> Title:
    """Return a unit as people say it."""
    return _HOURS if code == "h" else UNITS.get(code, Title(code, code))


def value_of(code: str) -> Title:
    """Return a word of a field as people say it."""
    return VALUES.get(code, Title(code, code))
