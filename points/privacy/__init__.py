"""Privacy: what members agreed to, who looked at them, erasures asked for, assessments."""
