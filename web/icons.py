"""The pictures of the pages, drawn in the colour of the text around them."""

from markupsafe import Markup

_PATHS = {
    "warn": "M12 3 1.5 21h21L12 3Zm-1 7h2v5h-2v-5Zm0 6.5h2v2h-2v-2Z",
    "info": "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1 8h2v7h-2v-7Zm0-3.5h2v2h-2v-2Z",
    "home": "M12 3 2 12h3v8h5v-6h4v6h5v-8h3L12 3Z",
    "list": "M4 5h2v2H4V5Zm4 0h12v2H8V5ZM4 11h2v2H4v-2Zm4 0h12v2H8v-2ZM4 17h2v2H4v-2Zm4 0h12v2H8v-2Z",
    "users": "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm0 2c-4 0-7 2-7 4.5V20h14v-2.5C16 15 13 13 9 13Z"
    "m7-2a3.5 3.5 0 1 0-1-6.8 6 6 0 0 1-.3 6.5 3 3 0 0 0 1.3.3Zm1.5 2.3c1 1 1.5 2.5 1.5 4.2V20h4v-2.5c0-2.2-2.4-3.9-5.5-4.2Z",
    "key": "M14 2a8 8 0 0 0-7.7 10.3L2 16.6V22h5.4v-2.5H10V17h2.2l1-1A8 8 0 1 0 14 2Z"
    "m2.5 4a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6Z",
    "check": "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1.3 14.2L6.5 12l1.4-1.4 2.8 2.8 5.4-5.4 1.4 1.4Z",
    "log": "M6 2h9l5 5v15H6V2Zm8 1.8V8h4.2L14 3.8ZM9 12h8v1.8H9V12Zm0 4h8v1.8H9V16Z",
    "inbox": "M3 4h18v16H3V4Zm2 2v8h4a3 3 0 0 0 6 0h4V6H5Z",
    "search": "M10 3a7 7 0 1 0 4.2 12.6l5.1 5.1 1.4-1.4-5.1-5.1A7 7 0 0 0 10 3Zm0 2a5 5 0 1 1 0 10 5 5 0 0 1 0-10Z",
    "refresh": "M12 4a8 8 0 0 1 6.9 4H16v2h6V4h-2v2.3A10 10 0 1 0 22 12h-2a8 8 0 1 1-8-8Z",
    "hourglass": "M6 2h12v4l-4.5 6 4.5 6v4H6v-4l4.5-6L6 6V2Zm2.5 3L12 9.7 15.5 5h-7Z",
    "cross": "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm4 12.6L14.6 16 12 13.4 9.4 16 8 14.6 10.6 12 8 9.4 9.4 8 12 10.6 14.6 8 16 9.4"
    " 13.4 12 16 14.6Z",
    "bar": "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20ZM7 11h10v2H7v-2Z",
    "clock": "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm1 5h-2v6l4.2 2.5 1-1.6L13 12V7Z",
    "slash": "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm0 2a8 8 0 0 1 4.9 1.7L5.7 16.9A8 8 0 0 1 12 4Zm0 16a8 8 0 0 1-4.9-1.7L18.3 7.1A8"
    " 8 0 0 1 12 20Z",
    "pencil": "M3 17.2V21h3.8L17.8 9.9l-3.7-3.7L3 17.2ZM20.7 7a1 1 0 0 0 0-1.4l-2.3-2.3a1 1 0 0 0-1.4 0l-1.8 1.8 3.7 3.7L20.7 7Z",
    "tick": "M9 16.2 4.8 12l-1.4 1.4L9 19 21 7l-1.4-1.4L9 16.2Z",
    "square": "M5 5h14v14H5V5Z",
    "back": "M12 5V1L6 7l6 6V9a5 5 0 1 1-5 5H5a7 7 0 1 0 7-9Z",
}
# How a request stands, as a picture beside its word: never by colour alone.
_OF_STATUS = {
    "planning": "pencil",
    "planned": "log",
    "awaitingApproval": "hourglass",
    "approved": "tick",
    "resetting": "refresh",
    "cancelling": "square",
    "completed": "check",
    "partiallyCompleted": "warn",
    "failed": "cross",
    "denied": "bar",
    "expired": "clock",
    "cancelled": "slash",
    "withdrawn": "back",
}
_SVG = Markup(
    '<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path fill="currentColor" d="{}"/></svg>'
)

ICONS = {name: _SVG.format(path) for name, path in _PATHS.items()}
STATUS_ICONS = {status: ICONS[name] for status, name in _OF_STATUS.items()}
