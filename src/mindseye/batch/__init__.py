"""Rows in, a folder of results out: nothing is lost, and nothing depends on how the rows were run."""
