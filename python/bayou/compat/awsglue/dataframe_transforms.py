"""`awsglue.dataframe_transforms`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


class ApplyMapping:
    """ApplyMapping over a DataFrame."""

    @classmethod
    def apply(cls, df: Any, mappings: Iterable[Sequence[str]], case_sensitive: bool = False) -> Any:
        """Select, rename and cast columns."""
        return df.session.leaf(df.frame().apply_mapping(mappings, case_sensitive=case_sensitive))

    def __call__(self, df: Any, mappings: Iterable[Sequence[str]], case_sensitive: bool = False) -> Any:
        """Select, rename and cast columns."""
        return self.apply(df, mappings, case_sensitive)
