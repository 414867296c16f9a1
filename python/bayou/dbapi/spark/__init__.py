"""Spark, which is not supported, under the module names of PyAthena."""
