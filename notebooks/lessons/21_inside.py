# %% [markdown]
# # Under the hood
#
# You have used this library for twenty lessons. Now you open it. You will find nothing in it that you do not know:
# the graph of lesson 3, the walk of lesson 4, a table of derivatives, and a compiler that does to graphs what you
# would do with a pencil. At the end you add a function to the library yourself, and write a compiler in fifteen
# lines.

# %% [markdown]
# ## A node, and what it remembers
#
# The heart of the library is one file, `autograd/core.py`, of less than 300 lines. `Value` and `Tensor` are two
# kinds of the same thing: a **node**, which is a number or an array with a record of how it was computed. The
# record has two parts, the operation and its inputs.

# %%
from autograd import Value

x = Value(3.0, label="x")
y = x * x + x

print("y:", y.data, "made by", y.primitive, "from", [z.data for z in y.inputs])
product = y.inputs[0]
print("its first input:", product.data, "made by", product.primitive, "from", [z.data for z in product.inputs])
print("x:", x.data, "made by", x.primitive, "from", x.inputs)

# %% [markdown]
# `inputs` leads from a result to what it was computed from, and from there on to the left, down to the **leaves**:
# nodes that were made by hand and have no inputs. So the whole graph hangs on its last node. There is no list of
# all nodes anywhere. A node does not know who *uses* it, and that has a reason: if the result goes out of scope,
# Python can throw away the whole graph.

# %% exercise 21.1 [markdown]
# ### Exercise 21.1: count the nodes
#
# How many nodes has the graph of `y = x * x + x`, the leaf `x` and the result included?

# %% start
nodes = ...

# %% check
check("21.1", nodes)

# %% hint [markdown]
# A node is one object, however often it is used. Draw one box for each.

# %% solution
nodes = 3

# %% wrong: once_for_each_use
nodes = 5

# %% wrong: operations_only
nodes = 2

# %% [markdown]
# ## A table of derivatives
#
# What made `y` is a **primitive**: an operation whose derivative is known. All primitives stand in one table.
# **Before you run it:** how many will there be, if a whole neural-network library is to be built of them?

# %%
import math

from autograd import table

print("more than a hundred:", len(table) > 100, "· the first ones:", list(table)[:5])

multiply, tanh = table["multiply"], table["tanh"]
print("multiply, first input: ", multiply.vjp[0](1.0, 6.0, 2.0, 3.0))
print("multiply, second input:", multiply.vjp[1](1.0, 6.0, 2.0, 3.0))
print("tanh:", tanh.vjp[0](1.0, math.tanh(0.5), 0.5), "and by hand:", 1 - math.tanh(0.5) ** 2)

# %% [markdown]
# An entry has a function for numbers, one for arrays, and for each input a *rule*, called `vjp`, for
# vector-Jacobian product. A rule is a function: it gets the grad `g` of the result, the result itself and the
# inputs, and returns what the input gets as its share. For the product $2 \cdot 3 = 6$ with the grad 1, the inputs
# get 3 and 2. In the library's file
# `primitives/elementary.py`, the rule of the sine reads
#
# ```
# lambda g, y, x: g * cos(x)
# ```
#
# and the formulas of a calculus book stand below it in the same way. It is often thought that such a library finds
# derivatives by clever algebra, or by nudging. It does neither. **It looks them up**, one operation after the
# other, and the chain rule does the rest.

# %% exercise 21.2 [markdown]
# ### Exercise 21.2: a rule of your own
#
# Write the rule for the cube, $y = x^3$, in the same form.

# %% start
def cube_rule(g, y, x):
    ...

# %% check
check("21.2", cube_rule)

# %% hint [markdown]
# The derivative of $x^3$ is $3x^2$. Do not forget `g`.

# %% solution
def cube_rule(g, y, x):
    return g * 3 * x * x

# %% wrong: no_g
def cube_rule(g, y, x):
    return 3 * x * x

# %% wrong: the_result
def cube_rule(g, y, x):
    return g * x**3

# %% wrong: one_power_too_many
def cube_rule(g, y, x):
    return g * 3 * y

# %% wrong: factor_missing
def cube_rule(g, y, x):
    return g * x * x

# %% [markdown]
# With that rule the library has a new function: you can use it in networks, draw it, and compile it.

# %%
from autograd import Primitive, check_gradients, grad

cube = Primitive(
    "cube", symbol="x³", latex="#1^3", doc="The third power.",
    scalar=lambda x: x * x * x, array=lambda x: x * x * x,
    vjp=(lambda g, y, x: g * 3 * x * x,),
)
print("checked by nudging:", check_gradients(cube, 2.0))
print("slope:", grad(cube)(2.0), "and its own slope:", grad(grad(cube))(2.0))
del table["cube"]  # so that this cell can be run again

