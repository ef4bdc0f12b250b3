"""Decoder and tower of a random checkpoint (llava-engine bench --checkpoint DIR) in PyTorch, as the reference computes them: the
opponent of `npm run bench -- engine`. Prints one JSON line per number. Needs torch (any version with bfloat16) and nothing else.
    torch_model.py DIR --dtype float32|bfloat16 --threads N [--prefill 512] [--decode 16]
"""
import argparse
import json
import mmap
import struct
import time

import torch
import torch.nn.functional as F

arguments = argparse.ArgumentParser()
arguments.add_argument("folder")
arguments.add_argument("--dtype", default="float32")
arguments.add_argument("--threads", type=int, default=1)
arguments.add_argument("--prefill", type=int, default=512)
arguments.add_argument("--decode", type=int, default=16)
options = arguments.parse_args()
torch.set_num_threads(options.threads)
torch.set_grad_enabled(False)
dtype = getattr(torch, options.dtype)

file = open(options.folder + "/model.safetensors", "rb")
image = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
(length,) = struct.unpack("<Q", image[:8])
header = json.loads(image[8 : 8 + length])
whole = json.load(open(options.folder + "/config.json"))
config, vision = whole["text_config"], whole["vision_config"]


def weight(name, part="language_model.model."):
    entry = header[part + name]
    start, end = (8 + length + offset for offset in entry["data_offsets"])
    flat = torch.frombuffer(image, dtype=torch.bfloat16, count=(end - start) // 2, offset=start)
    return flat.reshape(entry["shape"]).to(dtype)


heads, kv_heads, layers = (config[k] for k in ("num_attention_heads", "num_key_value_heads", "num_hidden_layers"))
size = config["hidden_size"] // heads
embed, norm = weight("embed_tokens.weight"), weight("norm.weight")
blocks = []
for i in range(layers):
    at = f"layers.{i}."
    block = {p: weight(at + p + ".weight") for p in ("self_attn.o_proj", "mlp.down_proj", "input_layernorm", "post_attention_layernorm")}
    block["qkv"] = torch.cat([weight(at + f"self_attn.{p}_proj.weight") for p in "qkv"])
    block["bias"] = torch.cat([weight(at + f"self_attn.{p}_proj.bias") for p in "qkv"])
    block["gate_up"] = torch.cat([weight(at + f"mlp.{p}_proj.weight") for p in ("gate", "up")])
    blocks.append(block)
inverse = 1.0 / config["rope_theta"] ** (torch.arange(0, size, 2).float() / size)


def rms(x, w):
    wide = x.float()
    return w * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + config["rms_norm_eps"])).to(dtype)


