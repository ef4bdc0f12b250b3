"""first_gap.py CHECKPOINT DTYPE FILE: for each {request, text} of FILE (JSON), transformers answers the request by itself; prints
`gap X`: how far its two best logits are apart at the first token that leaves the given text. A near tie is decided by rounding."""

import base64
import io
import json
import sys

import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

folder, dtype, file = sys.argv[1:4]
model = AutoModelForImageTextToText.from_pretrained(folder, dtype=getattr(torch, dtype)).eval()
processor = AutoProcessor.from_pretrained(folder)
with open(file) as handle:
    cases = json.load(handle)

for case in cases:
    request = case["request"]
    messages, images = [], []
    for message in request["messages"]:
        parts = []
        for part in message["content"]:
            if part["type"] == "text":
                parts.append(part)
            else:
                data = base64.b64decode(part["image_url"]["url"].split(",", 1)[1])
                images.append(Image.open(io.BytesIO(data)).convert("RGB"))
                parts.append({"type": "image"})
        messages.append({"role": message["role"], "content": parts})
    prompt = processor.apply_chat_template(messages, add_generation_prompt=True)
    special = processor.tokenizer.bos_token is None or not prompt.startswith(processor.tokenizer.bos_token)
    inputs = processor(text=prompt, images=images or None, return_tensors="pt", add_special_tokens=special)
    if "pixel_values" in inputs:
        inputs["pixel_values"] = inputs["pixel_values"].to(model.dtype)
    with torch.inference_mode():
        out = model.generate(
            **inputs,
            max_new_tokens=request["max_tokens"],
            do_sample=False,
            output_logits=True,
            return_dict_in_generate=True,
        )
    ids = out.sequences[0, inputs["input_ids"].shape[1] :]
    at = 0
    while at + 1 < len(ids) and case["text"].startswith(
        processor.tokenizer.decode(ids[: at + 1], skip_special_tokens=True)
    ):
        at += 1
    best = out.logits[at][0].float().topk(2).values
    text = processor.tokenizer.decode(ids, skip_special_tokens=True)
    print("token", at, repr(text), "for", repr(case["text"]))
    print(f"gap {(best[0] - best[1]).item():.3e}")
