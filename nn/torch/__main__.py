"""`python -m nn.torch` prints what each of PyTorch's names is called here."""

from .page import page

if __name__ == "__main__":
    print(page())
