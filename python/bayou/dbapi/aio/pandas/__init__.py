"""`AioPandasCursor`, under the package name of PyAthena."""
