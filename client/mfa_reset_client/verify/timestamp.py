"""The timestamp of a signature: RFC 3161, verified offline against certificates that the reader trusts."""

from datetime import datetime

from cryptography import x509
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response


def read_timestamp(response: bytes) -> datetime | None:
    """Return the time that a response states, verified or not; None for what is no response."""
    try:
        return decode_timestamp_response(response).tst_info.gen_time
    except ValueError:
        return None


def timestamp_problem(response: bytes, data: bytes, roots: list[bytes]) -> str | None:
    """Return what is wrong with the timestamp of `data`, None for a right one. `roots`: trusted certificates as PEM."""
    builder = VerifierBuilder()
    try:
        for pem in roots:
            for certificate in x509.load_pem_x509_certificates(pem):
                builder = builder.add_root_certificate(certificate)
        builder.build().verify_message(decode_timestamp_response(response), data)
    except VerificationError as error:
        return f"the timestamp is not right: {error}"
    except ValueError as error:
        return f"the timestamp cannot be read: {error}"
    return None
