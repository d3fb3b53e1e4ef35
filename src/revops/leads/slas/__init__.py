"""Service levels: the clocks of promises, their escalation, and how well they are kept."""
