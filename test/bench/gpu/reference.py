"""transformers' LlavaNextForConditionalGeneration on the questions that the engine answered: how far the logits are apart, and how many
questions a second. The checkpoint and the questions are those of `llava-engine checkpoint` and `llava-engine requests`; pixels come tiled
from there, so that only models are compared and transformers is not charged for its image processor.
    reference.py REQUESTS --checkpoint DIR [--logits FILE] [--batches 1,2,4,8] [--seconds 40] [--exact] [--device cuda] [--dtype bfloat16]
--logits   what `llava-engine ask --logits` wrote       --exact   those questions in float32 too: whose error is it
--seconds  at most this long for each batch size, whole batches
Prints one JSON object. Needs torch, transformers 5, safetensors.
"""
import argparse
import gc
import json
import time

import torch
import transformers
from safetensors import safe_open
from transformers import LlavaNextForConditionalGeneration

arguments = argparse.ArgumentParser()
arguments.add_argument("requests")
arguments.add_argument("--checkpoint", required=True)
arguments.add_argument("--logits")
arguments.add_argument("--batches", default="1,2,4,8")
arguments.add_argument("--seconds", type=float, default=40)
arguments.add_argument("--exact", action="store_true")
arguments.add_argument("--device", default="cuda")
arguments.add_argument("--dtype", default="bfloat16")
options = arguments.parse_args()
torch.set_grad_enabled(False)
torch.backends.cudnn.allow_tf32 = False  # the patch embedding is a convolution

IMAGE_SLOT = -200  # where the engine's ids have an image
MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).reshape(3, 1, 1)
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).reshape(3, 1, 1)

asked = json.load(open(options.requests + "/requests.json"))
questions = asked["questions"]
tiles = safe_open(options.requests + "/tiles.safetensors", framework="pt")
config = json.load(open(options.checkpoint + "/config.json"))


def load(dtype):
    model = LlavaNextForConditionalGeneration.from_pretrained(options.checkpoint, dtype=dtype, attn_implementation="sdpa")
    return model.to(options.device).eval()


def inputs_of(batch, dtype):
    """Ids padded on the left, as transformers wants them for generation; pixels normalised from bytes in float32."""
    rows = []
    for question in batch:
        row = []
        for token in question["tokens"]:
            row += [config["image_token_index"]] * question["imageTokens"] if token == IMAGE_SLOT else [token]
        rows.append(row)
    longest = max(map(len, rows))
    ids = torch.tensor([[config["text_config"]["eos_token_id"]] * (longest - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
    pixels = torch.stack([(tiles.get_tensor(str(q["image"])).float() / 255 - MEAN) / STD for q in batch]).to(dtype)
    sizes = torch.tensor([q["size"] for q in batch])
    named = {"input_ids": ids, "attention_mask": mask, "pixel_values": pixels, "image_sizes": sizes}
    return {name: value.to(options.device) for name, value in named.items()}


def first_logits(model, dtype, count):
    rows = [model(**inputs_of([question], dtype), logits_to_keep=1, use_cache=False).logits[0, -1].float().cpu() for question in questions[:count]]
    return torch.stack(rows)


def distance(a, b):
    gap = (a - b).abs()
    return {"meanAbs": gap.mean().item(), "maxAbs": gap.max().item(), "sameFirstToken": (a.argmax(-1) == b.argmax(-1)).float().mean().item()}


def synchronize():
    if options.device.startswith("cuda"):
        torch.cuda.synchronize()


def speed(model, dtype, size):
    """Questions per second in batches of `size`, in the order of the set, answers of a fixed length, greedy."""
    count = asked["answerTokens"]

    def answer(batch):
        model.generate(**inputs_of(batch, dtype), max_new_tokens=count, min_new_tokens=count, do_sample=False, pad_token_id=config["text_config"]["eos_token_id"])

    answer(questions[:size])
    synchronize()
    start, done = time.perf_counter(), 0
    while done < len(questions) and time.perf_counter() - start < options.seconds:
        batch = questions[done : done + size]
        answer(batch)
        synchronize()
        done += len(batch)
    return {"batch": size, "questions": done, "questionsPerSecond": done / (time.perf_counter() - start)}


result = {"transformers": transformers.__version__, "torch": torch.__version__, "dtype": options.dtype, "attention": "sdpa"}
dtype = getattr(torch, options.dtype)
model = load(dtype)
ours = theirs = None
if options.logits:
    ours = safe_open(options.logits, framework="pt").get_tensor("logits")
    theirs = first_logits(model, dtype, len(ours))
    result["logits"] = {"questions": len(ours), "spread": theirs.std().item(), "oursToTransformers": distance(ours, theirs)}
result["speed"] = []
for size in map(int, options.batches.split(",")):
    if size > len(questions):
        break
    try:
        result["speed"].append(speed(model, dtype, size))
    except torch.OutOfMemoryError:
        result["speed"].append({"batch": size, "problem": "out of memory"})
        break
del model
gc.collect()
if options.exact and ours is not None:
    if options.device.startswith("cuda"):
        torch.cuda.empty_cache()
    exact = first_logits(load(torch.float32), torch.float32, len(ours))
    result["logits"]["oursToExact"] = distance(ours, exact)
    result["logits"]["transformersToExact"] = distance(theirs, exact)
print(json.dumps(result))
