"""The engine: one pass over what changed and what fell due, and the delivery of its effects."""
