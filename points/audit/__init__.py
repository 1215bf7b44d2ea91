"""The audit trail: what staff did, saw and were refused, as one chain an association."""
