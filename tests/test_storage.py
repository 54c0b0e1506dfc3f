"""Files and folders that are whole or not there, and locks that end with their process."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from fer_models.storage import atomic_file, atomic_folder, locked, remove_leftovers, remove_leftovers_of_the_dead

ROOT = Path(__file__).resolve().parents[1]


def test_a_file_is_replaced_at_the_end_and_not_before(tmp_path: Path) -> None:
    target = tmp_path / "made" / "figures.json"
    with atomic_file(target) as file:
        file.write_text("first")
        assert not target.exists()
    with atomic_file(target) as file:
        file.write_text("second")
        assert target.read_text() == "first"
    assert target.read_text() == "second"
    assert os.listdir(target.parent) == ["figures.json"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "figures.json"
    target.write_text("old")
    with pytest.raises(error), atomic_file(target) as file:
        file.write_text("half")
        raise error
    assert os.listdir(tmp_path) == ["figures.json"]
    assert target.read_text() == "old"


def test_a_file_has_the_rights_and_the_ending_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    with atomic_file(tmp_path / "numbers.npy") as file:
        np.save(file, np.arange(3))  # adds an ending to a name that lacks it
    assert np.load(tmp_path / "numbers.npy").tolist() == [0, 1, 2]
    assert (tmp_path / "numbers.npy").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_folder_is_replaced_with_all_in_it(tmp_path: Path) -> None:
    target = tmp_path / "made" / "best"
    for text in ("first", "second"):
        with atomic_folder(target) as folder:
            (folder / text).write_text(text)
    assert os.listdir(target) == ["second"]
    assert os.listdir(target.parent) == ["best"]


def test_a_folder_stays_after_an_error(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "best") as folder:
        (folder / "weights").write_text("old")
    with pytest.raises(ValueError, match="half"), atomic_folder(tmp_path / "best") as folder:
        (folder / "weights").write_text("half")
        raise ValueError("half")
    assert os.listdir(tmp_path) == ["best"]
    assert (tmp_path / "best" / "weights").read_text() == "old"


def test_a_folder_comes_back_when_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with atomic_folder(tmp_path / "best") as folder:
        (folder / "weights").write_text("old")
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name.startswith(".new-"):
            raise PermissionError("refused")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError), atomic_folder(tmp_path / "best") as folder:
        (folder / "weights").write_text("new")
    assert os.listdir(tmp_path) == ["best"]
    assert (tmp_path / "best" / "weights").read_text() == "old"


def test_a_folder_that_may_not_be_replaced_stays(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "mine").touch()
    with pytest.raises(OSError, match="not empty"), atomic_folder(tmp_path / "faces", replace=False) as folder:
        (folder / "theirs").touch()
    assert os.listdir(tmp_path) == ["faces"]
    assert os.listdir(tmp_path / "faces") == ["mine"]


def test_only_the_owner_looks_into_a_private_folder(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "faces", private=True):
        pass
    assert stat.S_IMODE((tmp_path / "faces").stat().st_mode) == 0o700


def test_writers_of_one_folder_end_with_one_of_theirs(tmp_path: Path) -> None:
    problems: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for _ in range(30):
                with atomic_folder(tmp_path / "table") as folder:
                    (folder / "a").write_text(str(number))
                    (folder / "b").write_text(str(number))
        except BaseException as error:
            problems.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert problems == []
    assert os.listdir(tmp_path) == ["table"]
    assert (tmp_path / "table" / "a").read_text() == (tmp_path / "table" / "b").read_text()


def test_what_a_killed_writer_left_is_removed_and_what_it_moved_away_comes_back(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from fer_models import storage\n"
        "home = Path(sys.argv[1])\n"
        "with storage.atomic_file(home / 'resume.pt') as file, storage.atomic_folder(home / 'best') as folder:\n"
        "    file.touch()\n"
        "    (home / 'best').rename(storage._hidden(storage._OLD, home / 'best'))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    (tmp_path / "best").mkdir()
    (tmp_path / "best" / "weights").touch()
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT).returncode == -9
    assert len(os.listdir(tmp_path)) == 3
    remove_leftovers(tmp_path)
    remove_leftovers(tmp_path / "nowhere")
    assert os.listdir(tmp_path) == ["best"]
    assert os.listdir(tmp_path / "best") == ["weights"]


def test_a_lock_is_for_one_holder_and_ends_with_its_process(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    code = (
        "import sys; from fer_models.storage import locked\n"
        "with locked(sys.argv[1]):\n    print(flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(TimeoutError), locked(lock, timeout=0):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with locked(lock, timeout=0), pytest.raises(TimeoutError), locked(lock, timeout=0):
        pass  # two blocks of one process exclude each other too


def test_a_lock_in_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), locked(tmp_path / "gone" / ".lock"):
        pass


#: What only the module ``storage`` does.
LOW_LEVEL = {"fcntl", "mkstemp", "mkdtemp", "NamedTemporaryFile", "rename"}


def low_level(tree: ast.AST) -> list[str]:
    """Words of a module's code that are left to ``storage``."""
    words = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            words |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute):
            words |= {f"os.{node.attr}" if ast.unparse(node.value) == "os" else node.attr}
    return sorted(words & (LOW_LEVEL | {"os.replace", "os.rename"}))


def test_nobody_else_writes_atomically_or_locks_by_hand() -> None:
    for top in ("fer_models", "workbench", "pages"):
        for file in (ROOT / top).rglob("*.py"):
            if file != ROOT / "fer_models" / "storage.py":
                assert low_level(ast.parse(file.read_text(encoding="utf-8"))) == [], file
    assert low_level(ast.parse("import os\nos.replace(a, b)\nf = tempfile.mkstemp()\nimport fcntl")) == [
        "fcntl",
        "mkstemp",
        "os.replace",
    ]


def test_nothing_of_a_killed_process_stays_and_what_is_being_written_does(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from fer_models.storage import atomic_file, atomic_folder\n"
        "with atomic_file(Path(sys.argv[1], 'deep', 'a.npz')) as a, atomic_folder(Path(sys.argv[1], 'b')) as b:\n"
        "    a.write_text('half'); (b / 'part').write_text('half'); os.kill(os.getpid(), 9)"
    )
    before = sorted(tmp_path.rglob("*"))
    (tmp_path / "deep").mkdir()
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert len(list(tmp_path.rglob(".new-*"))) == 2
    with atomic_file(tmp_path / "deep" / "mine") as mine:
        mine.write_text("")
        remove_leftovers_of_the_dead(tmp_path)
        assert mine.exists() and len(list(tmp_path.rglob(".new-*"))) == 1
    (tmp_path / "deep" / "mine").unlink()
    (tmp_path / "deep").rmdir()
    assert sorted(tmp_path.rglob("*")) == before
    other = tmp_path / ".new-00000000.1.ab-of-another-computer"
    other.touch()
    remove_leftovers_of_the_dead(tmp_path)
    assert other.exists()
