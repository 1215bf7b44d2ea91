"""``points demo``: a synthetic association's year, from its spreadsheets to a redeemed voucher."""

from points.cli.demo.command import command

__all__ = ["command"]
