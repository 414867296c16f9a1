"""`AioPolarsCursor`, under the package name of PyAthena."""
