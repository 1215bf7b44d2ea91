"""What members wish for: rewards they save up for, told once when they can afford one."""
