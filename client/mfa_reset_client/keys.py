"""The idempotency key of `mfa-reset request` when none is given.

A run of a pipeline that is started again (a lost runner, "re-run failed jobs") must find the request it made, not make a
second one with a second mail to every approver: so the key comes from the run and the body. It must not come from the body
alone: the same user may lose a phone twice, and the second request would be answered with the old one's "completed" while
nothing was reset. Outside a pipeline nothing tells one from the other, so each call is a new request, and the key is printed
for whoever wants to send it again. Nor does a dry run have a lasting key: its plan is wanted as of now.
"""

import hashlib
import json
from collections.abc import Mapping
from uuid import uuid4

# What stays the same when a run is started again, and differs between runs. [the vendors' documentation of variables]
_RUNS = (
    ("GITHUB_RUN_ID", ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")),
    ("BUILD_BUILDID", ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECTID", "BUILD_BUILDID")),
    ("CI_PIPELINE_ID", ("CI_SERVER_URL", "CI_PROJECT_ID", "CI_PIPELINE_ID")),
    ("BUILD_TAG", ("JENKINS_URL", "BUILD_TAG")),
)


def key_for(body: Mapping[str, object], environ: Mapping[str, str]) -> str:
    run = _run(environ)
    if run is None or body.get("dryRun"):
        return str(uuid4())
    text = json.dumps([run, body], sort_keys=True, separators=(",", ":"))
    return "run-" + hashlib.sha256(text.encode()).hexdigest()[:40]


def _run(environ: Mapping[str, str]) -> list[str] | None:
    for tell_tale, names in _RUNS:
        if environ.get(tell_tale):
            return [environ.get(name, "") for name in names]
    return None
