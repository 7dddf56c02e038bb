"""Claims about files that are written whole or not at all: links, modes, names, leftovers, several writers."""

import errno
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import autograd.files
from autograd import Value, draw
from autograd.files import whole_file, write_whole

ROOT = Path(__file__).parents[1]
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other links, modes and locks")


def python(code, *args, **options):
    """Another process, which runs code."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", code, *map(str, args)], env=environment, stdout=subprocess.PIPE, text=True, **options)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def common_user(monkeypatch):
    """A folder of a user who may not write anywhere, as root may, and being that user."""
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        inside = Path(folder) / "inside"
        inside.mkdir()
        os.chown(inside, 65534, 65534)
        access = os.access
        monkeypatch.setattr(os, "access", lambda path, what: access(path, what, effective_ids=True))
        os.seteuid(65534)
        try:
            yield inside
        finally:
            os.seteuid(0)


# What stays as it was


@posix
@pytest.mark.parametrize("link_to", ["real", "folder/real", "second"])
def test_a_link_stays_a_link_and_the_file_behind_it_is_replaced(tmp_path, link_to):
    (tmp_path / "folder").mkdir()
    (tmp_path / "second").symlink_to("folder/real")
    link = tmp_path / "link"
    link.symlink_to(link_to)
    link.resolve().write_bytes(b"old")
    write_whole(link, b"new")
    assert os.readlink(link) == link_to
    assert not link.resolve().is_symlink()
    assert link.resolve().read_bytes() == b"new"
    assert not list(tmp_path.rglob("*.part"))


@posix
def test_a_link_to_nothing_gets_its_file(tmp_path):
    (tmp_path / "link").symlink_to("new/file")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "new" / "file").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()


@posix
def test_a_link_to_itself_is_refused(tmp_path):
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(OSError, match="link could not be written, and is as it was before: Too many levels of symbolic links"):
        write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()


@posix
@pytest.mark.parametrize("permissions", [0o600, 0o644, 0o664, 0o777, 0o640])
def test_a_file_keeps_its_mode_whatever_the_umask(tmp_path, permissions):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(permissions)
    usual = os.umask(0o077)
    try:
        write_whole(path, b"new")
    finally:
        os.umask(usual)
    assert mode(path) == permissions


@posix
@pytest.mark.parametrize(("umask", "permissions"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_follows_the_umask(tmp_path, umask, permissions):
    usual = os.umask(umask)
    try:
        write_whole(tmp_path / "file", b"new")
    finally:
        os.umask(usual)
    assert mode(tmp_path / "file") == permissions


@posix
def test_what_is_private_is_private_while_it_is_written(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o600)
    with whole_file(path) as file:
        file.write(b"secret")
        file.flush()
        (part,) = tmp_path.glob(".*.part")
        assert mode(part) == 0o600


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_file_keeps_its_owner(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    os.chown(path, 65534, 65533)
    path.chmod(0o640)
    write_whole(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid, mode(path)) == (65534, 65533, 0o640)


@posix
def test_another_name_of_the_file_keeps_what_was_there_before(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    os.link(tmp_path / "file", tmp_path / "other")
    write_whole(tmp_path / "file", b"new")
    assert ((tmp_path / "file").read_bytes(), (tmp_path / "other").read_bytes()) == (b"new", b"old")


@posix
def test_a_device_stays_a_device_and_is_written_to():
    write_whole("/dev/null", b"new")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@posix
def test_a_pipe_is_written_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = python("import sys; print(open(sys.argv[1]).read())", tmp_path / "pipe")
    write_whole(tmp_path / "pipe", b"through")
    assert reader.communicate(timeout=60)[0] == "through\n"
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


# Names and folders


@pytest.mark.parametrize("name", ["a", "n" * 245, "n" * 255, "€" * 85, ".hidden", "a b\n'c'", "-", "*?[x]", "name.part"])
def test_any_name_that_the_file_system_takes_can_be_written(tmp_path, name):
    write_whole(tmp_path / name, b"first")
    write_whole(tmp_path / name, b"second")
    assert (tmp_path / name).read_bytes() == b"second"
    assert os.listdir(tmp_path) == [name]


@posix
def test_a_name_that_is_too_long_is_said(tmp_path):
    with pytest.raises(OSError, match="could not be written, and is as it was before: File name too long"):
        write_whole(tmp_path / ("n" * 256), b"new")
    assert not os.listdir(tmp_path)


def test_folders_are_made(tmp_path):
    write_whole(tmp_path / "a" / "b" / "file", b"new")
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"new"


def test_a_path_in_the_working_folder_is_written_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_whole("file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_folder_is_not_replaced_and_nothing_is_done_before_it_is_said(tmp_path):
    with pytest.raises(IsADirectoryError, match="could not be written, and is as it was before: Is a directory"):
        write_whole(tmp_path, b"new")
    with pytest.raises(IsADirectoryError), whole_file(tmp_path):
        pytest.fail("This would have been in vain.")


def test_a_file_in_the_place_of_a_folder_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(OSError, match="inside could not be written, and is as it was before: "):
        write_whole(tmp_path / "file" / "inside", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"


@posix
def test_a_read_only_file_is_not_replaced(common_user):
    path = common_user / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="file could not be written, and is as it was before: it is read-only"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"


@posix
def test_a_folder_without_permission_is_said(common_user):
    (common_user / "file").write_bytes(b"old")
    common_user.chmod(0o500)
    with pytest.raises(PermissionError, match="file could not be written, and is as it was before: Permission denied"):
        write_whole(common_user / "file", b"new")
    assert (common_user / "file").read_bytes() == b"old"


# A failure leaves what was there


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_failure_at_any_moment_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, moment):
    (tmp_path / "file").write_bytes(b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, moment, full)
    with pytest.raises(OSError, match=r"file could not be written, and is as it was before: No space left on device$") as error:
        write_whole(tmp_path / "file", b"new")
    assert error.value.errno == errno.ENOSPC
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
def test_an_interruption_leaves_the_old_file_and_nothing_else(tmp_path, interruption):
    (tmp_path / "file").write_bytes(b"old")

    def write_half():
        with whole_file(tmp_path / "file") as file:
            file.write(b"half")
            raise interruption

    with pytest.raises(interruption):
        write_half()
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_all_is_on_the_disk_before_it_is_put_in_place(tmp_path, monkeypatch):
    """After a power failure there is the old file or the new one: the numbers go to the disk first, and then the name."""
    done = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)

        def noted(*args, name=name, real=real):
            sizes = [os.fstat(args[0]).st_size] if name == "fsync" else []
            done.append((name, *sizes))
            return real(*args)

        monkeypatch.setattr(os, name, noted)
    write_whole(tmp_path / "file", b"new")
    assert done == [("fsync", 3), ("replace",)]


# Leftovers of killed processes, and several writers

WRITER = """
import sys, time
from autograd.files import whole_file
with whole_file(sys.argv[1]) as file:
    file.write(sys.argv[2].encode())
    file.flush()
    print("writing", flush=True)
    sys.stdin.readline()
