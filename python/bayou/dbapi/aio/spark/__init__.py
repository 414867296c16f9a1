"""`AioSparkCursor`, under the package name of PyAthena."""
