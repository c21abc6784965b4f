"""The table of contents: every door, orchestrator and activity of the service."""

import gc
import os

# What is imported stays: to look through it for garbage again and again costs a fifteenth of the start.
gc.disable()
# There are no plugins of pydantic's, and to look for them it would read what is known of every installed package.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

import azure.durable_functions as df
import azure.functions as func

import activities.app
import activities.begin_after
import activities.begin_request
import activities.finish_request
import activities.follow_up
import activities.notify_approvers
import activities.notify_users
import activities.plan_targets
import activities.publish_event
import activities.record_event
import activities.reset_target
import activities.seal_plan
import activities.send_callback
import activities.send_outcome_mail
import activities.settle_approval
import activities.settle_undo
import activities.windows
import orchestrators.aftermath
import orchestrators.announcing
import orchestrators.app
import orchestrators.mailing
import orchestrators.reset_customer
import orchestrators.reset_request
import triggers.access
import triggers.approval_mails
import triggers.approvals
import triggers.bounced_mails
import triggers.callbacks
import triggers.console
import triggers.console_directory
import triggers.console_duties
import triggers.console_files
import triggers.console_requests
import triggers.console_review
import triggers.directory
import triggers.exports
import triggers.health
import triggers.openapi
import triggers.queue
import triggers.reconcile
import triggers.reset_requests
import triggers.retention
import triggers.undo
import triggers.webhooks
from services import services
from telemetry.quiet import quiet_libraries
from telemetry.setup import configure

gc.freeze()  # nor need later collections look through it
gc.enable()

services().check()  # a bad setting, policy or file of records stops the start, with one clear line
quiet_libraries()
configure(os.environ, lambda: services().removing_stopped)

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
for part in (
    triggers.health.app,
    triggers.openapi.app,
    triggers.reset_requests.app,
    triggers.undo.app,
    triggers.webhooks.app,
    triggers.approvals.app,
    triggers.directory.app,
    triggers.access.app,
    triggers.approval_mails.app,
    triggers.callbacks.app,
    triggers.console.app,
    triggers.console_directory.app,
    triggers.console_review.app,
    triggers.console_requests.app,
    triggers.console_duties.app,
    triggers.console_files.app,
    triggers.exports.app,
    triggers.reconcile.app,
    triggers.bounced_mails.app,
    triggers.retention.app,
    orchestrators.app.app,
    activities.app.app,
    # Without a Service Bus the host could not start the function's listener, so there is none.
    *([triggers.queue.app] if services().settings.has_service_bus else []),
):
    app.register_functions(part)
