"""What can go wrong with the store. `reason` is stable: it shows up in the API, the record and the metric."""


class RecordsError(Exception):
    """Something is wrong with the store or with what it was asked to keep."""

    reason = "records"


class StoreUnavailableError(RecordsError):
    """The store did not answer, is full, is read-only or is closed: try again later."""

    reason = "storeUnavailable"


class ValueTooLargeError(RecordsError):
    """A value, or all values of one `apply` together, is larger than the store takes. Nothing was sent."""

    reason = "valueTooLarge"


class InvalidNameError(RecordsError):
    """A partition or key is empty, longer than 200 characters, or holds characters that are not text."""

    reason = "invalidName"


class NewerStoreError(RecordsError):
    """A newer version of this program wrote the store. It was left as it is."""

    reason = "newerStore"


class DamagedStoreError(RecordsError):
    """The file is damaged, or is not a store of this program. It was left as it is."""

    reason = "damagedStore"
