"""What the business decided: YAML, checked and frozen."""
