import base64
import stat
from pathlib import Path

import pytest

from localhost.data_dir import DataDir
from localhost.errors import BadFlagError, DataDirInUseError


def test_keys_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    with DataDir(tmp_path / "new" / "data") as data:
        made = (data.function_key(), data.approval_keys(), data.webhook_secret("helpdesk"))
        modes = {stat.S_IMODE(file.stat().st_mode) for file in data.path.iterdir() if file.name != "lock"}
    assert modes == {0o600}
    with DataDir(tmp_path / "new" / "data") as data:
        assert (data.function_key(), data.approval_keys(), data.webhook_secret("helpdesk")) == made
    assert len(base64.b64decode(made[1].removeprefix("local:"))) == 32
    assert len(base64.b64decode(made[2].removeprefix("whsec_"))) == 32


def test_only_one_host_holds_it(tmp_path: Path) -> None:
    with DataDir(tmp_path), pytest.raises(DataDirInUseError, match="another local host"):
        DataDir(tmp_path)
    DataDir(tmp_path).close()


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadFlagError, match="--data"):
        DataDir(tmp_path / "file")
