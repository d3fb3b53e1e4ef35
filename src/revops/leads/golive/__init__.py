"""Whether scoring may go live: what was agreed, how far the roll-out is, what a pilot showed."""
