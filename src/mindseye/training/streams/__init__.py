"""Streams: where batches come from, a file a data format. `stream.py` says what one is."""
