"""What looks odd at counters, told to staff with its evidence."""
