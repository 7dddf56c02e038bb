"""Draws the computation graph of an expression, or of an example, with all its derivatives.

For instance: draw_graph.py "e = a*b; L = tanh(e + c)" --values a=2 b=-3 c=5 --out tanh.svg
"""

from __future__ import annotations

import argparse
import ast
from typing import Any

import command_line
import numpy as np

import nn
from autograd import Node, Tensor, Value, draw, table
from autograd.methods import operators

OPERATORS = {
    ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.Div: "__truediv__", ast.Pow: "__pow__", ast.USub: "__neg__",
    ast.UAdd: "__pos__",
}  # fmt: skip
FUNCTIONS = [name for name, primitive in table.items() if name.isalnum() and primitive.elementwise and primitive.scalar is not None]


def evaluate(text: str, values: dict[str, Value]) -> Node:
    """The last result of an expression, or of several with names, such as `e = a*b; tanh(e)`.

    The text is read as arithmetic and nothing else, so that any text can be evaluated safely.

    Raises:
        ValueError: the text is not arithmetic, or a name in it is unknown.
    """
    try:
        statements = ast.parse(text).body
    except SyntaxError as error:
        raise ValueError(f"{text!r} cannot be read as an expression: {error.msg}.") from None
    names: dict[str, Any] = dict(values)
    result: Any = None
    for statement in statements:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[-1], ast.Name):
            name = statement.targets[-1].id
            result = names[name] = compute(statement.value, names)
            if isinstance(result, Node) and result.label is None:
                result.label = name
        elif isinstance(statement, ast.Expr):
            result = compute(statement.value, names)
        else:
            raise ValueError(f"{ast.unparse(statement)!r} is not arithmetic. Write expressions, such as e = a*b; tanh(e).")
    if not isinstance(result, Node):
        raise ValueError(f"{text!r} has no variables to differentiate by. Use names, and give their numbers with --values.")
    return result


def compute(part: ast.expr, names: dict[str, Any]) -> Any:
    """The value of a part of an expression.

    Raises:
        ValueError: it is not arithmetic, or a name in it is unknown.
    """
    match part:
        case ast.Constant(value=int() | float()):
            return float(part.value)
        case ast.Name():
            if part.id not in names:
                raise ValueError(f"{part.id!r} has no number. Add it to the others: --values {part.id}=1.")
            return names[part.id]
        case ast.UnaryOp() if type(part.op) in OPERATORS:
            return operators()[OPERATORS[type(part.op)]](compute(part.operand, names))
        case ast.BinOp() if type(part.op) in OPERATORS:
            return operators()[OPERATORS[type(part.op)]](compute(part.left, names), compute(part.right, names))
        case ast.Call(func=ast.Name(id=function)) if not part.keywords:
            if function not in FUNCTIONS:
                raise ValueError(f"There is no function {function!r}; there are {', '.join(sorted(FUNCTIONS))}.")
            return table[function](*[compute(argument, names) for argument in part.args])
    raise ValueError(f"{ast.unparse(part)!r} is not arithmetic. Use names, numbers, + - * / ** and functions such as tanh(x).")


def neuron(seed: int) -> Node:
    """One neuron, as micrograd's users write it."""
    rng = np.random.default_rng(seed)
    x = [Value(number, label=f"x{i}") for i, number in enumerate(rng.normal(size=2), start=1)]
    w = [Value(number, label=f"w{i}") for i, number in enumerate(rng.normal(size=2), start=1)]
    total = sum((wi * xi for wi, xi in zip(w, x, strict=True)), Value(rng.normal(), label="b"))
    total.label = "sum"
    return total.tanh()


def mlp(seed: int) -> Node:
    """A network of two layers, and its squared error."""
    model = nn.MLP(2, [3, 1], activation="tanh", rng=seed)
    return nn.mse_loss([model([Value(1.0, label="x1"), Value(-2.0, label="x2")])], [1.0])


def tensor(seed: int) -> Node:
    """A layer of arrays, and its mean square."""
    rng = np.random.default_rng(seed)
    x, weight, bias = (
        Tensor(rng.normal(size=(4, 2)), label="x"),
        Tensor(rng.normal(size=(2, 3)), label="weight"),
        Tensor(np.zeros(3), label="bias"),
    )
    return ((x @ weight + bias).tanh() ** 2).mean()


EXAMPLES = {"neuron": neuron, "mlp": mlp, "tensor": tensor}


def labelled(text: str) -> Value:
    """The Value for `name=number`.

    Raises:
        ArgumentTypeError: the text is something else.
    """
    name, _, number = text.partition("=")
    try:
        if name.isidentifier():
            return Value(float(number), label=name)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a name and a number, such as a=2.")


def main() -> None:
    parser = command_line.Arguments(__doc__)
    parser.add_argument("expression", nargs="?", help="such as 'a*b + tanh(c)'; several with names are separated by ;")
    parser.add_argument("--values", type=labelled, nargs="+", default=[], metavar="NAME=NUMBER", help="the numbers for the names in it")
    parser.add_argument("--example", choices=EXAMPLES, default="neuron", help="what to draw if no expression is given")
    parser.add_argument("--seed", type=command_line.natural, default=0, help="the seed of the example's random numbers")
    parser.add_argument("--fold", type=int, help="how many levels of modules are open (default: as many as are readable)")
    parser.add_argument(
        "--out", type=command_line.file, default="out/graph.svg", help="the picture: .svg, .png, .pdf, .dot, or .html to play with"
    )
    args = parser.parse_args()
    try:
        root = evaluate(args.expression, {v.label: v for v in args.values}) if args.expression else EXAMPLES[args.example](args.seed)
        root.label = root.label or "result"
        root.backward()
        path = draw(root, fold=args.fold).save(args.out)
    except RecursionError:
        parser.error("The expression is nested too deeply. Give names to parts of it: e = a*b; tanh(e).")
    except OverflowError:
        parser.error("A number in the expression is too large; floats end at 1.8e308.")
    except (TypeError, ValueError, OSError) as error:
        parser.error(str(error))
    print(f"{root.label} = {root:.6g}")
    for value in args.values:
        print(f"∂{root.label}/∂{value.label} = {value.grad:.6g}")
    print(f"Saved {path}")


if __name__ == "__main__":
    command_line.run(main)
