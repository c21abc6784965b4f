"""Export the records of a request as an evidence pack."""

import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing

from domain.api.responses import to_target_response
from domain.audit import evidence_pack as evidence
from domain.audit.chain import head_of
from domain.audit.evidence_pack import Pack, json_bytes, json_line
from domain.request.csv_export import BYTE_ORDER_MARK, csv_lines
from domain.request.plan import people_line, plan_line, scope_line
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from services import Services
from use_cases.read_request import request_response
from use_cases.read_targets import all_targets

# A larger pack is written to a temporary file instead of memory.
_IN_MEMORY = 8 << 20


async def evidence_pack(services: Services, request: ResetRequest) -> bytes:
    """Return the zip file of a request as it is now."""

    async def lines(of: Callable[[Target], Iterable[bytes]]) -> list[bytes]:
        return [line async for target in all_targets(services, request.id) for line in of(target)]

    decisions = await services.requests.decisions(request.id)
    events = await services.audits.all(request.id)  # after the decisions, so that each of them is in the audit, too
    shown = await request_response(services, request)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as out, closing(Pack(out, services.now())) as pack:
        pack.add(evidence.REQUEST, [json_bytes(shown.to_json())])
        plan = await lines(lambda target: [plan_line(target).encode() + b"\n"])
        pack.add(evidence.PLAN, [f"{scope_line(request)}\n{people_line(request)}\n".encode(), *plan])
        pack.add(evidence.TARGETS, await lines(lambda target: [json_line(to_target_response(target).to_json())]))
        pack.add(evidence.DECISIONS, [json_bytes([decision.to_json() for decision in decisions])])
        pack.add(evidence.AUDIT, (json_line(event.to_json()) for event in events))
        rows = await lines(lambda target: csv_lines(request, [target], header=False))
        pack.add(evidence.OUTCOMES, [BYTE_ORDER_MARK, *csv_lines(request, []), *rows])
        pack.add(evidence.READ_ME, [evidence.TEXT.encode()])
        pack.finish(request.id, request.plan_digest, head_of(events))
        out.seek(0)
        return out.read()
