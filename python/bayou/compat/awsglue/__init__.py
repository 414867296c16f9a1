"""`awsglue` over a lake: names and signatures of the public library, written anew.

Source: Glue Developer Guide, PySpark extensions reference and PySpark transforms reference.
"""

from bayou.compat.awsglue.dynamicframe import DynamicFrame
from bayou.compat.spark.unknown import refuse

__all__ = ["DynamicFrame"]
__getattr__ = refuse(__name__)
