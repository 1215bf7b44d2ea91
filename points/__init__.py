"""The points engine; the layers below are the architecture, checked on every commit.

cli                                 the command line, which starts the other channels
api | web | worker | client         channels: parse, call one flow, present
wiring, settings                    the composition root; the environment, read once
flows                               what the engine does; the only place where concepts meet
engine                              group commit: many commands, one database transaction
unit_of_work | schema               one transaction and its stores; every table
members | activities | rules | ledger | catalogue | vouchers | partners | identity
db                                  base, column types, connections; knows no concept
kernel                              ids, points, clock, errors; standard library only
"""
