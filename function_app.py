"""The table of contents: every endpoint, timer, queue handler, orchestrator and activity of the service."""

import gc
import os

# What is imported stays: to look through it for garbage again and again costs a fifteenth of the start.
gc.disable()
# There are no plugins of pydantic's, and to look for them it would read what is known of every installed package.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

import azure.functions as func

import activities.app
import activities.ask_managers
import activities.begin_post_completion
import activities.begin_request
import activities.begin_wave
import activities.concurrency_permits
import activities.contain_targets
import activities.find_open_customers
import activities.finish_request
import activities.follow_up
import activities.notify_approvers
import activities.notify_users
import activities.plan_targets
import activities.post_teams_message
import activities.publish_event
import activities.read_plan_window
import activities.record_event
import activities.release_targets
import activities.reset_target
import activities.seal_plan
import activities.send_callback
import activities.send_outcome_mail
import activities.settle_approval
import activities.settle_targets
import activities.settle_undo
import activities.settle_verification
import activities.summarise_targets
import activities.write_targets
import durable
import orchestrators.app
import orchestrators.approver_mails
import orchestrators.event_delivery
import orchestrators.manager_mails
import orchestrators.plan_customers
import orchestrators.post_completion
import orchestrators.release_users
import orchestrators.reset_customer
import orchestrators.reset_customers
import orchestrators.reset_request
import triggers.api.access_passes
import triggers.api.approval_mails
import triggers.api.audit
import triggers.api.containment
import triggers.api.customer_access
import triggers.api.delegation
import triggers.api.directory
import triggers.api.evidence
import triggers.api.exports
import triggers.api.health
import triggers.api.lookup
import triggers.api.openapi
import triggers.api.partner
import triggers.api.people
import triggers.api.reconciliation
import triggers.api.redelivery
import triggers.api.reset_requests
import triggers.api.takeover
import triggers.api.undo
import triggers.api.unused_deliveries
import triggers.api.verification
import triggers.api.webhooks
import triggers.approval_page.handlers
import triggers.attestation_page.handlers
import triggers.console.access_passes
import triggers.console.approval_of_request
import triggers.console.approvals
import triggers.console.audit
import triggers.console.bulk
import triggers.console.deliveries
import triggers.console.directory
import triggers.console.downloads
import triggers.console.home
import triggers.console.overview
import triggers.console.partner
import triggers.console.reconciliation
import triggers.console.request_list
import triggers.console.requests
import triggers.console.review
import triggers.console.selection
import triggers.console.user_facts
import triggers.console.verification
import triggers.messages.service_bus
import triggers.timers.bounced_mails
import triggers.timers.check_partner
import triggers.timers.reconcile
import triggers.timers.reconcile_removals
import triggers.timers.retention
from services import current_services
from telemetry.quiet import quiet_libraries
from telemetry.setup import configure

gc.freeze()  # nor need later collections look through it
gc.enable()

current_services().check()  # a bad setting, policy or file of records stops the start, with one clear line
quiet_libraries()
configure(os.environ, lambda: current_services().removing_stopped)

app = durable.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
for part in (
    triggers.api.health.app,
    triggers.api.openapi.app,
    triggers.api.reset_requests.app,
    triggers.api.audit.app,
    triggers.api.undo.app,
    triggers.api.containment.app,
    triggers.api.takeover.app,
    triggers.api.verification.app,
    triggers.api.access_passes.app,
    triggers.api.webhooks.app,
    triggers.api.unused_deliveries.app,
    triggers.api.reconciliation.app,
    triggers.approval_page.handlers.app,
    triggers.attestation_page.handlers.app,
    triggers.api.delegation.app,
    triggers.api.directory.app,
    triggers.api.lookup.app,
    triggers.api.customer_access.app,
    triggers.api.approval_mails.app,
    triggers.api.redelivery.app,
    triggers.api.people.app,
    triggers.api.partner.app,
    triggers.console.home.app,
    triggers.console.overview.app,
    triggers.console.directory.app,
    triggers.console.user_facts.app,
    triggers.console.bulk.app,
    triggers.console.deliveries.app,
    triggers.console.selection.app,
    triggers.console.reconciliation.app,
    triggers.console.partner.app,
    triggers.console.review.app,
    triggers.console.request_list.app,
    triggers.console.requests.app,
    triggers.console.verification.app,
    triggers.console.access_passes.app,
    triggers.console.approvals.app,
    triggers.console.audit.app,
    triggers.console.approval_of_request.app,
    triggers.console.downloads.app,
    triggers.api.evidence.app,
    triggers.api.exports.app,
    triggers.timers.reconcile.app,
    triggers.timers.reconcile_removals.app,
    triggers.timers.check_partner.app,
    triggers.timers.bounced_mails.app,
    triggers.timers.retention.app,
    orchestrators.app.app,
    activities.app.app,
    # Without a Service Bus the host could not start the function's listener, so there is none.
    *([triggers.messages.service_bus.app] if current_services().settings.has_service_bus else []),
):
    app.register_functions(part)
