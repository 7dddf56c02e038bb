"""`save` and `load`: a model, and everything that is needed to continue its training, in one file.

The file has the safetensors format: a header in JSON, followed by the numbers of arrays. Unlike a pickle, it
cannot run code when it is read. The model's arrays have the names of its state dict, as in files that PyTorch's
users store. Everything else that is saved consists of arrays, and of numbers, texts, lists and dicts, which are
in the header. The header also has a checksum of all this, so that damage of the file is noticed.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from autograd import Node
from autograd.files import write_whole

from .module import Module
from .pytorch_files import read_pytorch_file
from .randomness import generators
from .types import Array

__all__ = ["load", "save"]

VERSION = 1  # of the header's entries
NOTHING_ELSE = '{"version": 1, "generators": {"dict": []}, "entries": {"dict": []}}'  # if `save` did not write the file
HEADER = {"version", "generators", "entries"}
SEAL = ', "glassgrad crc32": '  # precedes the checksum at the end of the header; older files have none

Arrays: TypeAlias = dict[str, Array]
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def save(path: str | os.PathLike[str], model: Module | Mapping[str, Any], optimizer: Any = None, **others: Any) -> None:
    """Store a model and other things in a file of the safetensors format. `load` restores them bit for bit.

    The file is complete at any moment: if the program is killed or the disk is full, the old file
    remains. A link stays a link, and a new file has the mode of the one that it replaces. To continue
    training as if it had never stopped, save everything that training changes::

        nn.save(path, model, optimizer, schedule=schedule, loader=loader, rng=nn.get_rng_state(), epoch=epoch)

    Args:
        path: the file, usually named `….safetensors`. Folders are created.
        model: a module, or a state dict. Random generators of a module, such as that of
            `Dropout(rng=0)`, are stored with it.
        optimizer: stored with its settings and what it remembers.
        others: more, by name: objects with a `state_dict()`, such as schedules, loaders
            and more models; NumPy's generators; numbers, texts, None, arrays, and lists, tuples
            and dicts of them.

    Raises:
        TypeError, ValueError: something cannot be stored.
        OSError: the file cannot be written.
        ModuleNotFoundError: safetensors is not installed.

    Example:
        >>> import tempfile, nn
        >>> path = tempfile.mkdtemp() + "/model.safetensors"
        >>> model = nn.Sequential(nn.Linear(2, 1))
        >>> nn.save(path, model, epoch=3)
        >>> nn.load(path, nn.Sequential(nn.Linear(2, 1)))
        {'epoch': 3}
    """
    library = _safetensors()
    if not isinstance(model, Module) and not (isinstance(model, Mapping) and all(isinstance(name, str) for name in model)):
        raise TypeError(f"nn.save(path, model, …) takes a module or its state dict as the model, not a {type(model).__name__}.")
    arrays = {name: _storable(x, name) for name, x in _state(model).items()}
    if "__metadata__" in arrays:
        raise ValueError("nn.save cannot store an array named '__metadata__', which the file's format keeps for itself; rename it.")
    entries = {**({} if optimizer is None else {"optimizer": optimizer}), **others}
    header: dict[str, Any] = {
        "version": VERSION,
        "generators": _pack({name: _state(rng) for name, rng in generators(model=model).items()}, "generators", arrays),
        "entries": {"dict": [[name, _pack(_state(x), name, arrays)] for name, x in entries.items()]},
    }
    names = {}
    for name in [name for name in arrays if _readable(name) != name]:
        names[_free(_readable(name), arrays)] = name
        arrays[_free(_readable(name), arrays)] = arrays.pop(name)
    if names:
        header["names"] = names
    write_whole(path, library.numpy.save(arrays, {"glassgrad": _sealed(json.dumps(header), arrays)}))


def load(path: str | os.PathLike[str], model: Module | None = None, optimizer: Any = None, **others: Any) -> dict[str, Any]:
    """Restore a model and other things from a file of `save`: everything that is asked for, or nothing.

    The file may also come from PyTorch: from `safetensors.torch.save_file(model.state_dict(), path)`; or, where PyTorch
    is installed, from `torch.save`, of a state dict or of a dict such as `{"model": …, "optimizer": …, "epoch": 3}` (or
    with the names "model_state_dict" and "optimizer_state_dict").

    Args:
        path: the file.
        model: the module that takes the numbers; it must have the same parts.
        optimizer: the optimizer that takes its state.
        others: what else takes its state, by the name under which it was saved: objects with
            a `load_state_dict`, and NumPy's generators.

    Returns:
        Without a model, the state dict in the file, from names to arrays. With a model, the entries
        by name that nothing here took; those of objects are their state dicts.

    Raises:
        FileNotFoundError, PermissionError: there is no such file, or it may not be read.
        ValueError: the file is cut off, damaged, or not of this format; or an entry is missing or
            does not fit, and then the message lists all that do not.
        TypeError: something given cannot take a state.
        ModuleNotFoundError: safetensors is not installed.

    Example:
        >>> import tempfile, nn
        >>> path = tempfile.mkdtemp() + "/model.safetensors"
        >>> nn.save(path, nn.Linear(2, 1))
        >>> sorted(nn.load(path))
        ['bias', 'weight']
    """
    path = Path(path)
    arrays, states, entries = _read(path)
    wanted = {name: x for name, x in {"optimizer": optimizer, **others}.items() if x is not None}
    for name, x in {**({} if model is None else {"model": model}), **wanted}.items():
        if not isinstance(x, np.random.Generator) and not hasattr(x, "load_state_dict"):
            kind = type(x).__name__
            raise TypeError(
                f"nn.load cannot put a state into {name}, of type {kind}; leave it out, and read nn.load(path, model)[{name!r}]."
            )
    absent = [name for name in wanted if name not in entries]
    if absent:
        there = ", ".join(entries) or "nothing"
        raise ValueError(f"{path} holds no {', '.join(absent)}; besides a model it holds {there}.")
    pairs: list[tuple[str, Any, Any]] = [] if model is None else [("model", model, arrays)]
    pairs += [(name, x, entries.pop(name)) for name, x in wanted.items()]
    pairs += [(name, rng, states[name]) for name, rng in generators(model=model).items() if name in states]
    _take_over(path, pairs)
    return arrays if model is None else entries


def _take_over(path: Path, pairs: list[tuple[str, Any, Any]]) -> None:
    """Give each object its state; if one raises an error, all get their earlier states back."""
    before = deepcopy([_state(x) for _, x, _ in pairs])
    faults = []
    try:
        for name, x, state in pairs:
            try:
                _set_state(x, state)
            except Exception as error:  # a user's object may raise any error
                faults.append(f"{name}: {error}")
        if faults:
            raise ValueError(f"{path} does not fit, and nothing was loaded. {' '.join(faults)}")
    except BaseException:
        for (_, x, _), state in zip(pairs, before, strict=True):
            _set_state(x, state)
        raise


def _state(x: object) -> Any:
    """The state of an object that has a `state_dict`; otherwise the object itself."""
    if isinstance(x, np.random.Generator):
        return x.bit_generator.state
    return x.state_dict() if hasattr(x, "state_dict") else x


def _set_state(x: Any, state: Any) -> None:
    if isinstance(x, np.random.Generator):
        x.bit_generator.state = state
    else:
        x.load_state_dict(state)


def _pack(x: object, path: str, arrays: Arrays) -> Json:
    """`x` in JSON. Arrays are put among `arrays`, and their names in their places.

    An object of JSON says what JSON has no words for: {"array": name}, {"tuple": […]}, and
    {"dict": [[key, value], …]}, whose keys may be numbers.
    """
    if isinstance(x, Node):
        x = x._datum
    if isinstance(x, np.generic) and not isinstance(x, np.longdouble):
        x = x.item()
    if x is None or isinstance(x, (bool, int, float, str)):
        return x
    if isinstance(x, (list, tuple)):
        packed = [_pack(item, f"{path}/{i}", arrays) for i, item in enumerate(x)]
        return {"tuple": packed} if isinstance(x, tuple) else packed
    if isinstance(x, Mapping):
        return {"dict": [[_pack(key, f"a key of {path}", arrays), _pack(item, f"{path}/{key}", arrays)] for key, item in x.items()]}
    if isinstance(x, np.ndarray):
        name = _free(_readable(path), arrays)
        arrays[name] = _storable(x, path)
        return {"array": name}
    raise TypeError(f"nn.save cannot store {path}, a {type(x).__name__}; it stores numbers, texts, arrays, and lists and dicts of them.")


def _unpack(packed: object, arrays: Arrays) -> Any:
    """What `_pack` made JSON of; its arrays are taken out of `arrays`."""
    if isinstance(packed, list):
        return [_unpack(item, arrays) for item in packed]
    if not isinstance(packed, dict):
        return packed
    ((kind, content),) = packed.items()
    if kind == "array":
        return arrays.pop(content)
    if kind == "tuple":
        return tuple(_unpack(content, arrays))
    return {_unpack(key, arrays): _unpack(item, arrays) for key, item in content}


def _storable(x: object, path: str) -> Array:
    """`x` as an array that the format can store: contiguous, in C order and little-endian."""
    array = np.asarray(x.data if isinstance(x, Node) else x)
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise TypeError(
            f"nn.save cannot store {path}, an array of {array.dtype}; it stores floats of up to 64 bits, integers and booleans."
        )
    return np.array(array, dtype=array.dtype.newbyteorder("="), order="C")


def _readable(name: str) -> str:
    """A name in which half characters (surrogates), which UTF-8 does not have, are written out."""
    return name.encode(errors="backslashreplace").decode()


def _free(name: str, arrays: Arrays) -> str:
    """The name, or a similar one that is not taken."""
    while name in arrays or name == "__metadata__":
        name += "'"
    return name


def _sealed(text: str, arrays: Arrays) -> str:
    """The text of a header with the checksum of everything.

    The checksum is of that text, and of the arrays with their names, types and shapes.
    """
    checksum = zlib.crc32(text.encode())
    for name, array in sorted(arrays.items()):
        checksum = zlib.crc32(f"{name} {array.dtype.str} {array.shape}".encode(), checksum)
        checksum = zlib.crc32(array, checksum)  # type: ignore[arg-type]  # NumPy's stubs know no buffers before Python 3.12
    return f'{text[:-1]}{SEAL}"{checksum:08x}"}}'


def _read(path: Path) -> tuple[Arrays, dict[str, Any], dict[str, Any]]:
    """The model's arrays in a file, the states of its generators, and the other entries."""
    if (of_torch := read_pytorch_file(path)) is not None:
        return of_torch.arrays, {}, of_torch.entries
    library = _safetensors()
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    if not os.access(path, os.R_OK):
        raise PermissionError(f"{path} may not be read: its permissions do not allow it.")
    try:
        with library.safe_open(path, "np") as file:
            foreign = [name for name in file.keys() if file.get_slice(name).get_dtype().startswith(("BF", "F8", "F4"))]  # noqa: SIM118
            if foreign:
                kind = file.get_slice(foreign[0]).get_dtype()
                raise ValueError(f"{path} holds {kind}, a type that NumPy does not have; save model.float().state_dict() from PyTorch.")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    except library.SafetensorError:
        raise ValueError(_what_is_wrong(path)) from None
    text = metadata.get("glassgrad", NOTHING_ELSE)
    sealed = SEAL in "".join(metadata.values())  # wherever it stands: the key may be damaged, too
    plain = text.rpartition(SEAL)[0] + "}" if sealed else text
    try:
        header = json.loads(plain)
        later = header["version"] > VERSION
        if (sealed and text != _sealed(plain, arrays)) or not (later or header.keys() - {"names"} == HEADER):
            raise ValueError("What stands there is not what was saved.")
        names = header.get("names", {})  # of arrays whose own are not in UTF-8
        arrays = {names.get(name, name): x for name, x in arrays.items()}
        states, entries = ({}, {}) if later else (_unpack(header[part], arrays) for part in ("generators", "entries"))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError(_what_is_wrong(path)) from None
    if later:
        raise ValueError(f"{path} was written by a later version of glassgrad; update glassgrad to read it.")
    return arrays, states, entries


def _what_is_wrong(path: Path) -> str:
    """Why a file is not a safetensors file."""
    with open(path, "rb") as file:
        begin = file.read(9)
    if len(begin) < 9 or begin[8:] == b"{":  # the header's length, in 8 bytes, and the header
        return f"{path} is cut off or damaged, and nothing was loaded. Take an earlier checkpoint."
    if begin[:4] == b"PK\x03\x04" or begin[:1] == b"\x80":
        return (
            f"{path} is a file of torch.save, np.savez or pickle, which nn.load does not read itself, since a pickle can run any program; "
            "where PyTorch is installed, it reads state dicts by torch.load(path, weights_only=True). "
            "In PyTorch, write it with safetensors.torch.save_file(model.state_dict(), path)."
        )
    return f"{path} is no safetensors file; nn.load reads what nn.save, or safetensors.torch.save_file, has written."


def _safetensors() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ModuleNotFoundError:
        raise ModuleNotFoundError('nn.save and nn.load need safetensors: pip install "glassgrad[scripts]".') from None
    return safetensors