# %% [markdown]
# The second derivative came for free. The rule is written with `*`, and the inputs may be nodes; so computing the
# derivative leaves a graph too, and that graph can be differentiated again.
#
# ## One walk
#
# Here is `backward()`, as `core.py` does it, without its care for speed and for mistakes. You know it from lesson
# 4. It is the same walk, but the derivatives are not in it: it asks the table.

# %%
def in_order(node, seen):
    """All nodes below this one and the node itself; inputs before what uses them."""
    if isinstance(node, Value) and node not in seen:
        for z in node.inputs:
            in_order(z, seen)
        seen[node] = True
    return list(seen)


def backward(result):
    grads = {result: 1.0}
    for node in reversed(in_order(result, {})):
        if node.primitive is not None:
            numbers = [z.data if isinstance(z, Value) else z for z in node.inputs]
            for z, rule in zip(node.inputs, node.primitive.vjp):
                share = rule(grads[node], node.data, *numbers)
                grads[z] = grads.get(z, 0.0) + share
    return grads


a, b = Value(0.5), Value(-1.5)
result = (a * b + a).tanh() * b.exp()
result.backward()
ours = backward(result)
print(f"ours:    {ours[a]:.6f} {ours[b]:.6f}")
print(f"library: {a.grad:.6f} {b.grad:.6f}")

# %% [markdown]
# A walk of fifteen lines and a table with a line for each operation: that is an autograd engine.
#
# ## From a graph to a program
#
# A graph is a program that has been run once. So it can also be written down as one. That is what `compile` does,
# in seven passes, and each takes a graph and returns a graph. You met it in lesson 15; here are all of its stages,
# for a neuron with two weights and its squared error on three points.

# %%
import autograd
from autograd.backward import ancestors

w = [Value(2.0, label="w0"), Value(-1.0, label="w1")]
loss = autograd.compile(lambda xs: sum((w[0] * x[0] + w[1] * x[1] - 1.0) ** 2 for x in xs))
loss([[1.0, 1.0], [2.0, 0.5], [0.5, 3.0]])

for stage in loss.stages:
    computed = sum(node.primitive is not None for node in ancestors(stage.roots))
    print(f"{stage.name:13} {computed:2} computed nodes. {stage.about}")

# %% [markdown]
# **Before you go on:** which pass makes the graph smallest, and which one makes it grow again? Here is the first
# graph, as the function was traced.

# %%
from course import picture

picture(loss.stages[0])

# %% [markdown]
# There is the same little formula three times, one below the other, for three points, and at the right end they are
# added. Now the graph after the pass *lift*:

# %%
picture(loss.stages[3])

# %% [markdown]
# It has understood that the three formulas are one: a matrix product of all points with the weights, minus 1, and
# the sum of the squares. Its boxes are arrays. The pass *differentiate* makes the graph grow, by running the rules
# of the table on nodes, just as in the second derivative above. The last pass prints it:

# %%
print(loss.source)

# %% [markdown]
# This is the program that a person would write by hand: `forward` keeps what `backward` needs, and `d_w` is the
# gradient of both weights at once.
#
# Now write the last pass yourself, for scalars. Each node becomes a line.

# %% exercise 21.3 [markdown]
# ### Exercise 21.3: print a program
#
# `steps` is a graph in order, as a list of triples: a name, an operation (`"+"` or `"*"`), and the names of its two
# inputs. For `[("p", "*", ("x", "x")), ("y", "+", ("p", "x"))]` return the text
#
# ```
# p = x * x
# y = p + x
# ```
#
# with a line break between the lines and none at the end.

# %% start
def to_program(steps):
    ...

# %% check
check("21.3", to_program)

# %% hint [markdown]
# An f-string makes a line: `f"{name} = {left} {sign} {right}"`. And `"\n".join(lines)` joins a list of lines.

# %% solution
def to_program(steps):
    return "\n".join(f"{name} = {left} {sign} {right}" for name, sign, (left, right) in steps)

# %% wrong: only_last
def to_program(steps):
    for name, sign, (left, right) in steps:
        program = f"{name} = {left} {sign} {right}"
    return program

# %% wrong: line_break_at_end
def to_program(steps):
    program = ""
    for name, sign, (left, right) in steps:
        program += f"{name} = {left} {sign} {right}\n"
    return program

# %% wrong: list_returned
def to_program(steps):
    return [f"{name} = {left} {sign} {right}" for name, sign, (left, right) in steps]

