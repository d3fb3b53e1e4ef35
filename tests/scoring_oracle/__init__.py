"""A second, naive reading of the scoring contract, and random input to compare the engine with it.

`conditions` are trees that can be written as SQL and evaluated in Python, so nothing here parses
or runs SQL. `oracle` scores one contact over lists and dicts. `definitions` and `company` draw
random definitions and data.
"""
