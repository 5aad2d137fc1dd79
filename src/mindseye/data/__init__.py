"""Data sets as they are published become rows that batch runs, training and evaluation read."""