# %% exercise 21.4 [markdown]
# ### Exercise 21.4: write the program of the gradient
#
# Now the pass *differentiate*, on the same triples. Return the lines of the backward pass as one text: begin with a
# line
# `d_y = 1` for the last name, then go through the steps from the last to the first. Each step adds a share to
# its left input and then to its right one, such as `d_x += d_p * x`; for a sum the share is `d_p` alone. All other
# grads begin at 0, and you need not write that.

# %% start
def to_backward(steps):
    ...

# %% check
check("21.4", to_backward)

# %% hint [markdown]
# For `("p", "*", ("a", "b"))` the two lines are `d_a += d_p * b` and `d_b += d_p * a`: each gets the value of the
# *other*.

# %% hint [markdown]
# Begin with `lines = [f"d_{steps[-1][0]} = 1"]`, and loop over `reversed(steps)`.

# %% solution
def to_backward(steps):
    lines = [f"d_{steps[-1][0]} = 1"]
    for name, sign, (left, right) in reversed(steps):
        lines.append(f"d_{left} += d_{name}" + (f" * {right}" if sign == "*" else ""))
        lines.append(f"d_{right} += d_{name}" + (f" * {left}" if sign == "*" else ""))
    return "\n".join(lines)

# %% wrong: forward_order
def to_backward(steps):
    lines = [f"d_{steps[-1][0]} = 1"]
    for name, sign, (left, right) in steps:
        lines.append(f"d_{left} += d_{name}" + (f" * {right}" if sign == "*" else ""))
        lines.append(f"d_{right} += d_{name}" + (f" * {left}" if sign == "*" else ""))
    return "\n".join(lines)

# %% wrong: own_value
def to_backward(steps):
    lines = [f"d_{steps[-1][0]} = 1"]
    for name, sign, (left, right) in reversed(steps):
        lines.append(f"d_{left} += d_{name}" + (f" * {left}" if sign == "*" else ""))
        lines.append(f"d_{right} += d_{name}" + (f" * {right}" if sign == "*" else ""))
    return "\n".join(lines)

# %% wrong: assigned
def to_backward(steps):
    lines = [f"d_{steps[-1][0]} = 1"]
    for name, sign, (left, right) in reversed(steps):
        lines.append(f"d_{left} = d_{name}" + (f" * {right}" if sign == "*" else ""))
        lines.append(f"d_{right} = d_{name}" + (f" * {left}" if sign == "*" else ""))
    return "\n".join(lines)

# %% [markdown]
# With the two functions you have written a compiler that differentiates. It is small, but the library's works in
# the same way.
#
# ## Where to read on
#
# | file | what you will find |
# |---|---|
# | `autograd/core.py` | nodes, primitives and the walk; begin here |
# | `autograd/primitives/` | the table, in files as the chapters of a calculus book |
# | `autograd/rules.py` | the call of one node's rules |
# | `autograd/compiling/README.md` | the passes, with pictures |
# | `nn/module.py`, `nn/linear.py`, `nn/mlp.py` | how layers are made of parameters |
# | `nn/optim/` | the optimizers of lesson 13 |
#
# The code is written to be read. Where you find a line that you do not understand, try it in a cell.
#
# ## What you know now
#
# - A node has data, the primitive that made it, and its inputs. The graph hangs on its last node.
# - Derivatives are looked up in a table, one rule for each input of each operation. The walk multiplies and adds.
# - Rules are made of operations with rules, so derivatives of derivatives need nothing new.
# - A compiler turns a graph into a smaller graph, and that into a program.
#
# This was the last lesson. You began with one neuron, and now you know how the whole machine works, down to its
# last line. [Back to the list of lessons.](README.md)

# %% teacher [markdown]
# ## Timing
#
# 25 minutes: nodes 4, the table and a new primitive 7, the walk 4, the compiler and its two exercises 10.
#
# ## What to watch for
#
# - "It does algebra" or "it nudges": ask what the library would do with a function whose rule is wrong on purpose.
#   (It believes the table. `check_gradients` finds the mistake, since that does nudge.)
# - In 21.1, those who count 5 have drawn a tree. That a graph is not a tree is the point of lesson 3.
# - In 21.4, all of the mistakes of lesson 3 come back: assigning, the own value, the wrong order.
#
# ## Questions for an examination
#
# 1. What does a node remember, and why does it not remember who uses it?
# 2. Write the rule of the division $a / b$ for both inputs.
# 3. Why does the pass *differentiate* need no code of its own for each operation?
# 4. Which facts about the three points may the compiled program take for granted, and which may it not?
