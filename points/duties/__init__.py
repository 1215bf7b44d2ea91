"""Separation of duties: who is related to whom, and how much each person has done today."""
