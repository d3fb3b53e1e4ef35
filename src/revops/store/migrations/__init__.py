"""The revisions of the tables, run by `revops.store.migrate`."""
