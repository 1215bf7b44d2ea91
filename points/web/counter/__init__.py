"""The counter: an outlet's till, used with a scanner and a keyboard by somebody untrained."""
