"""Kinds of day, by an association's working calendar."""

WORKDAY, WEEKEND, HOLIDAY = "workday", "weekend", "holiday"
DAY_KINDS = (WORKDAY, WEEKEND, HOLIDAY)
