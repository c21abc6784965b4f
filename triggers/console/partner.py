"""Page of the console: customers of the partner relationships, held against the policy, with files of the new ones to review."""

import io
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import azure.functions as func

from domain.audit.zip_writer import ZipWriter
from domain.errors import ConflictError
from domain.partner.proposals import Proposal, patch_of
from graph.errors import GraphError
from languages import gettext, in_words
from services import Services, current_services
from triggers.console.directory import Listing
from triggers.console.layout import RefusedError, frame, html_page, require_sign_in, sees_all
from triggers.console.operators import operator_of
from triggers.http.parameters import page_number
from triggers.http.responses import file_response
from use_cases.discover_customers import STATES, discover_page, propose_all

app = func.Blueprint()  # type: ignore[no-untyped-call]

_PAGE = 50
# An address holds no more; the command line writes any number.
_MOST_FILES = 100
# Of files in an archive, so that the same files make the same archive. (PKWARE's format begins in 1980)
_DATE = datetime(1980, 1, 1, tzinfo=UTC)


@app.route("console/partner", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_partner(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req)
    if not around.partner:
        raise RefusedError(404, "notFound")
    text = req.params.get("state", "new")
    state = next((known for known in STATES if known == text), None)
    if state is None and text != "all":
        raise RefusedError(400, "badInput")
    page, unread = None, ""
    try:
        page = await discover_page(services, state, req.params.get("cursor", ""), _PAGE)
    except ConflictError as error:
        unread = str(in_words(error.detail))
    except GraphError as error:
        unread = gettext(
            "Microsoft Graph did not answer as needed (%(reason)s). Refresh in a minute.", reason=error.reason
        )
    return html_page(
        "partner.html",
        frame=around,
        active="partner",
        page=page,
        unread=unread,
        state=text,
        listing=Listing("/console/partner", {"state": text}, page_number(req)),
        now=services.now(),
    )


@app.route("console/partner/files", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_partner_files(req: func.HttpRequest) -> func.HttpResponse:
    """Return the proposed files of the chosen customers, as an archive or as a patch. The policy in use does not change."""
    services = current_services()
    operator = operator_of(services, req)
    if services.policy.partner.tenant_id is None or not sees_all(operator):
        raise RefusedError(404, "notFound")
    chosen = parse_qs(urlsplit(str(req.url)).query).get("tenant", [])
    kind = req.params.get("format", "zip")
    if not 0 < len(chosen) <= _MOST_FILES or kind not in {"zip", "patch"}:
        raise RefusedError(400, "badInput")
    return await _files(services, chosen, kind)


async def _files(services: Services, tenant_ids: list[str], kind: str) -> func.HttpResponse:
    proposals = await propose_all(services, tenant_ids)
    if kind == "patch":
        return file_response(patch_of(proposals).encode(), "text/x-patch", "customers.patch")
    return file_response(_archive(proposals), "application/zip", "customers.zip")


def _archive(proposals: list[Proposal]) -> bytes:
    content = io.BytesIO()
    archive = ZipWriter(content, _DATE)
    for proposal in proposals:
        archive.add(proposal.file, [proposal.text.encode()])
    archive.close()
    return content.getvalue()
