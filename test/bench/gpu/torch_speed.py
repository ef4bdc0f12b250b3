"""What this GPU does under torch: one large product, copies, and the products that `llava-engine bench products --json` timed (its lines on
stdin), by cuBLASLt's own choice of kernel for each row count, which may change bits between row counts. The difference to the engine's
times is the price of equal bits. Prints one JSON object. Needs torch.
    llava-engine bench products ... --json | torch_speed.py [--dtype bfloat16] [--size 8192]
"""
import argparse
import json
import sys
import time

import torch
import torch.nn.functional as F

arguments = argparse.ArgumentParser()
arguments.add_argument("--dtype", default="bfloat16")
arguments.add_argument("--size", type=int, default=8192)
arguments.add_argument("--device", default="cuda")
options = arguments.parse_args()
torch.set_grad_enabled(False)
dtype, device = getattr(torch, options.dtype), options.device


def synchronize():
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def seconds_of(body):
    """One call: the best of three runs of as many calls as take a tenth of a second; the same rule as the engine's."""

    def run(calls):
        synchronize()
        start = time.perf_counter()
        for i in range(calls):
            body(i)
        synchronize()
        return (time.perf_counter() - start) / calls

    run(1)
    calls = int(min(max(0.1 / run(1), 1), 1000))
    return min(run(calls) for _ in range(3))


def matrix(rows, cols):
    return torch.randn(rows, cols, dtype=torch.float32, device=device).to(dtype)


size = options.size
x, w = matrix(size, size), matrix(size, size)
rate = 2 * size**3 / seconds_of(lambda i: F.linear(x, w)) / 1e12
one, other = (torch.zeros(1 << 28, device=device) for _ in range(2))  # 1 GiB each
bandwidth = 2 * one.numel() * 4 / seconds_of(lambda i: other.copy_(one)) / 1e9
del x, w, one, other
products = []
for line in filter(str.strip, sys.stdin):
    measured = json.loads(line)
    if not measured["name"].startswith("product ") or not measured["detail"].startswith("{"):
        continue
    shape = json.loads(measured["detail"])
    bytes_of = shape["n"] * shape["k"] * dtype.itemsize
    weights = [matrix(shape["n"], shape["k"]) for _ in range(min(max((512 << 20) // bytes_of, 1), 16))]  # in turn: not from the cache
    x = matrix(shape["m"], shape["k"])
    theirs = seconds_of(lambda i: F.linear(x, weights[i % len(weights)])) * 1e6
    products.append({"name": measured["name"], **shape, "oursUs": measured["value"], "torchUs": theirs})
cost = {}
for phase in ("decode", "prompt"):
    for rows in sorted({p["m"] for p in products if phase in p["name"]}):
        of = [p for p in products if phase in p["name"] and p["m"] == rows]
        cost[f"{phase} {rows}"] = sum(p["oursUs"] for p in of) / sum(p["torchUs"] for p in of)
print(json.dumps({"torch": torch.__version__, "teraflops": rate, "gigabytesPerSecond": bandwidth, "products": products, "oursOverTorch": cost}))
