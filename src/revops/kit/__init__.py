"""Nothing of the business: time, money, conditions, and how a problem is told."""
