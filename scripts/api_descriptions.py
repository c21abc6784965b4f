"""Write the descriptions of the API, as a service at an example address serves them: python -m scripts.api_descriptions FOLDER."""

import json
import sys
from pathlib import Path
from typing import Any

from triggers.api import asyncapi_document
from triggers.api.openapi_2 import connector_description
from triggers.api.openapi_document import description

BASE = "https://mfa-reset.msp.example"


def descriptions(base: str = BASE) -> dict[str, dict[str, Any]]:
    """Return the documents by the names of their files; OpenAPI 2.0 for both kinds of connections."""
    return {
        "openapi.json": description(base),
        "openapi-2.0.json": connector_description(base, signs_in=True),
        "openapi-2.0-key.json": connector_description(base, signs_in=False),
        "asyncapi.json": asyncapi_document.description(),
    }


def write(folder: Path, base: str = BASE) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in descriptions(base).items():
        (folder / name).write_text(json.dumps(document, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
