"""The graph of a functional model: the calls of layers between its inputs and its outputs."""

from __future__ import annotations

from typing import Any

from .layers.base import Call, Layer, Symbol
from .layers.core import Input
from .layers.structures import leaves_of, mapped

__all__ = ["Graph"]


class Graph:
    """The calls between inputs and outputs, in their order."""

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs, self.outputs = inputs, outputs
        for what, structure in (("inputs", inputs), ("outputs", outputs)):
            if not all(isinstance(symbol, Symbol) for symbol in leaves_of(structure)):
                raise TypeError(
                    f"The {what} of a Model are a keras.Input, or what layers gave that were called on one; got {structure!r:.80}."
                )
        self.calls = self._between(leaves_of(inputs), leaves_of(outputs))

    @staticmethod
    def _between(inputs: list[Symbol], outputs: list[Symbol]) -> list[Call]:
        known, ordered, seen = set(map(id, inputs)), [], set()
        todo: list[tuple[Symbol, bool]] = [(symbol, False) for symbol in reversed(outputs)]
        while todo:
            symbol, ready = todo.pop()
            if id(symbol) in known or id(symbol.call) in seen:
                continue
            if symbol.call is None:
                raise ValueError(f"The outputs depend on the input {symbol.name!r}, which is not among the inputs of the Model.")
            if ready:
                seen.add(id(symbol.call))
                ordered.append(symbol.call)
                continue
            todo.append((symbol, True))
            todo.extend((x, False) for x in reversed(symbol.call.symbols()))
        return ordered

    def layers(self) -> list[Layer]:
        """Each layer once."""
        return list({id(call.layer): call.layer for call in self.calls}.values())

    def is_chain(self) -> bool:
        """Whether each layer is called on what the one before gave, and on nothing else."""
        before = [call.symbols() for call in self.calls]
        used = [id(symbol) for symbols in before for symbol in symbols]
        return all(len(symbols) == 1 for symbols in before) and len(set(used)) == len(used)

    def call_of(self, layer: Layer) -> Call | None:
        """The call of a layer."""
        return next((call for call in self.calls if call.layer is layer), None)

    def run(self, inputs: Any) -> Any:
        """The outputs for arrays or symbols in the place of the inputs."""
        given = self._given(inputs)
        values = {id(symbol): x for symbol, x in zip(leaves_of(self.inputs), given, strict=True)}
        for call in self.calls:
            args, kwargs = mapped(lambda x: values.get(id(x), x), call.args), mapped(lambda x: values.get(id(x), x), call.kwargs)
            found = call.layer(*args, **kwargs)
            values.update(
                zip(map(id, leaves_of(call.output)), leaves_of(found) if len(leaves_of(call.output)) > 1 else [found], strict=True)
            )
        return mapped(lambda symbol: values[id(symbol)], self.outputs)

    def _given(self, inputs: Any) -> list[Any]:
        symbols = leaves_of(self.inputs)
        if isinstance(inputs, dict):
            return [inputs[symbol.name] for symbol in symbols]
        if len(symbols) == 1 and not (isinstance(inputs, (list, tuple)) and len(inputs) == 1 and hasattr(inputs[0], "shape")):
            return [inputs]
        if not isinstance(inputs, (list, tuple)) or len(inputs) != len(symbols):
            raise ValueError(f"The model takes {len(symbols)} inputs, {', '.join(str(s.name) for s in symbols)}, in a list.")
        return list(inputs)

    def config(self) -> dict[str, Any]:
        """The graph as numbers, texts and layers.

        Each symbol is the number of its call, and its place among the outputs.
        """
        places: dict[int, list[int]] = {id(s): [-1, i] for i, s in enumerate(leaves_of(self.inputs))}
        calls = []
        every = self.layers()

        def place(x: Any) -> Any:
            return {"symbol": places[id(x)]} if isinstance(x, Symbol) else x

        for i, call in enumerate(self.calls):
            if type(call.layer).__name__ == "Operation":
                raise TypeError("A model with arithmetic between symbols cannot be saved whole; use layers such as Add, or save_weights.")
            calls.append([every.index(call.layer), [mapped(place, x) for x in call.args], mapped(place, call.kwargs)])
            places.update({id(s): [i, k] for k, s in enumerate(leaves_of(call.output))})
        return {
            "inputs": [[list(s.shape), s.name] for s in leaves_of(self.inputs)], "one_input": isinstance(self.inputs, Symbol),
            "layers": every, "calls": calls, "outputs": mapped(place, self.outputs),
        }  # fmt: skip

    @staticmethod
    def from_config(config: Any) -> tuple[Any, Any]:
        """The inputs and the outputs that `config` wrote down."""
        inputs = [Input(tuple(shape)[1:], name=name) for shape, name in config["inputs"]]
        found = [inputs]

        def symbols(x: Any) -> Any:
            if isinstance(x, dict) and x.keys() == {"symbol"}:
                call, place = x["symbol"]
                return found[call + 1][place]
            if isinstance(x, dict):
                return {key: symbols(item) for key, item in x.items()}
            return [symbols(item) for item in x] if isinstance(x, list) else x

        for layer, args, kwargs in config["calls"]:
            found.append(leaves_of(config["layers"][layer](*symbols(args), **symbols(kwargs))))
        return inputs[0] if config["one_input"] else inputs, symbols(config["outputs"])
