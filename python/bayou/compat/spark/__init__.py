"""Spark's DataFrames over a lake: sqlframe makes Spark SQL of them, and this makes the engine's SQL of that."""
