"""The vocabulary: ids, points, clock, errors, findings. Standard library only, no concept."""
