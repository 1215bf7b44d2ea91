"""An association's spreadsheets, made into members, outlets and activities.

The pure part: bytes and a profile in, typed records and findings out. Nothing here knows the
database; what needs the register of members asks for it through a protocol.

``codes`` what can be wrong · ``cells`` one cell's value · ``profiles`` what a sheet looks like ·
``files`` bytes into rows · ``model`` what comes out · ``reading`` the whole of it
"""
