"""`AioArrowCursor`, under the package name of PyAthena."""
