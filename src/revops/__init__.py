"""revops: a revenue operations engine."""

__version__ = "0.1.0"
