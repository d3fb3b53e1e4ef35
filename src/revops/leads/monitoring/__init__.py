"""Whether a scoring model still does what it was made for, by what the facts say."""