def turn(x, cos, sin):
    half = torch.cat((-x[..., size // 2 :], x[..., : size // 2]), -1)
    return x * cos + half * sin


def forward(ids, cache, last_only=True):
    past = cache[0][0].shape[1] if cache[0] is not None else 0
    n = len(ids)
    angle = torch.arange(past, past + n).float()[:, None] * inverse[None]
    cos, sin = (torch.cat((f(angle), f(angle)), -1).to(dtype) for f in (torch.cos, torch.sin))
    x = embed[torch.tensor(ids)]
    for i, b in enumerate(blocks):
        qkv = F.linear(rms(x, b["input_layernorm"]), b["qkv"], b["bias"]).reshape(n, heads + 2 * kv_heads, size).transpose(0, 1)
        q, k, v = turn(qkv[:heads], cos, sin), turn(qkv[heads : heads + kv_heads], cos, sin), qkv[heads + kv_heads :]
        if cache[i] is not None:
            k, v = torch.cat((cache[i][0], k), 1), torch.cat((cache[i][1], v), 1)
        cache[i] = (k, v)
        scores = q @ k.repeat_interleave(heads // kv_heads, 0).transpose(1, 2) * size**-0.5
        if n > 1:
            scores = scores + torch.full((n, past + n), float("-inf"), dtype=dtype).triu(past + 1)
        p = scores.float().softmax(-1).to(dtype)
        x = x + F.linear((p @ v.repeat_interleave(heads // kv_heads, 0)).transpose(0, 1).reshape(n, heads * size), b["self_attn.o_proj"])
        gate, up = F.linear(rms(x, b["post_attention_layernorm"]), b["gate_up"]).chunk(2, -1)
        x = x + F.linear(F.silu(gate) * up, b["mlp.down_proj"])
    return F.linear(rms(x[-1:], norm), embed).float()[0]


def run(count, seed):
    return [(seed * 7907 + i * 104729 + i * i % 9973) % 150000 for i in range(count)]


def say(name, value, unit):
    print(json.dumps({"name": name, "value": value, "unit": unit, "detail": f"torch {torch.__version__}, {options.dtype}"}), flush=True)


def image(side, seed):
    """What bench.cc's image() draws: [3, side, side] bytes."""
    rows, state = [], seed * 7919 + 17
    for y in range(side):
        row = []
        for x in range(side):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            row.append([(x * (c + 1) + y * 2 + seed * 31) % 200 + (state >> 60) for c in range(3)])
        rows.append(row)
    return torch.tensor(rows, dtype=torch.uint8).permute(2, 0, 1)


class Tower:
    def __init__(self):
        of = lambda name: weight(name, "vision_tower.vision_model.")
        self.embeddings = {n: of("embeddings." + n) for n in ("class_embedding", "patch_embedding.weight", "position_embedding.weight")}
        self.pre = [of("pre_layrnorm." + n) for n in ("weight", "bias")]
        names = ("layer_norm1", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "layer_norm2", "mlp.fc1", "mlp.fc2")
        count = vision["num_hidden_layers"] + 1 + whole["vision_feature_layer"]  # hidden state -2: the last layer is not run
        self.layers = [{n: [of(f"encoder.layers.{i}.{n}.{w}") for w in ("weight", "bias")] for n in names} for i in range(count)]
        for layer in self.layers:
            layer["qkv"] = [torch.cat([layer[f"self_attn.{p}_proj"][i] for p in "qkv"]) for i in (0, 1)]
        self.projector = [[weight(f"linear_{i}.{w}", "multi_modal_projector.") for w in ("weight", "bias")] for i in (1, 2)]

    def __call__(self, tiles):
        """[count, 3, side, side] bytes -> projected features, class row first: [count, 1 + patches, hidden of the text]."""
        mean, std = (torch.tensor(v)[:, None, None] for v in ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)))
        x = ((tiles.float() / 255 - mean) / std).to(dtype)
        x = F.conv2d(x, self.embeddings["patch_embedding.weight"], stride=vision["patch_size"]).flatten(2).transpose(1, 2)
        x = torch.cat((self.embeddings["class_embedding"].expand(len(x), 1, -1), x), 1) + self.embeddings["position_embedding.weight"]
        n, d, count = x.shape[1], x.shape[2], vision["num_attention_heads"]
        norm = lambda value, weights: F.layer_norm(value, (d,), *weights, vision["layer_norm_eps"])
        x = norm(x, self.pre)
        for layer in self.layers:
            q, k, v = F.linear(norm(x, layer["layer_norm1"]), *layer["qkv"]).reshape(-1, n, 3, count, d // count).permute(2, 0, 3, 1, 4)
            p = (q * (d // count) ** -0.5 @ k.transpose(-1, -2)).softmax(-1)
            x = x + F.linear((p @ v).transpose(1, 2).reshape(-1, n, d), *layer["self_attn.out_proj"])
            inner = F.linear(norm(x, layer["layer_norm2"]), *layer["mlp.fc1"])
            x = x + F.linear(inner * torch.sigmoid(1.702 * inner), *layer["mlp.fc2"])
        return F.linear(F.gelu(F.linear(x, *self.projector[0])), *self.projector[1])


def least(rounds, work):
    """Seconds of the fastest round, or of as many as begin within 20 s: wall and CPU."""
    times, first = [], time.perf_counter()
    while not times or (len(times) < rounds and time.perf_counter() - first < 20):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    return (min(t[i] for t in times) for i in (0, 1))


logits = forward(run(64, 1), [None] * layers)
for i in (0, 1000, 20000, 77777, 149999):
    say(f"logit {i}", float(logits[i]), "value")
wall, cpu = least(2, lambda: forward(run(options.prefill, 100), [None] * layers))
say(f"prefill {options.prefill}", options.prefill / wall, "tok/s")
say(f"prefill {options.prefill}: CPU time", options.prefill / cpu, "tok/CPU s")
cache = [None] * layers
forward(run(16, 7), cache)
wall, _ = least(options.decode, lambda: forward([1000], cache))
say("decode, 1 sequence", 1 / wall, "tok/s")
del blocks, embed

tower, whole_image = Tower(), image(672, 3)
quarters = [whole_image[:, y : y + 336, x : x + 336] for y in (0, 336) for x in (0, 336)]
tiles = torch.stack([quarters[0], *quarters])  # the first stands for the small whole, whose features are not compared
features = []
wall, cpu = least(2, lambda: features.append(tower(tiles)))
say("encoder, 5 tiles", wall, "s")
say("encoder, 5 tiles: CPU time", cpu, "CPU s")
for tile in (1, 4):
    for token in (0, 1, 576):
        for column in (0, 500):
            say(f"feature {tile} {token} {column}", float(features[0][tile, token, column]), "value")
