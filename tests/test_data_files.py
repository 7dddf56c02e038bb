"""Claims about the files of data sets: they are found as people have them, read to their end, and never half believed."""

import gzip
import io
import pickle
import tarfile
import zlib

import numpy as np
import pytest
from test_data_images import CLASSES, IMAGES, LABELS, PHOTOS, archive_of, cifar_files, everything_in, idx, mnist_files, put

from nn.data import CIFAR10, KMNIST, MNIST, FashionMNIST
from nn.data.files import BrokenFileError


def renamed(files, change):
    return {change(name): content for name, content in files.items()}


def in_folders(folder, files, inside=lambda name: name):
    for name, content in files.items():
        put(folder / name.removesuffix(".gz"), {inside(name): content})


def with_dot(name):
    return name.replace("-idx", ".idx")


# Names and folders of MNIST


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    "change", [with_dot, str.upper, str.title, lambda name: name.replace("-", "_"), lambda name: with_dot(name).replace("-", " ")]
)
@pytest.mark.parametrize("place", [".", "mnist", "MNIST", "MNIST/raw", "Mnist", "raw"])
def test_mnist_is_found_under_all_its_names(tmp_path, place, change, suffix):
    put(tmp_path / place, renamed(mnist_files(suffix), change))
    np.testing.assert_array_equal(MNIST(tmp_path).data, IMAGES)
    np.testing.assert_array_equal(MNIST(tmp_path, train=False).targets, LABELS[::-1])


@pytest.mark.parametrize("place", [".", "mnist", "MNIST/raw"])
@pytest.mark.parametrize("inside", [lambda name: name, with_dot])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_files_in_a_folder_each_are_found(tmp_path, place, inside, suffix):
    in_folders(tmp_path / place, mnist_files(suffix), inside)
    np.testing.assert_array_equal(MNIST(tmp_path).data, IMAGES)
    np.testing.assert_array_equal(MNIST(tmp_path).targets, LABELS)


def test_names_of_several_kinds_may_be_mixed(tmp_path):
    files = mnist_files("")
    put(tmp_path, {"train-images.idx3-ubyte": files["train-images-idx3-ubyte"]})
    in_folders(tmp_path, {"train-labels-idx1-ubyte": files["train-labels-idx1-ubyte"]})
    np.testing.assert_array_equal(MNIST(tmp_path).targets, LABELS)


def test_the_folder_itself_and_the_one_above_and_a_file_in_it_are_roots_too(tmp_path):
    folder = put(tmp_path / "MNIST" / "raw", mnist_files())
    for root in (folder, folder.parent, tmp_path, folder / "train-images-idx3-ubyte.gz"):
        np.testing.assert_array_equal(MNIST(root).targets, LABELS)


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (FashionMNIST, "fashion-mnist"), (FashionMNIST, "FashionMNIST/raw"), (FashionMNIST, "fashion_mnist"), (KMNIST, "KMNIST/raw"),
        (KMNIST, "kmnist"), (KMNIST, "k-mnist"),
    ],
)  # fmt: skip
def test_the_relatives_of_mnist_are_found_in_their_folders_and_not_taken_for_another(tmp_path, kind, place):
    put(tmp_path / place, mnist_files())
    np.testing.assert_array_equal(kind(tmp_path).targets, LABELS)
    assert len(kind.classes) == len(kind.md5) + 6 == 10
    for other in {MNIST, FashionMNIST, KMNIST} - {kind}:
        with pytest.raises(FileNotFoundError, match=rf"{other.__name__} needs the files"):
            other(tmp_path)


def test_a_file_that_is_there_twice_is_read_without_decompressing(tmp_path):
    put(tmp_path, {**mnist_files(), **mnist_files("")})
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"\x1f\x8bdamaged")
    np.testing.assert_array_equal(MNIST(tmp_path).data, IMAGES)


def npz(path, **changes):
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[::-1], "y_test": LABELS[::-1]}
    np.savez_compressed(path, **{**arrays, **changes})
    return path


@pytest.mark.parametrize("place", [".", "mnist"])
def test_the_file_of_keras_is_read(tmp_path, place):
    (tmp_path / place).mkdir(exist_ok=True)
    npz(tmp_path / place / "mnist.npz")
    np.testing.assert_array_equal(MNIST(tmp_path).data, IMAGES)
    np.testing.assert_array_equal(MNIST(tmp_path, train=False).targets, LABELS[::-1])


