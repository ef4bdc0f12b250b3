"""A byte-level BPE of a few hundred tokens: trained on the demo's words, written in the `tokenizer.json` format.

Digits are never merged, so that a number is spelled digit by digit everywhere. The three instructions that end the
demo tasks' prompts are added tokens: they are fixed strings, and one token each keeps the sequences short.
"""
import json
import re
from collections import Counter

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>"]
INSTRUCTIONS = [
    "\nAnswer the question using a single word or phrase.",
    "\n\nAnswer with the option's letter from the given choices directly.",
    "Provide a one-sentence caption for the provided image.",
    "<image 1>",
]
# The fixed stretches of the chat template, one token each. Longest match: around other words the single marks are used.
TEMPLATE = [
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n",
    "<|im_end|>\n<|im_start|>assistant\n",
]
# GPT-2's splitting rule, written for ASCII: the demo's texts have nothing else.
WORDS = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")


def byte_symbols():
    """GPT-2's printable stand-in for each of the 256 bytes."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols, extra = {}, 0
    for byte in range(256):
        if byte in keep:
            symbols[byte] = chr(byte)
        else:
            symbols[byte] = chr(256 + extra)
            extra += 1
    return symbols


BYTES = byte_symbols()


def spell(text):
    return [BYTES[b] for b in text.encode("utf-8")]


def merge(symbols, left, right):
    out, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and symbols[i] == left and symbols[i + 1] == right:
            out.append(left + right)
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


def train(texts, size):
    """Merges for a vocabulary of at most `size` tokens. Ties go to the pair that sorts first: the result is repeatable."""
    counts = Counter()
    for text in texts:
        for part in TEMPLATE + INSTRUCTIONS + SPECIAL:
            text = text.replace(part, "\0")
        for piece in text.split("\0"):
            counts.update(word for word in WORDS.findall(piece) if not re.search(r"[0-9]", word))
    words = {word: spell(word) for word in counts}
    merges = []
    while len(merges) < size - 256 - len(SPECIAL + INSTRUCTIONS + TEMPLATE):
        pairs = Counter()
        for word, symbols in words.items():
            for pair in zip(symbols, symbols[1:]):
                # Every word counts about alike: rare words must become tokens too.
                pairs[pair] += 1 + counts[word] ** 0.5
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = {word: merge(symbols, *best) for word, symbols in words.items()}
    return merges


def build(merges):
    """The contents of tokenizer.json."""
    vocab = {symbol: i for i, symbol in enumerate(BYTES.values())}
    for left, right in merges:
        vocab[left + right] = len(vocab)
    added = [
        {"id": len(vocab) + i, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False, "special": content in SPECIAL + TEMPLATE}
        for i, content in enumerate(SPECIAL + INSTRUCTIONS + TEMPLATE)
    ]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": level, "post_processor": None, "decoder": level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False, "vocab": vocab,
                  "merges": [f"{left} {right}" for left, right in merges]},
    }


class Tokenizer:
    def __init__(self, spec):
        self.vocab = spec["model"]["vocab"]
        self.ranks = {tuple(line.split(" ")): i for i, line in enumerate(spec["model"]["merges"])}
        self.added = {token["content"]: token["id"] for token in spec["added_tokens"]}
        self.special = {token["id"] for token in spec["added_tokens"] if token["special"]}
        self.split = re.compile("(" + "|".join(re.escape(t) for t in sorted(self.added, key=len, reverse=True)) + ")")
        self.names = {i: symbol for symbol, i in self.vocab.items()}
        self.names.update({i: content for content, i in self.added.items()})
        self.size = len(self.names)
        self.cache = {}

    @staticmethod
    def load(path):
        with open(path, encoding="utf-8") as file:
            return Tokenizer(json.load(file))

    def word(self, word):
        ids = self.cache.get(word)
        if ids is None:
            symbols = spell(word)
            while len(symbols) > 1:
                best = min(zip(symbols, symbols[1:]), key=lambda pair: self.ranks.get(pair, 1 << 30))
                if best not in self.ranks:
                    break
                symbols = merge(symbols, *best)
            ids = self.cache[word] = [self.vocab[symbol] for symbol in symbols]
        return ids

    def encode(self, text):
        out = []
        for part in self.split.split(text):
            if part in self.added:
                out.append(self.added[part])
            else:
                for word in WORDS.findall(part):
                    out.extend(self.word(word))
        return out

    def decode(self, ids):
        """Text without special tokens."""
        back = {symbol: byte for byte, symbol in BYTES.items()}
        out = bytearray()
        for i in ids:
            if i in self.special:
                continue
            name = self.names.get(i, "")
            out += name.encode() if name in self.added else bytes(back[symbol] for symbol in name)
        return out.decode("utf-8", "replace")
