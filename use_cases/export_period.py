"""Export the evidence of one customer over a period: every request, what was removed by retention, a summary, a signature."""

import asyncio
import tempfile
from collections.abc import Iterable
from contextlib import closing
from typing import NamedTuple

from domain.api.responses import to_target_response
from domain.audit import period_pack as files
from domain.audit.chain import head_of
from domain.audit.disclosure import disclosed_decisions, disclosed_event, disclosed_plan, disclosed_request
from domain.audit.evidence_pack import AUDIT, DECISIONS, PLAN, REQUEST, TARGETS, json_bytes, json_line
from domain.audit.period_pack import Period, PeriodPack, signature_bytes
from domain.audit.signing import sign_root
from domain.errors import TooLargeError, UnavailableError
from domain.model import iso
from domain.outcomes import RequestStatus
from domain.request.csv_export import BYTE_ORDER_MARK, csv_line
from domain.request.plan import VERSION as PLAN_VERSION
from domain.request.reset_request import Decision, ResetRequest
from domain.request.target import Target
from languages import Message
from messaging.timestamp import TimestampError, timestamp
from records.deletions import Deletion
from services import Services
from use_cases.read_request import request_response
from use_cases.read_targets import all_targets
from web.evidence_summary import RequestSummary, evidence_summary

# A function answers within 230 seconds (Azure Functions, "HTTP trigger limits"), and its response is in memory.
MAX_REQUESTS = 2_000
MAX_USERS = 50_000
# Requests read side by side.
_SIDE_BY_SIDE = 8
_IN_MEMORY = 8 << 20
_COLUMNS = ("request", "createdAt", "endedAt", "status", "kind", "ticket", "requester", "approvedBy", "users", "reset")


class _Read(NamedTuple):
    """One request as this customer may see it. `targets` are the customer's own."""

    request: ResetRequest
    targets: list[Target]
    decisions: list[Decision]
    head: tuple[int, str]
    contents: dict[str, list[bytes]]


async def period_evidence(services: Services, period: Period) -> bytes:
    """Return the zip file.

    Raises: TooLargeError for a period with more requests or users than one file may have, UnavailableError where the policy's
    timestamp authority does not answer.
    """
    found = await services.requests.of_customer(period.customer, period.start, period.end, MAX_REQUESTS + 1)
    users = sum(count for request in found for key, _, count in request.ranges if key == period.customer)
    if len(found) > MAX_REQUESTS or users > MAX_USERS:
        raise TooLargeError(
            Message(
                "There are more than %(max_requests)s requests or %(max_users)s users in this period; ask for shorter ones.",
                max_requests=f"{MAX_REQUESTS:,}",
                max_users=f"{MAX_USERS:,}",
            )
        )
    planned = [request for request in reversed(found) if request.status is not RequestStatus.PLANNING]
    deletions = await services.deletions.of_customer(period.customer, period.start, period.end)
    now = services.now()
    summaries: list[RequestSummary] = []
    about = {
        "version": files.VERSION,
        **period.to_json(),
        "name": services.policy.customers[period.customer].name or period.customer,
        "tenantId": services.policy.customers[period.customer].tenant_id,
        "service": services.settings.public_base_url,
        "madeAt": iso(now),
        "stillPlanning": [request.id for request in found if request.status is RequestStatus.PLANNING],
    }
    heads: list[dict[str, object]] = []
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as out, closing(PeriodPack(out, now)) as pack:
        for start in range(0, len(planned), _SIDE_BY_SIDE):
            some = planned[start : start + _SIDE_BY_SIDE]
            for read in await asyncio.gather(*(_read(services, request, period.customer) for request in some)):
                for name, parts in read.contents.items():
                    pack.add(f"requests/{read.request.id}/{name}", parts)
                summaries.append(RequestSummary.of(read.request, read.targets, read.decisions))
                heads.append(_head(read))
        pack.add(files.ABOUT, [json_bytes(about | {"requests": heads})])
        pack.add(files.REQUESTS, _csv(summaries))
        pack.add(files.DELETIONS, [json_line(each.to_json()) for each in deletions])
        pack.add(files.SUMMARY, [_summary(services, period, summaries, deletions)])
        pack.add(files.READ_ME, [files.TEXT.encode()])
        signature = sign_root(services.settings.approval_keys, pack.root)
        pack.seal(signature, await _timestamp(services, signature_bytes(signature)))
        out.seek(0)
        return out.read()


async def _read(services: Services, request: ResetRequest, customer: str) -> _Read:
    targets = [target async for target in all_targets(services, request.id)]
    own = [target for target in targets if target.customer == customer]
    # Before the events, so that each decision is among them, too.
    decisions = disclosed_decisions(request, await services.requests.decisions(request.id), customer)
    events = await services.audits.all(request.id)
    shown = disclosed_request(await request_response(services, request), request, customer, own)
    contents = {
        REQUEST: [json_bytes(shown)],
        PLAN: [_line(line) for line in disclosed_plan(request, targets, customer)],
        TARGETS: [json_line(to_target_response(target).to_json()) for target in own],
        DECISIONS: [json_bytes([decision.to_json() for decision in decisions])],
        AUDIT: [json_line(disclosed_event(request, event, customer)) for event in events],
    }
    return _Read(request, own, decisions, head_of(events), contents)


def _line(line: str | dict[str, str]) -> bytes:
    return f"{line}\n".encode() if isinstance(line, str) else json_line(line)


def _head(read: _Read) -> dict[str, object]:
    events, last = read.head
    return {
        "id": read.request.id,
        "planDigest": read.request.plan_digest,
        "planVersion": PLAN_VERSION,
        "auditEvents": events,
        "auditHash": last,
    }


def _csv(summaries: Iterable[RequestSummary]) -> list[bytes]:
    return [BYTE_ORDER_MARK, csv_line(_COLUMNS), *(csv_line(_cells(each)) for each in summaries)]


def _cells(summary: RequestSummary) -> list[str]:
    return [
        summary.id,
        iso(summary.created_at),
        iso(summary.ended_at) if summary.ended_at else "",
        summary.status,
        summary.kind,
        summary.ticket,
        summary.asked_by,
        ", ".join(summary.approved_by),
        str(summary.users),
        str(summary.reset),
    ]


def _summary(services: Services, period: Period, summaries: list[RequestSummary], deletions: list[Deletion]) -> bytes:
    customer = services.policy.customers[period.customer]
    return evidence_summary(
        customer=customer.name or period.customer,
        tenant_id=customer.tenant_id,
        start=period.start,
        end=period.end,
        made_at=services.now(),
        requests=summaries,
        deleted=len(deletions),
    ).encode()


async def _timestamp(services: Services, data: bytes) -> bytes | None:
    authority = services.policy.evidence.timestamp_authority
    if authority is None:
        return None
    try:
        return await timestamp(authority, data)
    except TimestampError as error:
        raise UnavailableError(
            Message("There is no timestamp for the evidence: %(error)s. Try again later.", error=str(error))
        ) from error
