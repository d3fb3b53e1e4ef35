"""Delivers the outbox: what is due is sent, tried again, or given up, and nothing is lost."""

from revops.engine.delivery.courier import Courier, Deliveries, Destination
from revops.engine.delivery.gate import Limits
from revops.engine.delivery.patience import Patience

__all__ = ["Courier", "Deliveries", "Destination", "Limits", "Patience"]
