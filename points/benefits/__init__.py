"""What members do for each other: the hardship fund and stamp cards."""
