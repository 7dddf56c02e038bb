"""`python -m nn.keras` prints what each of Keras' names is called here."""

from .page import page

if __name__ == "__main__":
    print(page())
