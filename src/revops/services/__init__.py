"""The use cases, one verb each: all that an interface may call."""
