"""Rewards that members wish for."""
