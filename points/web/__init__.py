"""The pages: what staff, members and clerks see in a browser.

Server-rendered, Chinese first with English beside it. Everything essential works without scripts.
"""
