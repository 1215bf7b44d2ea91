"""Back-tests: what other rules would have made of activities that happened.

``exact`` is the truth: it replays with the very ``evaluate`` that scores live.
"""
