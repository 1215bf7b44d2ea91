"""Points and fen: whole numbers that do not mix."""

from typing import NewType

Points = NewType("Points", int)
"""Whole points. Nothing in this system holds a fraction of one."""

Fen = NewType("Fen", int)
"""A hundredth of a yuan; the only unit of money here."""

ZERO = Points(0)
