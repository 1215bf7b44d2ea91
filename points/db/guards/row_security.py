"""Row-level security: every table shows and takes the rows of one association, the named one.

The owner is not exempt (``FORCE``); superusers and roles with BYPASSRLS are, and may not be used.
What it does not do: whoever may send SQL of his own as the application can name another
association. It makes a forgotten predicate harmless, not a stolen password.
"""

from points.db.scope import SETTING

POLICY = "one_association"

# After a transaction that named one the setting is empty rather than absent.
CONDITION = f"association_id = NULLIF(current_setting('{SETTING}', true), '')"


def isolate(table: str) -> list[str]:
    """Return the statements that let a table show one association's rows only."""
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'DROP POLICY IF EXISTS {POLICY} ON "{table}"',
        f'CREATE POLICY {POLICY} ON "{table}" USING ({CONDITION}) WITH CHECK ({CONDITION})',
    ]
