"""A software company that never was: records and activities whose outcomes have causes."""

from revops.simulator.company import SimulatedCompany, simulate

__all__ = ["SimulatedCompany", "simulate"]
