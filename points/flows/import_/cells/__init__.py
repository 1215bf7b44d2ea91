"""One cell, made into one typed value; or a ``BadCell`` that names what is wrong."""
