"""Proposals: adjustments by hand that one person asks for and another one decides."""
