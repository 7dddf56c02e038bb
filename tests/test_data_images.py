"""Claims about MNIST, Fashion-MNIST and CIFAR-10: their files are read whole, or refused; and how they are downloaded."""

import contextlib
import gzip
import hashlib
import http.server
import io
import struct
import sys
import tarfile
import threading

import numpy as np
import pytest

from nn.data import CIFAR10, MNIST, DataLoader, FashionMNIST, ImageDataset
from nn.data.download import download
from nn.data.files import BrokenFileError
from nn.data.idx import read_idx
from nn.data.transforms import RandomCrop

rng = np.random.default_rng(0)
IMAGES = rng.integers(0, 256, (12, 28, 28), dtype=np.uint8)
LABELS = rng.integers(0, 10, 12, dtype=np.uint8)
PHOTOS = rng.integers(0, 256, (6, 20, 3, 32, 32), dtype=np.uint8)  # five files for training and one for testing
CLASSES = rng.integers(0, 10, (6, 20), dtype=np.uint8)


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def mnist_files(suffix=".gz"):
    """The contents of all four files, by name; the test images are the training images backwards."""
    contents = {
        "train-images-idx3-ubyte": idx(IMAGES),
        "train-labels-idx1-ubyte": idx(LABELS),
        "t10k-images-idx3-ubyte": idx(IMAGES[::-1].copy()),
        "t10k-labels-idx1-ubyte": idx(LABELS[::-1].copy()),
    }
    return {name + suffix: gzip.compress(content) if suffix else content for name, content in contents.items()}


def records(photos, classes):
    return b"".join(bytes([label]) + photo.tobytes() for photo, label in zip(photos, classes, strict=True))


def cifar_files():
    names = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
    return {name: records(PHOTOS[i], CLASSES[i]) for i, name in enumerate(names)}


