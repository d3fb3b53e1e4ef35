"""The command `revops`."""

from revops.interfaces.cli.boundary import main

__all__ = ["main"]
