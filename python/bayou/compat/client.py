"""What all clients have: errors in botocore's form, and `meta`."""

from __future__ import annotations

from typing import Any

from bayou.errors import DatabaseError


def client_error(code: str, message: str, operation: str, *, status: int = 400) -> Exception:
    """An error as botocore raises it; a `DatabaseError` without botocore.

    Args:
        code: The service's name of the error.
        message: What is wrong.
        operation: Name of the call.
        status: Status of the answer over HTTP.
    """
    try:
        from botocore.exceptions import ClientError
    except ImportError:
        return DatabaseError(f"{code}: {message}")
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "bayou"},
    }
    error: Exception = ClientError(response, operation)
    return error


class Meta:
    """What a client tells about itself.

    Args:
        service: Name of the service.
        region_name: Its region.
        endpoint_url: Its address.
    """

    def __init__(self, service: str, region_name: str, endpoint_url: str | None = None) -> None:
        self.service = service
        self.region_name = region_name
        self.endpoint_url = endpoint_url
        self.partition = "aws"

    @property
    def method_to_api_mapping(self) -> dict[str, str]:
        """Names of the calls by names of the methods, from botocore's model of the service."""
        from botocore import xform_name

        return {xform_name(name): name for name in self.service_model.operation_names}

    @property
    def service_model(self) -> Any:
        """botocore's model of the service."""
        from botocore.loaders import Loader
        from botocore.model import ServiceModel

        return ServiceModel(Loader().load_service_model(self.service, "service-2"), self.service)


class Paginator:
    """Walks over the pages of one call.

    Args:
        call: The call.
        token: Name of the token in the answer, and in the request.
    """

    def __init__(self, call: Any, token: tuple[str, str]) -> None:
        self._call = call
        self._token = token

    def paginate(self, *, PaginationConfig: dict[str, Any] | None = None, **request: Any) -> Any:
        """The pages, one by one."""
        answer, asked = self._token
        while True:
            page = self._call(**request)
            yield page
            if not page.get(answer):
                return
            request[asked] = page[answer]
