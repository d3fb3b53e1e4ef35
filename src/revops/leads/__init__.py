"""Leads: how good they are, where they stand, who works them, by when."""
