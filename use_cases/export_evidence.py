"""Export the records of a request as an evidence pack."""

import tempfile
from contextlib import closing

from domain.api.responses import to_target_response
from domain.audit import evidence_pack as evidence
from domain.audit.chain import head_of
from domain.audit.evidence_pack import Pack, json_bytes, json_line
from domain.request.csv_export import BYTE_ORDER_MARK, csv_lines
from domain.request.plan import people_line, plan_line, scope_line
from domain.request.reset_request import ResetRequest
from services import Services
from use_cases.read_request import request_response
from use_cases.read_targets import target_pages

# A larger pack is written to a temporary file instead of memory.
_IN_MEMORY = 8 << 20


async def evidence_pack(services: Services, request: ResetRequest) -> bytes:
    """Return the zip file of a request as it is now. Its targets are read once, page by page."""
    decisions = await services.requests.decisions(request.id)
    events = await services.audits.all(request.id)  # after the decisions, so that each of them is in the audit, too
    shown = await request_response(services, request)
    with (
        tempfile.SpooledTemporaryFile(_IN_MEMORY) as out,
        tempfile.SpooledTemporaryFile(_IN_MEMORY) as plan,
        tempfile.SpooledTemporaryFile(_IN_MEMORY) as targets,
        tempfile.SpooledTemporaryFile(_IN_MEMORY) as outcomes,
        closing(Pack(out, services.now())) as pack,
    ):
        plan.write(f"{scope_line(request)}\n{people_line(request)}\n".encode())
        outcomes.writelines([BYTE_ORDER_MARK, *csv_lines(request, [])])
        async for page in target_pages(services, request.id):
            found = [kept.target for kept in page]
            plan.writelines(plan_line(target).encode() + b"\n" for target in found)
            targets.writelines(json_line(to_target_response(target).to_json()) for target in found)
            outcomes.writelines(csv_lines(request, found, header=False))
        for written in (plan, targets, outcomes):
            written.seek(0)
        pack.add(evidence.REQUEST, [json_bytes(shown.to_json())])
        pack.add(evidence.PLAN, plan)
        pack.add(evidence.TARGETS, targets)
        pack.add(evidence.DECISIONS, [json_bytes([decision.to_json() for decision in decisions])])
        pack.add(evidence.AUDIT, (json_line(event.to_json()) for event in events))
        pack.add(evidence.OUTCOMES, outcomes)
        pack.add(evidence.READ_ME, [evidence.TEXT.encode()])
        pack.finish(request.id, request.plan_digest, head_of(events))
        out.seek(0)
        return out.read()
