"""What stands before every page and every operation: headers, limits, request ids, one log line.

It knows neither routes nor people. Channels give it a way to say no in their own form.
"""
