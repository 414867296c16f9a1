"""`pyspark.sql.functions`."""

from bayou.compat.spark import functions as _functions

__all__ = _functions.__all__
globals().update({name: getattr(_functions, name) for name in _functions.__all__})
input_file_name = _functions.input_file_name
udf = _functions.udf
__getattr__ = _functions.__getattr__
