"""report.html of a run: the table, plots, and every row to look through, from disk and without a server."""
