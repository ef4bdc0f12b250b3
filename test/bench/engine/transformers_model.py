"""A random OneVision checkpoint (llava-engine bench --model onevision-0.5b --checkpoint DIR) in transformers, the class that users of the
published files run: an opponent of `npm run bench -- engine`. Prints one JSON line per number. Needs torch and transformers.
    transformers_model.py DIR --dtype float32|bfloat16 --threads N [--prefill 512] [--decode 65]
"""
import argparse
import json
import time

import torch
import transformers

arguments = argparse.ArgumentParser()
arguments.add_argument("folder")
arguments.add_argument("--dtype", default="float32")
arguments.add_argument("--threads", type=int, default=1)
arguments.add_argument("--prefill", type=int, default=512)
arguments.add_argument("--decode", type=int, default=65)
options = arguments.parse_args()
torch.set_num_threads(options.threads)
torch.set_grad_enabled(False)
dtype = getattr(torch, options.dtype)
transformers.utils.logging.disable_progress_bar()
whole = transformers.LlavaOnevisionForConditionalGeneration.from_pretrained(options.folder, dtype=dtype).eval()


def run(count, seed):
    return torch.tensor([[(seed * 7907 + i * 104729 + i * i % 9973) % 150000 for i in range(count)]])


def say(name, value, unit):
    detail = f"transformers {transformers.__version__}, torch {torch.__version__}, {options.dtype}"
    print(json.dumps({"name": name, "value": value, "unit": unit, "detail": detail}), flush=True)


def image(side, seed):
    """What request_set.cc's drawn_image() draws: [3, side, side] bytes."""
    rows, state = [], seed * 7919 + 17
    for y in range(side):
        row = []
        for x in range(side):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            row.append([(x * (c + 1) + y * 2 + seed * 31) % 200 + (state >> 60) for c in range(3)])
        rows.append(row)
    return torch.tensor(rows, dtype=torch.uint8).permute(2, 0, 1)


def least(rounds, work):
    """Seconds of the fastest round, or of as many as begin within 20 s: wall and CPU."""
    times, first = [], time.perf_counter()
    while not times or (len(times) < rounds and time.perf_counter() - first < 20):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    return (min(t[i] for t in times) for i in (0, 1))


def decode(count):
    """`count` tokens, one after the other; the first comes from the prompt."""
    out = whole(input_ids=run(16, 7), use_cache=True, logits_to_keep=1)
    start = time.perf_counter()
    for _ in range(count - 1):
        out = whole(input_ids=out.logits[:, -1:].argmax(-1), past_key_values=out.past_key_values, use_cache=True)
    steps.append((count - 1) / (time.perf_counter() - start))


logits = whole(input_ids=run(64, 1), logits_to_keep=1).logits[0, -1].float()
for i in (0, 1000, 20000, 77777, 149999):
    say(f"logit {i}", float(logits[i]), "value")
wall, cpu = least(2, lambda: whole(input_ids=run(options.prefill, 100), use_cache=True, logits_to_keep=1))
say(f"prefill {options.prefill}", options.prefill / wall, "tok/s")
say(f"prefill {options.prefill}: CPU time", options.prefill / cpu, "tok/CPU s")
steps = []
_, cpu = least(3, lambda: decode(options.decode))
say("decode, 1 sequence", max(steps), "tok/s")
say("decode, 1 sequence: CPU time", options.decode / cpu, "tok/CPU s")

side, drawn = 384, image(768, 3)
quarters = [drawn[:, y : y + side, x : x + side] for y in (0, side) for x in (0, side)]
# The first stands for the small whole, whose features are not compared.
tiles = ((torch.stack([quarters[0], *quarters]).float() * (1 / 255) - 0.5) / 0.5).to(dtype)


def encode():
    state = whole.model.vision_tower(tiles, output_hidden_states=True).hidden_states[-1]
    features.append(whole.model.multi_modal_projector(state))


features = []
wall, cpu = least(2, encode)
say("encoder, 5 tiles", wall, "s")
say("encoder, 5 tiles: CPU time", cpu, "CPU s")
for tile in (1, 4):
    for token in (0, 1, 576):
        for column in (0, 500):
            say(f"feature {tile} {token} {column}", float(features[0][tile, token, column]), "value")
