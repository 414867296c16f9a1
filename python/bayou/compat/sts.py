"""STS with fixed answers: whoever asks may do everything, and the keys open nothing.

Source: AWS STS API reference (shapes).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from bayou.compat.client import Meta

_ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Credentials:
    """Credentials in boto's form; they open nothing."""

    access_key: str = "bayou"
    secret_key: str = "bayou"
    token: str | None = None

    def get_frozen_credentials(self) -> Credentials:
        """The same."""
        return self


class StsClient:
    """The calls of STS that clients make on their way in."""

    def __init__(self, region_name: str) -> None:
        self.meta = Meta("sts", region_name)

    def get_caller_identity(self) -> dict[str, Any]:
        """Who asks."""
        return {"UserId": "bayou", "Account": _ACCOUNT, "Arn": f"arn:aws:iam::{_ACCOUNT}:user/bayou"}

    def assume_role(self, *, RoleArn: str, RoleSessionName: str, **_ignored: Any) -> dict[str, Any]:
        """Keys of a role."""
        arn = f"{RoleArn}/{RoleSessionName}"
        return {**self.get_session_token(), "AssumedRoleUser": {"AssumedRoleId": "bayou", "Arn": arn}}

    def get_session_token(self, **_ignored: Any) -> dict[str, Any]:
        """Keys of a session."""
        expiration = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
        keys = {"AccessKeyId": "bayou", "SecretAccessKey": "bayou", "SessionToken": "bayou", "Expiration": expiration}
        return {"Credentials": keys}
