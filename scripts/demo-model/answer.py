"""Answers samples with an exported checkpoint by a plain NumPy forward pass: no block mask, no cache, no PyTorch.

    python3 answer.py --model ../../configs/demo/model --data DIR [--limit N] [--answers FILE]

A second, independent way through the same weights: what it answers is what any engine has to answer (bfloat16 weights,
float32 arithmetic). Prints the share of exact answers by kind; --answers writes one line of JSON per question.
"""
import argparse
import json
import math
import struct
from collections import defaultdict

import numpy as np

from pixels import SIDE, normalise, pack_order, tiles_of
from template import ANSWER, SYSTEM
from tokenizer import Tokenizer


def load(path):
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    out = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        words = np.frombuffer(data[start:end], "<u2").astype(np.uint32) << 16
        out[name] = words.view(np.float32).reshape(entry["shape"])
    return out


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


erf = np.vectorize(math.erf, otypes=[np.float32])


class Net:
    def __init__(self, folder):
        self.w = load(f"{folder}/model.safetensors")
        with open(f"{folder}/config.json") as file:
            config = json.load(file)
        self.vision, self.text = config["vision_config"], config["text_config"]
        self.image_token = config["image_token_index"]

    def linear(self, x, name, bias=True):
        y = x @ self.w[name + ".weight"].T
        return y + self.w[name + ".bias"] if bias else y

    def layer_norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * self.w[name + ".weight"] + self.w[name + ".bias"]

    def rms(self, x, name):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6) * self.w[name + ".weight"]

    def image(self, sample, rgb):
        """Packed image vectors [tokens, hidden]."""
        pixels = normalise(tiles_of(rgb, sample["width"], sample["height"]))
        eye, v = "vision_tower.vision_model.", self.vision
        kernel = self.w[eye + "embeddings.patch_embedding.weight"]
        p, n = v["patch_size"], pixels.shape[0]
        patches = pixels.reshape(n, 3, SIDE, p, SIDE, p).transpose(0, 2, 4, 1, 3, 5).reshape(n, SIDE * SIDE, -1)
        x = patches @ kernel.reshape(kernel.shape[0], -1).T
        first = np.broadcast_to(self.w[eye + "embeddings.class_embedding"], (n, 1, x.shape[-1]))
        x = np.concatenate([first, x], 1) + self.w[eye + "embeddings.position_embedding.weight"]
        x = self.layer_norm(x, eye + "pre_layrnorm")
        heads = v["num_attention_heads"]
        for i in range(v["num_hidden_layers"] - 1):  # vision_feature_layer -2
            at = f"{eye}encoder.layers.{i}."
            y = self.layer_norm(x, at + "layer_norm1")
            q, k, val = (self.linear(y, f"{at}self_attn.{c}_proj").reshape(n, -1, heads, x.shape[-1] // heads).transpose(0, 2, 1, 3) for c in "qkv")
            a = softmax(q @ k.transpose(0, 1, 3, 2) / math.sqrt(q.shape[-1])) @ val
            x = x + self.linear(a.transpose(0, 2, 1, 3).reshape(x.shape), at + "self_attn.out_proj")
            y = self.linear(self.layer_norm(x, at + "layer_norm2"), at + "mlp.fc1")
            x = x + self.linear(y / (1 + np.exp(-1.702 * y)), at + "mlp.fc2")
        x = self.linear(x[:, 1:].reshape(-1, x.shape[-1]), "multi_modal_projector.linear_1")
        x = self.linear(0.5 * x * (1 + erf(x / math.sqrt(2))), "multi_modal_projector.linear_2")
        return np.stack([self.w["image_newline"] if o < 0 else x[o] for o in pack_order(sample["width"], sample["height"])])

    def logits(self, x):
        """Of the last position, from embedded inputs [tokens, hidden]."""
        t = self.text
        length, heads, kv = x.shape[0], t["num_attention_heads"], t["num_key_value_heads"]
        size = t["hidden_size"] // heads
        f = t["rope_theta"] ** (-np.arange(0, size, 2, dtype=np.float32) / size)
        angle = np.arange(length, dtype=np.float32)[:, None] * f
        cos, sin = np.cos(angle)[None], np.sin(angle)[None]
        mask = np.triu(np.full((length, length), -np.inf, np.float32), 1)

        def turn(y):
            a, b = y[..., : size // 2], y[..., size // 2:]
            return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)

        for i in range(t["num_hidden_layers"]):
            at = f"language_model.model.layers.{i}."
            y = self.rms(x, at + "input_layernorm")
            q, k, v = (self.linear(y, f"{at}self_attn.{c}_proj").reshape(length, -1, size).transpose(1, 0, 2) for c in "qkv")
            q, k = turn(q), np.repeat(turn(k), heads // kv, 0)
            a = softmax(q @ k.transpose(0, 2, 1) / math.sqrt(size) + mask) @ np.repeat(v, heads // kv, 0)
            x = x + self.linear(a.transpose(1, 0, 2).reshape(length, -1), at + "self_attn.o_proj", False)
            y = self.rms(x, at + "post_attention_layernorm")
            gate, up = self.linear(y, at + "mlp.gate_proj", False), self.linear(y, at + "mlp.up_proj", False)
            x = x + self.linear(gate / (1 + np.exp(-gate)) * up, at + "mlp.down_proj", False)
        return self.rms(x[-1], "language_model.model.norm") @ self.w["language_model.lm_head.weight"].T

    def answer(self, tokenizer, image, prompt, most=64):
        embed = self.w["language_model.model.embed_tokens.weight"]
        x = np.concatenate([embed[tokenizer.encode(SYSTEM)], image, embed[tokenizer.encode("\n" + prompt + ANSWER)]])
        out, end = [], tokenizer.added["<|im_end|>"]
        while len(out) < most:
            best = int(self.logits(x).argmax())
            if best == end:
                break
            out.append(best)
            x = np.concatenate([x, embed[best][None]])
        return tokenizer.decode(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--limit", type=int, default=50)
    parser.add_argument("--answers")
    args = parser.parse_args()
    net, tokenizer = Net(args.model), Tokenizer.load(f"{args.model}/tokenizer.json")
    hits, lines = defaultdict(list), []
    with open(f"{args.data}/samples.jsonl") as rows, open(f"{args.data}/images.bin", "rb") as pixels:
        for i, row in enumerate(rows):
            if i >= args.limit:
                break
            sample = json.loads(row)
            image = net.image(sample, pixels.read(sample["width"] * sample["height"] * 3))
            for q in sample["questions"]:
                given = net.answer(tokenizer, image, q["prompt"])
                hits[q["kind"]].append(given == q["answer"])
                lines.append(json.dumps({"image": i, "kind": q["kind"], "ids": tokenizer.encode("\n" + q["prompt"] + ANSWER), "answer": q["answer"], "given": given}))
    for kind, good in sorted(hits.items()):
        print(f"{kind:14} {sum(good):5} of {len(good):5}  {100 * sum(good) / len(good):5.1f} %")
    if args.answers:
        with open(args.answers, "w") as file:
            file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
