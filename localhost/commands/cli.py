"""The command line: `serve`, `demo`, `verify-audit`, `backup` and `restore`."""

import argparse
import asyncio
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from localhost.commands import logs
from localhost.commands.backup import backup, restore
from localhost.commands.demo import demo
from localhost.commands.serve import ServeOptions, serve
from localhost.commands.stories.catalogue import DEFAULT, STORIES
from localhost.commands.verify_audit import VerifyOptions, verify_audit


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 0 when all went well, 1 when it could not start or a step failed."""
    options = _parser().parse_args(arguments)
    logs.set_up(options.log_level.upper())
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except Exception as error:  # noqa: BLE001 - the outermost handler: it prints the error and ends the process
        return _explain(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localhost", description="The function app on one machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve_parser = commands.add_parser("serve", help="start the app and leave it running")
    add_serve_flags(serve_parser)
    serve_parser.set_defaults(command=_serve)
    demo_parser = commands.add_parser("demo", help="run one request from ticket to outcomes and print every step")
    stories = "; ".join(f"{name}: {story.title}" for name, story in STORIES.items())
    demo_parser.add_argument("--story", default=DEFAULT, choices=STORIES, help=f"{stories} (default: %(default)s)")
    demo_parser.add_argument("--log-level", default="warning", choices=["debug", "info", "warning", "error"])
    demo_parser.set_defaults(command=lambda given: asyncio.run(demo(ServeOptions(), STORIES[given.story])))
    backup_parser = commands.add_parser("backup", help="all state in one file, also while the host runs")
    backup_parser.add_argument("--data", type=Path, default=ServeOptions().data, metavar="DIR")
    backup_parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="must not exist")
    backup_parser.set_defaults(command=lambda given: _print(backup(given.data, given.to)), log_level="warning")
    restore_parser = commands.add_parser("restore", help="all state from a backup into an empty directory")
    restore_parser.add_argument("--from", type=Path, required=True, metavar="FILE", dest="file")
    restore_parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="new or empty")
    restore_parser.set_defaults(command=lambda given: _print(restore(given.file, given.data)), log_level="warning")
    verify = commands.add_parser("verify-audit", help="see whether the audit of every request is whole")
    verify.add_argument("request", nargs="?", metavar="REQUEST", help="only this request (default: all)")
    verify.add_argument(
        "--data", type=Path, default=ServeOptions().data, metavar="DIR", help="of a host that is stopped"
    )
    verify.add_argument("--policy", type=Path, metavar="FILE", help="the policy file it ran with (default: the demo's)")
    verify.add_argument("--url", help="ask a running service instead")
    verify.add_argument("--key", help="the key of that service")
    verify.add_argument("--log-level", default="warning", choices=["debug", "info", "warning", "error"])
    verify.set_defaults(command=_verify)
    return parser


def _print(names: list[str]) -> int:
    print("\n".join(names))
    return 0


def add_serve_flags(parser: argparse.ArgumentParser) -> None:
    default = ServeOptions()
    parser.add_argument("--port", type=int, default=default.port, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--host", default=default.host, help="address to serve on (default: %(default)s)")
    parser.add_argument("--graph", metavar="URL", help="a Graph-compatible server (default: the bundled simulator)")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="the policy file (default: the demo's)")
    parser.add_argument(
        "--data", type=Path, default=default.data, metavar="DIR", help="holds all state (default: .data)"
    )
    parser.add_argument("--key", help="the function key (default: made once and kept in the data directory)")
    parser.add_argument(
        "--key-file", type=Path, metavar="FILE", help="the same from a file, so that no list of processes shows it"
    )
    parser.add_argument(
        "--simulator-users", type=int, default=default.simulator_users, metavar="N", help="per simulated customer"
    )
    parser.add_argument(
        "--app", type=Path, default=default.app, metavar="FILE", help="another function app (default: this one)"
    )
    parser.add_argument(
        "--service-bus",
        type=int,
        nargs="?",
        const=5672,
        metavar="PORT",
        help="also start a Service Bus on this machine and feed the app from it (without PORT: 5672; 0 takes a free one)",
    )
    parser.add_argument(
        "--trust-proxy",
        action="append",
        default=[],
        metavar="NETWORK",
        help="believe the forwarded headers of this proxy, 10.0.0.5 or 10.0.0.0/24 (may be given several times)",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="also serve under this name (beside PUBLIC_BASE_URL's and localhost; may be given several times)",
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="serve TLS: the certificate with its chain, PEM")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="and its key, PEM")
    parser.add_argument(
        "--task-hub",
        metavar="HOST:PORT",
        help="take durable work from this service, which other hosts share (https://HOST for TLS); needs RECORDS=tables",
    )
    parser.add_argument(
        "--task-hub-name",
        default=default.task_hub_name,
        metavar="NAME",
        help="the task hub there, where the service has several (default: %(default)s)",
    )
    parser.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])


def serve_options(options: argparse.Namespace) -> ServeOptions:
    return ServeOptions(
        host=options.host,
        port=options.port,
        graph=options.graph,
        policy=options.policy,
        data=options.data,
        key=options.key,
        key_file=options.key_file,
        simulator_users=options.simulator_users,
        app=options.app,
        service_bus=options.service_bus,
        trust_proxy=tuple(options.trust_proxy),
        allow_host=tuple(options.allow_host),
        tls_cert=options.tls_cert,
        tls_key=options.tls_key,
        task_hub=options.task_hub,
        task_hub_name=options.task_hub_name,
    )


def _serve(options: argparse.Namespace) -> int:
    if asyncio.run(serve(serve_options(options))):
        # A thread that never comes back would keep the process for ever.
        sys.stdout.flush()
        os._exit(0)
    return 0


def _verify(options: argparse.Namespace) -> int:
    chosen = VerifyOptions(options.data, options.request, options.policy, options.url, options.key)
    return asyncio.run(verify_audit(chosen))


def _explain(error: Exception) -> int:
    """One line for what a person can put right (the app's and our own errors carry a `reason`), else a traceback."""
    seen: BaseException | None = error
    while seen is not None and not hasattr(seen, "reason"):
        seen = seen.__cause__ or seen.__context__
    if seen is None:
        traceback.print_exception(error)
    else:
        lines = [line.strip() for line in str(seen).splitlines() if line.strip()]
        print("localhost:", "; ".join(lines).replace(":; ", ": "), file=sys.stderr)
    return 1
