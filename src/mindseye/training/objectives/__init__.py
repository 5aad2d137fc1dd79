"""Objectives: what is learnt from a batch, a file a loss. `objective.py` says what one is."""
