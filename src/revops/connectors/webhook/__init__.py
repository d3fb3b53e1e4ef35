"""Signed calls to any receiver, by Standard Webhooks."""
