"""`AioS3FSCursor`, under the package name of PyAthena."""