class Evil:
    def __reduce__(self):
        return print, ("a program ran",)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"x_train": np.array([Evil()])}, "is damaged, or does not have the arrays x_train and y_train"),
        ({"x_train": IMAGES / 255}, "has float64 of shape (12, 28, 28) and uint8 of shape (12,); it should have bytes of three axes"),
        ({"x_train": IMAGES[:, 0]}, "has uint8 of shape (12, 28) and uint8 of shape (12,); it should have"),
        ({"y_train": LABELS[:, None]}, "has uint8 of shape (12, 28, 28) and uint8 of shape (12, 1); it should have"),
        ({"y_train": LABELS[:11]}, "has 11 labels, and mnist.npz has 12 images"),
        ({"y_train": LABELS.astype(int) - 10}, "and there are 10 classes, from 0"),
    ],
)
def test_a_file_of_keras_with_something_else_in_it_is_refused(tmp_path, capsys, changes, sentence):
    npz(tmp_path / "mnist.npz", **changes)
    with pytest.raises(BrokenFileError) as caught:
        MNIST(tmp_path)
    assert sentence in str(caught.value)
    assert "ran" not in capsys.readouterr().out


def test_what_lies_there_is_said_if_files_are_missing(tmp_path):
    put(tmp_path, {"train-images-idx3-ubyte.gz": b"", "train-labels.zip": b"", **{f"{i}.png": b"" for i in range(8)}})
    with pytest.raises(FileNotFoundError) as caught:
        MNIST(tmp_path)
    sentence = str(caught.value)
    assert "MNIST needs the files train-images-idx3-ubyte, train-labels-idx1-ubyte" in sentence
    assert f"{tmp_path} has 0.png, 1.png, 2.png, 3.png, 4.png, 5.png, 6.png, 7.png and 2 more. Put them there" in sentence
    (tmp_path / "mnist").mkdir()
    with pytest.raises(FileNotFoundError, match=r"mnist has nothing in it; .* has 0\.png"):
        MNIST(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere: there are no such folders"):
        MNIST(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"CIFAR10 needs the files test_batch\.bin, .*cifar-10-batches-py, .* has 0\.png"):
        CIFAR10(tmp_path, train=False)


# Damage


def flips(content, count, seed=0):
    """The content with one flipped bit, at many places."""
    for place in np.random.default_rng(seed).integers(0, 8 * len(content), count):
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        yield bytes(damaged)


def accepted(path, content, count, same):
    """How many of the files with one flipped bit are read and the same, and how many are refused; there is nothing else."""
    good = refused = 0
    for damaged in flips(content, count):
        path.write_bytes(damaged)
        try:
            assert same()
            good += 1
        except (BrokenFileError, FileNotFoundError):
            refused += 1
    return good, refused


def small_cifar():
    return {name: content[: 2 * 3073] for name, content in cifar_files().items()}


def test_a_flipped_bit_in_an_archive_is_refused_or_harmless(tmp_path):
    def same():
        unpacked = tmp_path / "cifar-10-batches-bin"
        for path in unpacked.glob("*"):
            path.unlink()
        train = CIFAR10(tmp_path)
        return (train.images == PHOTOS[:5, :2].reshape(10, 3, 32, 32)).all() and (train.targets == CLASSES[:5, :2].ravel()).all()

    good, refused = accepted(tmp_path / "cifar-10-binary.tar.gz", archive_of(small_cifar()), 400, same)
    assert good < 4 < 390 < refused


def test_a_damaged_archive_leaves_nothing_unpacked(tmp_path):
    archive = archive_of(small_cifar())
    put(tmp_path, {"cifar-10-binary.tar.gz": archive[:-6] + bytes([archive[-6] ^ 1]) + archive[-5:]})  # in the checksum itself
    with pytest.raises(BrokenFileError, match=r"cifar-10-binary\.tar\.gz is damaged or was cut off"):
        CIFAR10(tmp_path)
    assert everything_in(tmp_path) == ["cifar-10-binary.tar.gz"]


@pytest.mark.parametrize("tail", [b"x", b"\x1f\x8b", b"<html>" * 100])
def test_what_follows_an_archive_is_refused(tmp_path, tail):
    put(tmp_path, {"cifar-10-binary.tar.gz": archive_of(small_cifar()) + tail})
    with pytest.raises(BrokenFileError):
        CIFAR10(tmp_path)
    put(tmp_path / "mnist", {name: content + tail for name, content in mnist_files().items()})
    with pytest.raises(BrokenFileError, match="cannot be decompressed"):
        MNIST(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>404</html>", b"PK\x03\x04" + bytes(600), gzip.compress(b"no archive" * 100), gzip.compress(b"")],
    ids=["empty", "a page", "a zip file", "a text", "nothing"],
)
def test_an_archive_that_is_something_else_is_refused(tmp_path, content):
    put(tmp_path, {"cifar-10-binary.tar.gz": content})
    with pytest.raises(BrokenFileError, match=r"cifar-10-binary\.tar\.gz is damaged or was cut off: it cannot be unpacked"):
        CIFAR10(tmp_path)


def test_a_flipped_bit_in_a_compressed_file_of_mnist_is_refused_or_harmless(tmp_path):
    files = mnist_files()
    put(tmp_path, files)
    for name in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"):
        good, refused = accepted(
            tmp_path / name, files[name], 300, lambda: (MNIST(tmp_path).data == IMAGES).all() and (MNIST(tmp_path).targets == LABELS).all()
        )
        put(tmp_path, files)
        assert refused > 100
        assert good + refused == 300


def test_a_flipped_bit_in_the_file_of_keras_is_refused_or_harmless(tmp_path):
    path = npz(tmp_path / "mnist.npz")
    good, refused = accepted(path, path.read_bytes(), 300, lambda: (MNIST(tmp_path).data == IMAGES).all())
    assert refused > 100
    assert good + refused == 300


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("change", [-1, 1, 2**31])
def test_an_idx_file_whose_header_counts_wrong_is_refused(tmp_path, axis, change):
    header = np.frombuffer(idx(IMAGES)[4:16], ">u4").astype(np.int64)
    header[axis] += change
    put(tmp_path, {**mnist_files(""), "train-images-idx3-ubyte": idx(IMAGES)[:4] + header.astype(">u4").tobytes() + IMAGES.tobytes()})
    with pytest.raises(BrokenFileError, match="bytes after its header, for the shape"):
        MNIST(tmp_path)


# CIFAR-10


@pytest.mark.parametrize("place", [".", "cifar-10-batches-bin", "CIFAR-10-batches-bin", "cifar10"])
@pytest.mark.parametrize("change", [lambda name: name + ".gz", lambda name: name.upper() + ".GZ", str.upper])
def test_cifar_is_found_compressed_or_not(tmp_path, place, change):
    files = {change(name): gzip.compress(x) if change(name).lower().endswith(".gz") else x for name, x in cifar_files().items()}
    put(tmp_path / place, files)
    np.testing.assert_array_equal(CIFAR10(tmp_path).images, PHOTOS[:5].reshape(100, 3, 32, 32))
    np.testing.assert_array_equal(CIFAR10(tmp_path / place, train=False).targets, CLASSES[5])


def test_a_compressed_file_of_cifar_is_read_to_its_checksum(tmp_path):
    files = {name + ".gz": gzip.compress(content) for name, content in cifar_files().items()}
    damaged = files["data_batch_2.bin.gz"]
    put(tmp_path, {**files, "data_batch_2.bin.gz": damaged[:-8] + bytes([damaged[-8] ^ 1]) + damaged[-7:]})
    with pytest.raises(BrokenFileError, match=r"data_batch_2\.bin\.gz is damaged or was cut off: it cannot be decompressed"):
        CIFAR10(tmp_path)


@pytest.mark.parametrize("name", ["cifar-10-binary.tar.gz", "CIFAR-10-binary.tar.gz", "cifar-10-binary.tar"])
def test_the_archive_is_a_root_too(tmp_path, name):
    archive = archive_of(cifar_files())
    put(tmp_path, {name: archive if name.endswith("gz") else zlib.decompress(archive, 31)})
    np.testing.assert_array_equal(CIFAR10(tmp_path / name, train=False).images, PHOTOS[5])


def python_files(protocol=2):
    """As Python 2 wrote them, whose texts are bytes."""
    return {
        name.removesuffix(".bin"): pickle.dumps(
            {b"batch_label": b"batch", b"labels": CLASSES[i].tolist(), b"data": PHOTOS[i].reshape(20, -1), b"filenames": [b"a.png"] * 20},
            protocol,
        )
        for i, name in enumerate(cifar_files())
    }


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("place", [".", "cifar-10-batches-py"])
def test_the_version_for_python_is_read(tmp_path, place, protocol):
    put(tmp_path / place, python_files(protocol))
    train, test = CIFAR10(tmp_path), CIFAR10(tmp_path, train=False)
    np.testing.assert_array_equal(train.images, PHOTOS[:5].reshape(100, 3, 32, 32))
    np.testing.assert_array_equal(train.targets, CLASSES[:5].ravel())
    np.testing.assert_array_equal(test.images, PHOTOS[5])


def test_a_pickle_as_python_2_wrote_it_is_read(tmp_path):
    """Its texts are strings of bytes, and it names NumPy's modules as they were then."""
    pixels, labels = PHOTOS[5].tobytes(), b"".join(b"K" + bytes([label]) for label in CLASSES[5])
    pickled = (
        b"\x80\x02}(U\x04data" b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x14M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T" + len(pixels).to_bytes(4, "little") + pixels + b"tb" b"U\x06labels(" + labels + b"lu."
    )  # fmt: skip
    put(tmp_path, {"test_batch": pickled})
    test = CIFAR10(tmp_path, train=False)
    np.testing.assert_array_equal(test.images, PHOTOS[5])
    np.testing.assert_array_equal(test.targets, CLASSES[5])


def test_the_archive_for_python_is_unpacked(tmp_path):
    put(tmp_path, {"cifar-10-python.tar.gz": archive_of(python_files())})
    np.testing.assert_array_equal(CIFAR10(tmp_path).targets, CLASSES[:5].ravel())
    assert everything_in(tmp_path / "cifar-10-batches-py") == sorted(python_files())


class System:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_cannot_run_a_program(tmp_path, protocol):
    put(tmp_path, {"test_batch": pickle.dumps({b"data": System(str(tmp_path / "ran"))}, protocol)})
    with pytest.raises(BrokenFileError, match=r"test_batch is damaged, or is not a file of CIFAR-10's Python version"):
        CIFAR10(tmp_path, train=False)
    assert everything_in(tmp_path) == ["test_batch"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x80", pickle.dumps(3), pickle.dumps({}), pickle.dumps({"data": 1, "labels": [1]}), python_files()["test_batch"][:-100],
        pickle.dumps({"data": PHOTOS[5].reshape(20, -1) / 2, "labels": CLASSES[5].tolist()}, 4),
        pickle.dumps({"data": PHOTOS[5].reshape(20, -1), "labels": CLASSES[5].tolist()[:-1]}, 4),
        pickle.dumps({"data": np.asfortranarray(PHOTOS[5].reshape(20, -1)), "labels": CLASSES[5].tolist()}, 4),
        pickle.dumps({"data": PHOTOS[5].reshape(20, -1), "fine_labels": CLASSES[5].tolist()}, 4),
    ],
)  # fmt: skip
def test_a_pickle_of_something_else_is_refused(tmp_path, content):
    put(tmp_path, {"test_batch": content})
    with pytest.raises(BrokenFileError, match="test_batch is damaged, or is not a file of CIFAR-10's Python version"):
        CIFAR10(tmp_path, train=False)


def test_damage_in_a_pickle_never_ends_in_another_error(tmp_path):
    content = python_files()["test_batch"]
    start = content[:600] + content[-600:]  # where the structure is
    for damaged in flips(start, 300):
        put(tmp_path, {"test_batch": damaged[:600] + content[600:-600] + damaged[600:]})
        try:
            assert CIFAR10(tmp_path, train=False).images.shape == (20, 3, 32, 32)
        except BrokenFileError:
            pass


def test_a_link_in_an_archive_is_not_followed(tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("test_batch.bin")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    put(tmp_path, {"cifar-10-binary.tar.gz": buffer.getvalue()})
    with pytest.raises(FileNotFoundError, match="CIFAR10 needs the files"):
        CIFAR10(tmp_path, train=False)
    assert everything_in(tmp_path) == ["cifar-10-binary.tar.gz"]
