"""Plain cursors, under the module names of PyAthena."""
