"""`pyspark.sql.utils`: the exceptions that scripts catch."""

from bayou.errors import BayouError

# A query that cannot be planned, run or parsed is one of bayou's errors.
AnalysisException = BayouError
ParseException = BayouError
IllegalArgumentException = BayouError
QueryExecutionException = BayouError

__all__ = ["AnalysisException", "IllegalArgumentException", "ParseException", "QueryExecutionException"]
