"""Training samples: the generator's two files turned into tiles, tower labels and token ids; and text-only drills."""
import json
import random

import numpy as np
import torch

from model import COLOURS, NAMES
from pixels import PATCH, SIDE, boxes_on_tiles, normalise, pack_order, tiles_of
from template import ANSWER

LETTER = "\n\nAnswer with the option's letter from the given choices directly."


def patch_labels(sample):
    """int8 [3, tiles * 16]: name, colour and "its centre is here" of what covers each patch most."""
    objects = sample["objects"]
    boxes = boxes_on_tiles([o["box"] for o in objects], sample["width"], sample["height"])
    edges = np.arange(SIDE) * PATCH
    left, top = edges[None, None, None, :], edges[None, None, :, None]
    x0, y0, x1, y1 = (boxes[..., i][:, :, None, None] for i in range(4))
    over = np.clip(np.minimum(x1, left + PATCH) - np.maximum(x0, left), 0, None) * np.clip(np.minimum(y1, top + PATCH) - np.maximum(y0, top), 0, None)
    best = over.argmax(1)
    seen = over.max(1) >= 0.15 * PATCH * PATCH
    names = np.array([NAMES.index(o["name"]) for o in objects])
    colours = np.array([COLOURS.index(o["colour"]) for o in objects])
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    centre = ((cx >= left) & (cx < left + PATCH) & (cy >= top) & (cy < top + PATCH)).any(1)
    return np.stack([np.where(seen, names[best], 0), np.where(seen, colours[best], 0), centre]).reshape(3, -1).astype(np.int8)


class Question:
    """Ids of one question and its answer; `first` is the index of the answer's first id; `options` are ends of options."""

    __slots__ = ("kind", "ids", "first", "options", "right")

    def __init__(self, tokenizer, kind, prompt, answer, lead="\n"):
        self.kind = kind
        head, self.options, self.right = lead, [], -1
        if kind == "letter":
            body = prompt[: -len(LETTER)]
            lines = body.split("\n")
            ids = tokenizer.encode(lead + lines[0])
            for i, line in enumerate(lines[1:]):
                ids += tokenizer.encode("\n" + line)
                self.options.append(len(ids) - 1)
            self.right = "ABCD".index(answer)
            ids += tokenizer.encode(LETTER + ANSWER)
        else:
            ids = tokenizer.encode(head + prompt + ANSWER)
        self.first = len(ids)
        self.ids = ids + tokenizer.encode(answer + "<|im_end|>")


class Chunk:
    """The images of one folder, grouped by packing order so that a batch needs no padding."""

    def __init__(self, folder, tokenizer, limit=None):
        self.samples, self.groups = [], {}
        rng = random.Random(0)
        with open(f"{folder}/samples.jsonl") as lines, open(f"{folder}/images.bin", "rb") as pixels:
            for i, line in enumerate(lines):
                if limit is not None and i >= limit:
                    break
                s = json.loads(line)
                rgb = pixels.read(s["width"] * s["height"] * 3)
                order = tuple(pack_order(s["width"], s["height"]))
                short, long = [], []
                for q in s["questions"]:
                    lead, prompt = "\n", q["prompt"]
                    # The two forms in which harnesses write MMMU's image tag: images first with the tag kept, or the tag replaced.
                    if q["kind"] == "letter" and rng.random() < 0.5:
                        prompt = "<image 1> " + prompt
                    (long if q["kind"] in ("letter", "caption") else short).append(Question(tokenizer, q["kind"], prompt, q["answer"], lead))
                self.samples.append((tiles_of(rgb, s["width"], s["height"]), patch_labels(s), short, long, len(s["objects"])))
                self.groups.setdefault(order, []).append(i)

    def batches(self, size, rng, most=4):
        """(order, samples) in random order, once through; only images of at most `most` objects."""
        out = []
        for order, members in self.groups.items():
            members = [i for i in members if self.samples[i][4] <= most]
            rng.shuffle(members)
            out += [(order, members[i:i + size]) for i in range(0, len(members) - size + 1, size)]
        rng.shuffle(out)
        for order, members in out:
            yield order, [self.samples[i] for i in members]


def pixels_of(samples):
    return torch.from_numpy(normalise(np.stack([s[0] for s in samples])))


def labels_of(samples):
    return torch.from_numpy(np.stack([s[1] for s in samples], 1).astype(np.int64))


def table(rows):
    """Questions [b][count] -> ids [b, count, length] (padded with 0 behind the answer) and the flat positions of targets."""
    length = max(len(q.ids) for row in rows for q in row)
    ids = np.zeros((len(rows), len(rows[0]), length), np.int64)
    for b, row in enumerate(rows):
        for c, q in enumerate(row):
            ids[b, c, : len(q.ids)] = q.ids
    return torch.from_numpy(ids)


COLOUR_WORDS = COLOURS[1:]
SHAPE_WORDS = NAMES[1:7]


def drill(tokenizer, rng):
    """A multiple-choice question whose answer stands in the text: teaches which letter belongs to which option."""
    kind = rng.choice(["colour", "colour", "shape", "shape", "count", "number", "background"])
    if kind == "colour":
        shapes = rng.sample(SHAPE_WORDS, rng.choice([1, 2, 2, 3]))
        colours = [rng.choice(COLOUR_WORDS) for _ in shapes]
        at = rng.randrange(len(shapes))
        facts = "".join(f"a {c} {s}. " for c, s in zip(colours, shapes))
        question, answer, pool = f"What color is the {shapes[at]}?", colours[at], COLOUR_WORDS
    elif kind == "shape":
        colours = rng.sample(COLOUR_WORDS, rng.choice([1, 2, 2, 3]))
        shapes = [rng.choice(SHAPE_WORDS) for _ in colours]
        at = rng.randrange(len(shapes))
        facts = "".join(f"a {c} {s}. " for c, s in zip(colours, shapes))
        question, answer, pool = f"What shape is {colours[at]}?", shapes[at], SHAPE_WORDS
    elif kind == "count":
        answer, pool = rng.choice("1234"), list("1234")
        facts, question = f"{answer} shapes. ", "How many shapes are there?"
    elif kind == "number":
        pool = [str(rng.randrange(1, 100)) for _ in range(12)]
        answer = pool[0]
        facts, question = f"the number {answer}. ", "What number is shown?"
    else:
        pool = ["white", "gray", "pink", "blue", "green"]
        answer = rng.choice(pool)
        facts, question = f"on a {answer} background. ", "What color is the background?"
    wrong = rng.sample(sorted({w for w in pool if w != answer}), 3)
    options = wrong + [answer]
    rng.shuffle(options)
    prompt = facts + question + "".join(f"\n{letter}. {option}" for letter, option in zip("ABCD", options)) + LETTER
    return Question(tokenizer, "letter", prompt, "ABCD"[options.index(answer)], lead="")