def archive_of(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in {"readme.html": b"<html>", **files}.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def put(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def everything_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


# Reading MNIST


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("place", [".", "mnist", "MNIST/raw"])
def test_the_files_are_found_compressed_or_not_where_people_have_them(tmp_path, place, suffix):
    put(tmp_path / place, mnist_files(suffix))
    train, test = MNIST(tmp_path), MNIST(str(tmp_path), train=False)
    np.testing.assert_array_equal(train.data, IMAGES)
    np.testing.assert_array_equal(train.targets, LABELS)
    np.testing.assert_array_equal(test.data, IMAGES[::-1])
    np.testing.assert_array_equal(test.targets, LABELS[::-1])


def test_compression_is_seen_in_the_file_and_not_in_its_name(tmp_path):
    put(tmp_path, {name: gzip.compress(content) for name, content in mnist_files("").items()})
    np.testing.assert_array_equal(MNIST(tmp_path).data, IMAGES)


def test_the_two_kinds_of_mnist_have_folders_of_their_own(tmp_path):
    put(tmp_path / "mnist", mnist_files())
    with pytest.raises(FileNotFoundError, match="FashionMNIST needs the files"):
        FashionMNIST(tmp_path)
    put(tmp_path / "fashion-mnist", {**mnist_files(), "train-labels-idx1-ubyte.gz": gzip.compress(idx(LABELS * 0))})
    assert FashionMNIST(tmp_path).targets.sum() == 0
    assert MNIST(tmp_path).targets.sum() == LABELS.sum()
    assert len(FashionMNIST.classes) == len(MNIST.classes) == 10


def test_an_item_is_an_image_from_0_to_1_and_its_class(tmp_path):
    train = MNIST(put(tmp_path, mnist_files()))
    assert len(train) == 12
    image, label = train[5]
    assert (image.shape, image.dtype, label) == ((1, 28, 28), np.float32, LABELS[5])
    np.testing.assert_array_equal(image[0], IMAGES[5] / np.float32(255))
    images, labels = train[-3:]
    assert (images.shape, images.dtype, labels.dtype) == ((3, 1, 28, 28), np.float32, np.int64)
    np.testing.assert_array_equal(labels, LABELS[-3:])
    assert train[:][0].max() <= 1.0
    with pytest.raises(IndexError):
        train[12]


def test_batches_of_images_are_their_items(tmp_path):
    train = MNIST(put(tmp_path, mnist_files()))
    for images, labels in DataLoader(train, batch_size=5):
        assert images.dtype == np.float32
        assert images.shape[1:] == (1, 28, 28)
        assert labels.dtype == np.int64
    (images, labels), *_ = DataLoader(train, batch_size=12)
    np.testing.assert_array_equal(images, np.stack([image for image, _ in train]))
    np.testing.assert_array_equal(labels, [label for _, label in train])


@pytest.mark.parametrize("transform", [lambda image: image.reshape(-1)[:700] * 2, RandomCrop(28)])
def test_a_transform_is_of_single_images_whether_it_knows_batches_or_not(tmp_path, transform):
    train = MNIST(put(tmp_path, mnist_files()), transform=transform)
    expected = np.stack([transform(image / np.float32(255)) for image in IMAGES[:, None]])
    np.testing.assert_array_equal(train[:][0], expected)
    np.testing.assert_array_equal(train[3][0], expected[3])
    np.testing.assert_array_equal(next(iter(DataLoader(train, 12)))[0], expected)


def test_a_transform_that_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match="Compose takes transforms and functions of an image, not a str"):
        ImageDataset(IMAGES[:, None], LABELS, transform="flip")


# Files that are refused


IMAGE_FILE, LABEL_FILE = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


@pytest.mark.parametrize(
    ("name", "damage", "sentence"),
    [
        (IMAGE_FILE, lambda x: x[:-100], "is damaged or was cut off: it cannot be decompressed. Delete it, and get it again"),
        (IMAGE_FILE, lambda x: x[: len(x) // 2], "cannot be decompressed"),
        (LABEL_FILE, lambda x: x[:-8] + bytes(8), "cannot be decompressed"),
        (IMAGE_FILE, lambda x: x[:50] + bytes([x[50] ^ 255]) + x[51:], "cannot be decompressed"),
        (IMAGE_FILE, lambda x: b"", "is not an IDX file of 3 axes: it should begin with 0, 0, 8, 3 and begins with nothing"),
        (IMAGE_FILE, lambda x: b"<html>404</html>", "it should begin with 0, 0, 8, 3 and begins with 60, 104, 116, 109"),
        (IMAGE_FILE, lambda x: gzip.compress(idx(LABELS)), "it should begin with 0, 0, 8, 3 and begins with 0, 0, 8, 1"),
        (LABEL_FILE, lambda x: gzip.compress(idx(IMAGES)), "is not an IDX file of 1 axis: it should begin with 0, 0, 8, 1 and"),
        (LABEL_FILE, lambda x: gzip.compress(bytes([0, 0, 13, 1]) + idx(LABELS)[4:]), "begins with 0, 0, 13, 1"),
        (LABEL_FILE, lambda x: gzip.compress(idx(LABELS)[:6]), "is not an IDX file of 1 axis"),
        (IMAGE_FILE, lambda x: gzip.compress(idx(IMAGES)[:-1]), "9408 bytes after its header, for the shape (12, 28, 28), and has 9407"),
        (LABEL_FILE, lambda x: gzip.compress(idx(LABELS) + b"x"), "12 bytes after its header, for the shape (12,), and has 13"),
        (LABEL_FILE, lambda x: gzip.compress(idx(LABELS[:11])), f"has 11 labels, and {IMAGE_FILE} has 12 images"),
        (LABEL_FILE, lambda x: gzip.compress(idx(LABELS + 5)), "has the label 14, and there are 10 classes, from 0"),
    ],
)
def test_a_broken_file_is_named_and_never_half_used(tmp_path, name, damage, sentence):
    put(tmp_path, mnist_files())
    (tmp_path / name).write_bytes(damage((tmp_path / name).read_bytes()))
    with pytest.raises(BrokenFileError) as caught:
        MNIST(tmp_path)
    assert str(tmp_path / name) in str(caught.value)
    assert sentence in str(caught.value)
    assert isinstance(caught.value, ValueError)
    MNIST(tmp_path, train=False)


def test_a_file_cut_off_without_compression_is_refused(tmp_path):
    put(tmp_path, mnist_files(""))
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(BrokenFileError, match=r"should have 9408 bytes after its header.* and has 4984"):
        MNIST(tmp_path)


def test_empty_files_of_the_right_form_are_refused(tmp_path):
    put(tmp_path, {"t10k-images-idx3-ubyte": idx(IMAGES[:0]), "t10k-labels-idx1-ubyte": idx(LABELS[:0])})
    with pytest.raises(BrokenFileError, match="has no labels"):
        MNIST(tmp_path, train=False)


def test_a_file_with_more_axes_can_be_read(tmp_path):
    (tmp_path / "file").write_bytes(idx(PHOTOS[0]))
    np.testing.assert_array_equal(read_idx(tmp_path / "file", ndim=4), PHOTOS[0])


@pytest.mark.parametrize("there", [[], ["train-images-idx3-ubyte.gz"], ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]])
def test_missing_files_are_named_with_the_folders_where_they_could_be(tmp_path, there):
    put(tmp_path, {name: mnist_files()[name] for name in there})
    with pytest.raises(FileNotFoundError) as caught:
        MNIST(tmp_path)
    sentence = str(caught.value)
    assert "MNIST needs the files train-images-idx3-ubyte, train-labels-idx1-ubyte, which are not together in any of" in sentence
    assert str(tmp_path / "mnist") in sentence
    assert "pass download=True" in sentence


# CIFAR-10


@pytest.mark.parametrize("place", [".", "cifar-10-batches-bin"])
def test_cifar_is_read_from_its_binary_files(tmp_path, place):
    put(tmp_path / place, cifar_files())
    train, test = CIFAR10(tmp_path), CIFAR10(tmp_path, train=False)
    np.testing.assert_array_equal(train.images, PHOTOS[:5].reshape(100, 3, 32, 32))
    np.testing.assert_array_equal(train.targets, CLASSES[:5].ravel())
    np.testing.assert_array_equal(test.images, PHOTOS[5])
    image, label = train[42]
    assert (image.shape, image.dtype) == ((3, 32, 32), np.float32)
    np.testing.assert_array_equal(image, PHOTOS[2, 2] / np.float32(255))
    assert label == CLASSES[2, 2]
    assert test.data.shape == (20, 32, 32, 3)  # as torchvision and matplotlib have it
    np.testing.assert_array_equal(test.data[7, 1, 2], PHOTOS[5, 7, :, 1, 2])


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda x: x[:-1], "data_batch_3.bin was cut off: it has 61459 bytes, and an image and its class have 3073"),
        (lambda x: x[:-3073], "data_batch_3.bin has 19 images, and data_batch_1.bin has 20; they should be equal"),
        (lambda x: b"", "data_batch_3.bin has 0 images, and data_batch_1.bin has 20"),
        (lambda x: bytes([10]) + x[1:], "data_batch_3.bin has the label 10, and there are 10 classes, from 0"),
    ],
)
def test_a_broken_file_of_cifar_is_named(tmp_path, damage, sentence):
    put(tmp_path, cifar_files())
    path = tmp_path / "data_batch_3.bin"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BrokenFileError) as caught:
        CIFAR10(tmp_path)
    assert sentence in str(caught.value)


