"""Why does a model not see? A file a measurement; `examine.py` has the table of all."""
