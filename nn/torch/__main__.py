"""Print the page of the documentation."""

from .page import page

if __name__ == "__main__":
    print(page())