def test_a_missing_file_of_cifar_is_named(tmp_path):
    put(tmp_path, cifar_files())
    (tmp_path / "data_batch_5.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"CIFAR10 needs the files data_batch_1.bin, .*, data_batch_5.bin, which are not together"):
        CIFAR10(tmp_path)


def test_an_archive_put_there_by_hand_is_unpacked(tmp_path):
    put(tmp_path, {"cifar-10-binary.tar.gz": archive_of(cifar_files())})
    np.testing.assert_array_equal(CIFAR10(tmp_path, train=False).images, PHOTOS[5])
    assert everything_in(tmp_path / "cifar-10-batches-bin") == sorted(cifar_files())


def test_an_archive_that_is_cut_off_is_refused(tmp_path):
    whole = archive_of(cifar_files())
    for cut in (len(whole) // 2, 100, 0):
        put(tmp_path, {"cifar-10-binary.tar.gz": whole[:cut]})
        with pytest.raises(BrokenFileError, match=r"cifar-10-binary\.tar\.gz is damaged or was cut off: it cannot be "):
            CIFAR10(tmp_path, train=False)


def test_an_archive_cannot_write_outside_of_its_folder(tmp_path):
    put(tmp_path / "data", {"cifar-10-binary.tar.gz": archive_of({**cifar_files(), "../../evil.bin": b"evil"})})
    CIFAR10(tmp_path / "data")
    assert "evil.bin" not in everything_in(tmp_path)


# Downloading


@contextlib.contextmanager
def server(files, promise=0):
    """The files at http://127.0.0.1, which breaks connections off when it has `promise` bytes more to give; and what was asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path[1:])
            content = files.get(self.path[1:])
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content) + promise))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}/", asked
        finally:
            httpd.shutdown()
            thread.join()


def md5(content):
    return hashlib.md5(content).hexdigest()


def served(address, files, kind=MNIST):
    """A data set like `kind`, whose files are at the address."""
    return type(kind.__name__, (kind,), {"mirrors": [address], "md5": {name.removesuffix(".gz"): md5(x) for name, x in files.items()}})


@pytest.mark.parametrize("kind", [MNIST, FashionMNIST])
def test_files_that_are_not_there_are_downloaded_once(tmp_path, kind):
    files = mnist_files()
    with server(files) as (address, asked):
        here = served(address, files, kind)
        np.testing.assert_array_equal(here(tmp_path / "data", download=True).data, IMAGES)
        assert sorted(asked) == sorted(files) == everything_in(tmp_path / "data" / kind.folder)
        here(tmp_path / "data", download=True)
        here(tmp_path / "data", train=False)
        assert len(asked) == 4


def test_a_bar_shows_the_progress(tmp_path, capsys):
    pytest.importorskip("tqdm")
    with server({"file": b"contents"}) as (address, _):
        download([address + "file"], tmp_path / "file", md5(b"contents"))
    assert "file: 100%" in capsys.readouterr().err


def test_only_what_is_missing_is_downloaded(tmp_path):
    files = mnist_files()
    put(tmp_path / "mnist", {name: files[name] for name in list(files)[:1]})
    with server(files) as (address, asked):
        served(address, files)(tmp_path, download=True)
        assert sorted(asked) == sorted(list(files)[1:])


def test_without_tqdm_there_is_no_bar(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with server({"file": b"contents"}) as (address, _):
        download([address + "file"], tmp_path / "file", md5(b"contents"))
    assert (tmp_path / "file").read_bytes() == b"contents"
    assert capsys.readouterr() == ("", "")


def test_a_file_of_another_checksum_is_refused_and_not_kept(tmp_path):
    files = mnist_files()
    with server({**files, "train-labels-idx1-ubyte.gz": gzip.compress(idx(LABELS * 0))}) as (address, _):
        with pytest.raises(ConnectionError) as caught:
            served(address, files)(tmp_path, download=True)
        right = md5(files["train-labels-idx1-ubyte.gz"])
        assert f"its checksum is {md5(gzip.compress(idx(LABELS * 0)))} and should be {right}" in str(caught.value)
        assert f"train-labels-idx1-ubyte.gz could not be downloaded. Put it into {tmp_path / 'mnist'} yourself" in str(caught.value)
    assert everything_in(tmp_path) == ["train-images-idx3-ubyte.gz"]


def test_a_connection_that_breaks_off_leaves_nothing(tmp_path):
    broke_off = pytest.raises(ConnectionError, match="the connection broke off after 1000 of 1500 bytes")
    with server({"file": b"x" * 1000}, promise=500) as (address, _), broke_off:
        download([address + "file"], tmp_path / "new" / "file", md5(b"x" * 1500))
    assert everything_in(tmp_path) == []


def test_a_failed_download_leaves_the_old_file(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with server({"file": b"wrong"}) as (address, _), pytest.raises(ConnectionError):
        download([address + "file"], tmp_path / "file", md5(b"right"))
    assert (tmp_path / "file").read_bytes() == b"old"
    assert everything_in(tmp_path) == ["file"]


def test_ctrl_c_leaves_nothing(tmp_path, monkeypatch):
    import nn.data.download

    @contextlib.contextmanager
    def interrupted(name, size):
        def advance(count):
            raise KeyboardInterrupt

        yield advance

    monkeypatch.setattr(nn.data.download, "_progress_bar", interrupted)
    with server({"file": b"contents"}) as (address, _), pytest.raises(KeyboardInterrupt):
        download([address + "file"], tmp_path / "file", md5(b"contents"))
    assert everything_in(tmp_path) == []


def test_the_next_address_is_tried_and_all_are_named_if_none_has_the_file(tmp_path):
    with server({}) as (empty, _), server({"file": b"contents"}) as (full, _):
        download([empty + "file", full + "file"], tmp_path / "file", md5(b"contents"))
        assert (tmp_path / "file").read_bytes() == b"contents"
        with pytest.raises(ConnectionError) as caught:
            download([empty + "other", full + "other"], tmp_path / "other", md5(b""))
        assert f"Tried {empty}other: HTTP Error 404: Not Found; {full}other: HTTP Error 404: Not Found." in str(caught.value)


def test_a_server_that_is_not_there_is_a_clear_error(tmp_path):
    with server({}) as (address, _):
        pass
    with pytest.raises(ConnectionError, match=r"file could not be downloaded. Put it into .* yourself. Tried http://127.0.0.1"):
        download([address + "file"], tmp_path / "file", md5(b""))


def test_cifar_is_downloaded_and_unpacked_once(tmp_path):
    archive = archive_of(cifar_files())
    with server({"cifar-10-binary.tar.gz": archive}) as (address, asked):
        here = type("CIFAR10", (CIFAR10,), {"mirrors": [address], "md5": md5(archive)})
        np.testing.assert_array_equal(here(tmp_path, download=True).images, PHOTOS[:5].reshape(100, 3, 32, 32))
        here(tmp_path, train=False, download=True)
        assert asked == ["cifar-10-binary.tar.gz"]
    assert everything_in(tmp_path) == sorted(["cifar-10-binary.tar.gz", *cifar_files()])
