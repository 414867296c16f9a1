"""polars and the cursors, under the module names of PyAthena."""
