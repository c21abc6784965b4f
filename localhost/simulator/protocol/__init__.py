"""What travels between the socket and the handlers: requests, responses, errors, query options."""
