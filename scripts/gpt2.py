"""Continues a text with GPT-2, whose weights are in a file that you have, such as `model.safetensors` of "openai-community/gpt2".

A text needs tiktoken or transformers, which know GPT-2's tokens; without them the prompt is numbers of tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import gpt2_model
from command_line import Arguments, positive, run


class Tokens(NamedTuple):
    """How a text becomes numbers of tokens, and they a text again."""

    encode: Callable[[str], list[int]]
    decode: Callable[[list[int]], str]


def numbers() -> Tokens:
    """Texts that are numbers of tokens themselves."""
    return Tokens(lambda text: [int(word) for word in text.split()], lambda tokens: " ".join(map(str, tokens)))


def tokens_for(prompt: str) -> Tokens | None:
    """GPT-2's tokens from a library that knows them, or numbers; None if the prompt is a text and no library is installed."""
    if prompt.replace(" ", "").isdecimal():
        return numbers()
    try:
        import tiktoken

        encoding = tiktoken.get_encoding("gpt2")
        return Tokens(encoding.encode, encoding.decode)
    except ModuleNotFoundError:
        pass
    try:
        from transformers import GPT2TokenizerFast

        tokenizer = GPT2TokenizerFast.from_pretrained("gpt2")
        return Tokens(tokenizer.encode, tokenizer.decode)
    except ModuleNotFoundError:
        return None


def main() -> None:
    parser = Arguments(__doc__ or "")
    parser.add_argument(
        "--weights", type=Path, required=True, metavar="FILE", help="GPT-2's weights, a .safetensors file or PyTorch's .bin"
    )
    parser.add_argument("--prompt", default="15496 11 314 1101", help='the beginning: a text, or numbers of tokens, such as "15496 11"')
    parser.add_argument("--tokens", type=positive, default=20, metavar="N", help="how many tokens to add")
    args = parser.parse_args()
    tokens = tokens_for(args.prompt)
    if tokens is None:
        parser.error("a text needs its tokens: pip install tiktoken, or give --prompt as numbers of tokens, such as '15496 11'.")
    try:
        model = gpt2_model.load(args.weights)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    prompt = tokens.encode(args.prompt)
    known = len(model.wte.weight)
    if not prompt or max(prompt) >= known:
        parser.error(f"the prompt must have tokens from 0 to {known - 1}; got {args.prompt!r}.")
    print(tokens.decode(model.continued(prompt, args.tokens)))


if __name__ == "__main__":
    run(main)
