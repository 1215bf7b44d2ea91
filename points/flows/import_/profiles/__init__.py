"""What an association's sheet looks like, as data: ``rules/sheets/*.yaml``."""
