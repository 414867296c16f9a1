"""`lake.aws_session()`: shaped like a boto3 session, with the lake as its services.

The installed PyAthena takes it as it is. Nothing goes over a network, and no credentials are looked for.

Source: boto3 reference, Session (names).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayou.compat.athena import AthenaClient
from bayou.compat.glue import GlueClient
from bayou.compat.s3 import S3Client
from bayou.compat.sts import Credentials, StsClient
from bayou.errors import NotSupportedError

if TYPE_CHECKING:
    from bayou.lake import Lake

REGION = "us-east-1"


class Session:
    """A session over a lake.

    Args:
        lake: The lake.
        region_name: Region that the clients tell.
    """

    def __init__(self, lake: Lake, *, region_name: str = REGION) -> None:
        self.lake = lake
        self.region_name = region_name
        self.profile_name = "default"
        self.available_profiles = ["default"]
        self._clients: dict[str, Any] = {}

    def client(self, service_name: str, region_name: str | None = None, **options: Any) -> Any:
        """The client of a service: `athena`, `glue`, `s3` or `sts`.

        Args:
            service_name: Name of the service.
            region_name: No effect.
            options: What boto3 takes besides; no effect.

        Raises:
            NotSupportedError: The lake has no such service.
        """
        if service_name not in self._clients:
            self._clients[service_name] = self._make(service_name)
        return self._clients[service_name]

    def _make(self, service_name: str) -> Any:
        match service_name:
            case "athena":
                return AthenaClient(self.lake, self.region_name)
            case "glue":
                return GlueClient(self.lake, self.region_name)
            case "s3":
                return S3Client(self.lake, self.region_name, self.client("athena").result_file)
            case "sts":
                return StsClient(self.region_name)
        raise NotSupportedError(
            f"A lake has no service `{service_name}`\nhint: there are `athena`, `glue`, `s3` and `sts`"
        )

    def get_credentials(self) -> Credentials:
        """Credentials that are none: fixed texts."""
        return Credentials()

    def get_available_services(self) -> list[str]:
        """Names of the services."""
        return ["athena", "glue", "s3", "sts"]

    def __repr__(self) -> str:
        return f"Session({self.lake!r})"