"""


def start_writing(path, text):
    process = python(WRITER, path, text, stdin=subprocess.PIPE)
    assert process.stdout.readline() == "writing\n"
    return process


def finish(process):
    process.communicate("go on\n", timeout=60)
    assert process.returncode == 0


@posix
def test_what_a_killed_process_left_is_swept_by_the_next_file_in_that_folder(tmp_path):
    process = start_writing(tmp_path / "file", "half")
    process.kill()
    process.communicate()
    assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
    write_whole(tmp_path / "another", b"new")
    assert os.listdir(tmp_path) == ["another"]


@posix
def test_what_a_living_process_is_writing_is_never_swept(tmp_path):
    slow = start_writing(tmp_path / "slow", "all")
    slow.send_signal(signal.SIGSTOP)
    (part,) = tmp_path.glob(".*.part")
    os.utime(part, (0, 0))  # it may be as old as it likes
    write_whole(tmp_path / "quick", b"new")
    with whole_file(tmp_path / "inside") as file:
        write_whole(tmp_path / "quick", b"newer")
        file.write(b"our own too")
    slow.send_signal(signal.SIGCONT)
    finish(slow)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "slow": b"all", "quick": b"newer", "inside": b"our own too",
    }  # fmt: skip


@posix
def test_a_file_that_is_swept_before_it_is_locked_is_made_again(tmp_path, monkeypatch):
    lock, locked = autograd.files.fcntl.flock, []

    def late(file, kind):
        if not locked:
            os.unlink(next(tmp_path.glob(".*.part")))
        locked.append(kind)
        lock(file, kind)

    monkeypatch.setattr(autograd.files.fcntl, "flock", late)
    write_whole(tmp_path / "file", b"new")
    assert len(locked) == 2
    assert (tmp_path / "file").read_bytes() == b"new"


@posix
def test_a_file_system_without_locks_takes_files_too(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(autograd.files.fcntl, "flock", none)
    write_whole(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_without_locks_what_is_a_day_old_is_swept_and_no_file_is_moved_before_it_is_closed(tmp_path, monkeypatch):
    """As on Windows, where no file can be moved or deleted while it is open."""
    monkeypatch.setattr(autograd.files, "LOCKS", False)
    young, old = tmp_path / ".glassgrad-1.part", tmp_path / ".glassgrad-2.part"
    for part, age in ((young, 23), (old, 25)):
        part.write_bytes(b"half")
        os.utime(part, (time.time() - age * 3600,) * 2)
    opened, replace = [], os.replace

    def opening(*args, **options):
        opened.append(open(*args, **options))  # noqa: SIM115
        return opened[-1]

    def replace_closed(*args):
        assert len(opened) == 2
        assert all(file.closed for file in opened)
        replace(*args)

    monkeypatch.setattr(autograd.files, "open", opening, raising=False)
    monkeypatch.setattr(os, "replace", replace_closed)
    write_whole(tmp_path / "file", b"new")
    assert sorted(os.listdir(tmp_path)) == [young.name, "file"]


def test_files_of_others_are_not_swept(tmp_path):
    others = [".download.part", "movie.part", ".model.1234.part", "glassgrad-1.part"]
    for name in others:
        (tmp_path / name).write_bytes(b"of somebody else")
    (tmp_path / ".glassgrad-folder.part").mkdir()
    write_whole(tmp_path / "file", b"new")
    assert sorted(os.listdir(tmp_path)) == sorted([*others, ".glassgrad-folder.part", "file"])


def test_of_two_writers_the_last_one_wins_and_never_a_mix(tmp_path):
    first, second = (start_writing(tmp_path / "file", text * 10_000) for text in ("first", "second"))
    finish(second)
    assert (tmp_path / "file").read_bytes() == b"second" * 10_000
    finish(first)
    assert (tmp_path / "file").read_bytes() == b"first" * 10_000
    assert os.listdir(tmp_path) == ["file"]


# Who else writes so


@posix
def test_a_drawing_is_written_so_too(tmp_path):
    name = "n" * 251 + ".dot"
    (tmp_path / name).write_bytes(b"old")
    (tmp_path / name).chmod(0o600)
    (tmp_path / "link.dot").symlink_to(name)
    draw(Value(1.0) + 1).save(tmp_path / "link.dot")
    assert (tmp_path / "link.dot").is_symlink()
    assert (tmp_path / name).read_bytes().startswith(b"digraph")
    assert mode(tmp_path / name) == 0o600
