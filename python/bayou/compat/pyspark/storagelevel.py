"""`pyspark.storagelevel`."""

from typing import ClassVar


class StorageLevel:
    """Where Spark keeps rows; a lake keeps none between queries."""

    MEMORY_ONLY: ClassVar[str] = "MEMORY_ONLY"
    MEMORY_AND_DISK: ClassVar[str] = "MEMORY_AND_DISK"
    MEMORY_AND_DISK_SER: ClassVar[str] = "MEMORY_AND_DISK_SER"
    DISK_ONLY: ClassVar[str] = "DISK_ONLY"
