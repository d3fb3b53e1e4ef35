"""Files that people export: read with DuckDB, recognised, mapped and checked as sets."""
