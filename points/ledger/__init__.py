"""What members own: accounts, lots, holds, and every movement of a point."""
