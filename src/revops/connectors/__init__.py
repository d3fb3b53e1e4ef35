"""Where records come from: one folder a vendor, and `files` for what a person exports."""
