"""HTTP in front of the handlers: routes, pipeline, batches, ASGI application, process."""
