"""What keeps the local host from starting or a function from ending well. Each has a stable `reason`."""


class LocalHostError(Exception):
    """Base of all; `str()` is one line that says what to do."""

    reason = "localHost"


class CannotServeError(LocalHostError):
    """The address to serve on cannot be taken."""

    reason = "cannotServe"


class DataDirInUseError(LocalHostError):
    """Another host holds this data directory."""

    reason = "dataDirInUse"


class BadFlagError(LocalHostError):
    """A flag or a file it names cannot be used."""

    reason = "badFlag"


class NewerStateError(LocalHostError):
    """A newer version of this program wrote the state. It was left as it is."""

    reason = "newerState"


class DamagedStateError(LocalHostError):
    """A file of the state is damaged, or is not one of this program. It was left as it is."""

    reason = "damagedState"


class StateUnavailableError(LocalHostError):
    """A file of the state cannot be opened or written."""

    reason = "stateUnavailable"


class BackupError(LocalHostError):
    """A backup cannot be made or restored."""

    reason = "backup"


class TaskHubError(LocalHostError):
    """The service that durable work should come from cannot be reached or used."""

    reason = "taskHub"


class GivenBackError(LocalHostError):
    """This host does not do this work item: another one, or a later start, will."""

    reason = "givenBack"


class UnsupportedFunctionError(LocalHostError):
    """The app has a trigger, route or schedule that this host cannot serve as Azure would."""

    reason = "unsupportedFunction"


class FunctionFailedError(LocalHostError):
    """A function raised. `error_type` and `error` come from the function; both may hold what it worked on."""

    reason = "functionFailed"

    def __init__(self, invocation_id: str, error_type: str, error: str, trace: str) -> None:
        super().__init__(f"{error_type}: {error}")
        self.invocation_id = invocation_id
        self.error_type = error_type
        self.error = error
        self.trace = trace


class InstanceError(LocalHostError):
    """The durable engine cannot do what was asked with this orchestration instance."""

    reason = "instance"
    condition = "cannot be used"

    def __init__(self, instance_id: str) -> None:
        super().__init__(f"Instance '{instance_id}' {self.condition}")


class InstanceExistsError(InstanceError):
    """An instance with this id runs, or has ended in a state that the caller does not want replaced."""

    reason = "instanceExists"
    condition = "already exists"


class InstanceNotFoundError(InstanceError):
    """There is no instance with this id."""

    reason = "instanceNotFound"
    condition = "not found"


class InstanceEndedError(InstanceError):
    """The instance has ended."""

    reason = "instanceEnded"
    condition = "has ended"


class InstanceIdError(InstanceError):
    """The Azure Storage provider takes no instance with this id."""

    reason = "instanceId"
    condition = "cannot be: an id has 1 to 100 characters, no leading @, none of / \\ # ? and no control characters"


class InstanceRunsError(InstanceError):
    """The instance has not ended."""

    reason = "instanceRuns"
    condition = "has not ended"
