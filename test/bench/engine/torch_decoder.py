"""The decoder of a random checkpoint (llava-engine bench --checkpoint DIR) in PyTorch, as the reference computes it: the opponent of
`npm run bench -- engine`. Prints one JSON line per number. Needs torch (any version with bfloat16) and nothing else.
    torch_decoder.py DIR --dtype float32|bfloat16 --threads N [--prefill 512] [--decode 32]
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
arguments.add_argument("--decode", type=int, default=32)
options = arguments.parse_args()
torch.set_num_threads(options.threads)
torch.set_grad_enabled(False)
dtype = getattr(torch, options.dtype)

file = open(options.folder + "/model.safetensors", "rb")
image = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
(length,) = struct.unpack("<Q", image[:8])
header = json.loads(image[8 : 8 + length])
config = json.load(open(options.folder + "/config.json"))["text_config"]


def weight(name):
    entry = header["language_model.model." + name]
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


def say(name, value, unit, detail=""):
    print(json.dumps({"name": name, "value": value, "unit": unit, "detail": detail}), flush=True)


logits = forward(run(64, 1), [None] * layers)
for i in (0, 1000, 20000, 77777, 149999):
    say(f"logit {i}", float(logits[i]), "logit")
rate, rate_cpu = 0.0, 0.0
for round in range(2):
    wall, cpu = time.perf_counter(), time.process_time()
    forward(run(options.prefill, 100 + round), [None] * layers)
    rate = max(rate, options.prefill / (time.perf_counter() - wall))
    rate_cpu = max(rate_cpu, options.prefill / (time.process_time() - cpu))
say(f"prefill {options.prefill}", rate, "tok/s", f"torch {torch.__version__} {options.dtype}")
say(f"prefill {options.prefill}: CPU time", rate_cpu, "tok/CPU s")
cache = [None] * layers
forward(run(16, 7), cache)
wall = time.perf_counter()
for i in range(options.decode):
    forward([1000 + i], cache)
say("decode, 1 sequence", options.decode / (time.perf_counter() - wall), "tok/s", f"torch {torch.__version__} {options.dtype}")
