"""The idempotency key of `mfa-reset request` when none is given.

A pipeline run that is started again (a lost runner, "re-run failed jobs") must find the request it made, not make a second
one with a second mail to every approver: so the key is derived from the run and the body. It is never derived from the body
alone: the same user may lose a phone twice, and the second request would get the first one's "completed" while nothing was
reset. Outside a pipeline nothing tells two calls apart, so each call is a new request, and the key is printed for sending the
same request again. A dry run has no lasting key either: its plan has to be a current one.
"""

import hashlib
import json
from collections.abc import Mapping
from uuid import uuid4

# Per system, the variable that identifies it, and those that stay the same when a run is started again and differ between
# runs. [the vendors' documentation of variables]
_RUNS = (
    ("GITHUB_RUN_ID", ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")),
    ("BUILD_BUILDID", ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECTID", "BUILD_BUILDID")),
    ("CI_PIPELINE_ID", ("CI_SERVER_URL", "CI_PROJECT_ID", "CI_PIPELINE_ID")),
    ("BUILD_TAG", ("JENKINS_URL", "BUILD_TAG")),
)


def idempotency_key_for(body: Mapping[str, object], environ: Mapping[str, str]) -> str:
    """Return a key that is the same for the same body in the same pipeline run, and a random one elsewhere."""
    run = _run(environ)
    if run is None or body.get("dryRun"):
        return str(uuid4())
    text = json.dumps([run, body], sort_keys=True, separators=(",", ":"))
    return "run-" + hashlib.sha256(text.encode()).hexdigest()[:40]


def _run(environ: Mapping[str, str]) -> list[str] | None:
    for marker, names in _RUNS:
        if environ.get(marker):
            return [environ.get(name, "") for name in names]
    return None
