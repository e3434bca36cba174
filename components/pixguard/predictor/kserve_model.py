"""The model as KServe's SDK knows it, and the gRPC front that the SDK's own servicer and data plane make of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
from kserve import InferRequest, InferResponse, Model, ModelRepository
from kserve.errors import InvalidInput, ModelNotFound
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.protocol.model_repository_extension import ModelRepositoryExtension

from pixguard.predictor import v2
from pixguard.predictor.errors import InputError, RequestError
from pixguard.predictor.service import Service

log = logging.getLogger(__name__)
_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    409: grpc.StatusCode.ALREADY_EXISTS,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
}
REPLAY = "x-pixguard-replay"


class PixModel(Model):
    """KServe's `Model`: v1 instances or v2 tensors in, the same protocol's answer out."""

    def __init__(self, service: Service) -> None:
        super().__init__(service.model)
        self._service = service
        self.ready = True  # the data plane would load it again otherwise; `healthy` tells the truth

    async def healthy(self) -> bool:
        """Tell whether it answers."""
        return self._service.is_ready

    async def predict(
        self,
        payload: InferRequest | dict[str, Any],
        headers: dict[str, str] | None = None,
        response_headers: dict[str, str] | None = None,  # noqa: ARG002 - of the SDK's interface
    ) -> InferResponse | dict[str, Any]:
        """Return an answer for each payment; a RequestError otherwise."""
        replay, began_ns = (headers or {}).get(REPLAY) == "1", time.perf_counter_ns()
        if isinstance(payload, dict):
            answers = await self._service.answer(payload.get("instances"), replay=replay, began_ns=began_ns)
            return {"predictions": [v2.parsed(answer) for answer in answers]}
        payments = v2.payments_of(payload)
        answers = await self._service.answer(payments, replay=replay, began_ns=began_ns, where="payments")
        return v2.response(payload, self.name, self._service.version, answers, raw=payload.from_grpc)

    def get_input_types(self) -> list[dict[str, Any]]:
        """Return the tensors that are taken."""
        return v2.INPUTS

    def get_output_types(self) -> list[dict[str, Any]]:
        """Return the tensors that are given."""
        return v2.OUTPUTS


class _DataPlane(DataPlane):
    """The SDK's data plane, which asks the model whether the server is ready."""

    def __init__(self, registry: ModelRepository, service: Service) -> None:
        super().__init__(registry)
        self._service = service

    async def ready(self) -> bool:
        return self._service.is_ready


class _Errors(grpc.aio.ServerInterceptor):
    """Turns our errors and the SDK's into statuses; without it every one of them would be UNKNOWN."""

    async def intercept_service(self, continuation: Callable[..., Awaitable[Any]], details: Any) -> Any:
        handler = await continuation(details)
        if handler is None or handler.unary_unary is None:
            return handler
        return grpc.unary_unary_rpc_method_handler(
            _guarded(handler.unary_unary),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


def _guarded(method: Callable[[Any, Any], Awaitable[Any]]) -> Callable[[Any, Any], Awaitable[Any]]:
    async def call(request: Any, context: Any) -> Any:
        try:
            return await method(request, context)
        except RequestError as error:
            await context.abort(_CODES.get(error.status, grpc.StatusCode.INTERNAL), str(error))
        except InvalidInput as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.reason)
        except ModelNotFound as error:
            await context.abort(grpc.StatusCode.NOT_FOUND, error.reason)
        except grpc.aio.AbortError:
            raise
        except Exception:
            log.exception("a gRPC call failed")
            await context.abort(grpc.StatusCode.INTERNAL, "internal error; the log of this replica says more")

    return call


class _Servicer(InferenceServicer):
    """The SDK's servicer; what it counts and how it ends is the service's."""

    def __init__(self, data_plane: DataPlane, repository: ModelRepositoryExtension, service: Service) -> None:
        super().__init__(data_plane, repository)
        self._service = service

    async def ModelInfer(self, request: Any, context: Any) -> Any:  # noqa: N802 - of the protocol
        async def work(_began_ns: int) -> Any:
            try:
                return await super(_Servicer, self).ModelInfer(request, context)
            except (ValueError, TypeError, LookupError) as error:
                raise InputError("inputs: found tensors whose contents do not fit their datatype", "inputs") from error

        return await self._service.counted(work)

    async def RepositoryModelLoad(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002 - of the protocol
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "a process serves one version; Git decides which")

    async def RepositoryModelUnload(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002 - of the protocol
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "a process serves one version; Git decides which")


async def start_grpc(service: Service, host: str, port: int, max_bytes: int) -> tuple[grpc.aio.Server, int]:
    """Start the gRPC front on the running event loop; return it and its port."""
    registry = ModelRepository()
    registry.update(PixModel(service))
    server = grpc.aio.server(
        interceptors=(_Errors(),), options=[("grpc.max_receive_message_length", max_bytes), ("grpc.so_reuseport", 0)]
    )
    servicer = _Servicer(_DataPlane(registry, service), ModelRepositoryExtension(registry), service)
    add_GRPCInferenceServiceServicer_to_server(servicer, server)
    bound = server.add_insecure_port(f"{host}:{port}")
    await server.start()
    return server, bound
