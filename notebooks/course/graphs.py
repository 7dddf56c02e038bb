"""Pictures of graphs; comparing gradients box by box, and drawing the graph with the first wrong box in red."""

from autograd import draw
from autograd.backward import ancestors

from .comparing import alike, shown
from .verdict import Wrong, image

__all__ = ["Picture", "picture", "same_gradients"]


class Picture:
    """A drawing that a notebook shows as a picture, and not as a page to play with."""

    def __init__(self, drawing):
        self.drawing = drawing

    def __repr__(self):
        return repr(self.drawing)

    def _repr_svg_(self):
        return self.drawing._repr_svg_()

    def _repr_html_(self):
        return image(self.drawing, "A graph: each box has its data and its grad, and each arrow its local derivative.")


def picture(root, **options):
    """A picture of the graph from which `root` was computed: what `draw(root)` saves as `.svg`.

    Its arrows have the local derivatives on them, and its boxes have the grads that `backward()` has found so far.

    >>> from autograd import Value
    >>> picture(Value(2.0, label="x").tanh())  # doctest: +ELLIPSIS
    <Drawing of 2 boxes; ...>
    """
    return Picture(draw(root, **options))


def same_gradients(result, given, why, *, tolerance=1e-3):
    """Check gradients that a learner found for the nodes of a graph.

    Args:
        result: the node from which `backward()` was called; the right gradients are in its graph.
        given: for each node, the learner's gradient.
        why: the name of the text, or a function that gets a node and the learner's number and returns it.
        tolerance: how far a gradient may be off, as a part of the right one.

    Raises:
        Wrong: with the graph and the learner's gradients in it. The first wrong box is red: the first on the way
            from the result to the leaves, as all mistakes further left may follow from it.
    """
    for node in ancestors([result]):
        if node in given and not alike(given[node], node.grad, tolerance):
            facts = {"name": node.label, "given": shown(given[node]), "right": shown(node.grad)}
            for other, grad in given.items():
                other.grad = float(grad)
            raise Wrong(why if isinstance(why, str) else why(node, given[node]), draw(result, marks={node: "✗"}), **facts)
