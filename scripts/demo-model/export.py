"""Writes the averaged weights of a training run as a converted LLaVA-NeXT checkpoint in bfloat16.

    python3 export.py --run DIR --out ../../configs/demo/model
"""
import argparse
import json
import shutil
import struct

import numpy as np
import torch

from model import HEAD, TEXT, VISION, Model
from pixels import MEAN, PATCH, PINPOINTS, STD, TILE
from tokenizer import SPECIAL, TEMPLATE, Tokenizer

CHAT_TEMPLATE = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>\n{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tensors_of(model):
    """Name in the converted layout -> float32 tensor."""
    d, h, kv = VISION["hidden"], TEXT["hidden"], TEXT["kv"] * HEAD
    out = {}
    eye = "vision_tower.vision_model."
    tower = model.tower
    out[eye + "embeddings.class_embedding"] = tower.class_embedding
    out[eye + "embeddings.patch_embedding.weight"] = tower.patch.weight.view(d, 3, PATCH, PATCH)
    out[eye + "embeddings.position_embedding.weight"] = tower.position
    for name in ("weight", "bias"):
        out[f"{eye}pre_layrnorm.{name}"] = getattr(tower.pre_layrnorm, name)
        out[f"{eye}post_layernorm.{name}"] = torch.ones(d) if name == "weight" else torch.zeros(d)
    for i, layer in enumerate(tower.layers):
        at = f"{eye}encoder.layers.{i}."
        for name in ("weight", "bias"):
            for part, value in zip("qkv", getattr(layer.qkv, name).chunk(3)):
                out[f"{at}self_attn.{part}_proj.{name}"] = value
            out[f"{at}self_attn.out_proj.{name}"] = getattr(layer.out_proj, name)
            for norm in ("layer_norm1", "layer_norm2"):
                out[f"{at}{norm}.{name}"] = getattr(getattr(layer, norm), name)
            for fc in ("fc1", "fc2"):
                out[f"{at}mlp.{fc}.{name}"] = getattr(getattr(layer, fc), name)
    # Features are taken before the last layer (-2), as in the published models: one more layer stands there, never used.
    last = f"{eye}encoder.layers.{len(tower.layers)}."
    for name, value in list(out.items()):
        if name.startswith(f"{eye}encoder.layers.0."):
            out[name.replace(f"{eye}encoder.layers.0.", last)] = torch.ones_like(value) if "norm" in name and name.endswith("weight") else torch.zeros_like(value)
    for part in ("linear_1", "linear_2"):
        for name in ("weight", "bias"):
            out[f"multi_modal_projector.{part}.{name}"] = getattr(getattr(model, part), name)
    out["image_newline"] = model.image_newline
    body = "language_model.model."
    out[body + "embed_tokens.weight"] = model.embed.weight
    out[body + "norm.weight"] = model.norm.weight
    out["language_model.lm_head.weight"] = model.lm_head.weight
    for i, layer in enumerate(model.layers):
        at = f"{body}layers.{i}."
        for name in ("weight", "bias"):
            for part, value in zip("qkv", getattr(layer.qkv, name).split([h, kv, kv])):
                out[f"{at}self_attn.{part}_proj.{name}"] = value
        out[f"{at}self_attn.o_proj.weight"] = layer.o_proj.weight
        gate, up = layer.gate_up.weight.chunk(2)
        out[f"{at}mlp.gate_proj.weight"], out[f"{at}mlp.up_proj.weight"] = gate, up
        out[f"{at}mlp.down_proj.weight"] = layer.down_proj.weight
        for norm in ("input_layernorm", "post_attention_layernorm"):
            out[f"{at}{norm}.weight"] = getattr(layer, norm).weight
    return {name: value.detach().float().contiguous() for name, value in out.items()}


def write_safetensors(path, tensors):
    """bfloat16, round to nearest even (torch's own conversion)."""
    header, blobs, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name, value in sorted(tensors.items()):
        blob = value.to(torch.bfloat16).view(torch.int16).numpy().astype("<i2").tobytes()
        header[name] = {"dtype": "BF16", "shape": list(value.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=False)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    tokenizer = Tokenizer.load(f"{args.run}/tokenizer.json")
    saved = torch.load(f"{args.run}/checkpoint.pt")
    rows = saved["model"]["embed.weight"].shape[0]
    model = Model(rows)
    for p, w in zip(model.parameters(), saved["average"]):
        p.data = w
    tensors = tensors_of(model)
    write_safetensors(f"{args.out}/model.safetensors", tensors)
    shutil.copy(f"{args.run}/tokenizer.json", f"{args.out}/tokenizer.json")
    ids = tokenizer.added
    end, pad = ids["<|im_end|>"], ids["<|endoftext|>"]
    write_json(f"{args.out}/config.json", {
        "architectures": ["LlavaNextForConditionalGeneration"],
        "model_type": "llava_next",
        "ignore_index": -100,
        "image_token_index": ids["<image>"],
        "image_grid_pinpoints": [list(pair) for pair in PINPOINTS],
        "projector_hidden_act": "gelu",
        "vision_feature_layer": -2,
        "vision_feature_select_strategy": "default",
        "use_image_newline_parameter": True,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "vision_config": {
            "model_type": "clip_vision_model", "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "num_channels": 3,
            "image_size": TILE, "patch_size": PATCH, "hidden_size": VISION["hidden"], "projection_dim": VISION["hidden"],
            "num_hidden_layers": VISION["layers"] + 1, "num_attention_heads": VISION["heads"],
            "intermediate_size": VISION["mlp"], "attention_dropout": 0.0,
        },
        "text_config": {
            "model_type": "qwen2", "hidden_act": "silu", "hidden_size": TEXT["hidden"],
            "num_hidden_layers": TEXT["layers"], "num_attention_heads": TEXT["heads"], "num_key_value_heads": TEXT["kv"],
            "intermediate_size": TEXT["mlp"], "vocab_size": rows, "rope_theta": TEXT["theta"], "rms_norm_eps": 1e-6,
            "max_position_embeddings": 1024, "use_sliding_window": False, "tie_word_embeddings": False,
            "attention_dropout": 0.0, "use_cache": True, "bos_token_id": None, "eos_token_id": end, "pad_token_id": pad,
        },
    })
    write_json(f"{args.out}/preprocessor_config.json", {
        "image_processor_type": "LlavaNextImageProcessor", "processor_class": "LlavaNextProcessor",
        "do_convert_rgb": True, "do_resize": True, "do_center_crop": True, "do_rescale": True, "do_normalize": True,
        "do_pad": True, "resample": 3, "rescale_factor": 1 / 255, "size": {"shortest_edge": TILE},
        "crop_size": {"height": TILE, "width": TILE}, "image_grid_pinpoints": [list(pair) for pair in PINPOINTS],
        "image_mean": [round(float(x), 8) for x in MEAN], "image_std": [round(float(x), 8) for x in STD],
    })
    write_json(f"{args.out}/generation_config.json", {"do_sample": False, "eos_token_id": end, "pad_token_id": pad})
    write_json(f"{args.out}/tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 1024, "clean_up_tokenization_spaces": False,
        "bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
        "added_tokens_decoder": {
            str(i): {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": content in SPECIAL + TEMPLATE}
            for content, i in ids.items()
        },
        "chat_template": CHAT_TEMPLATE,
    })
    print(f"{sum(t.numel() for t in tensors.values())} parameters; {saved['state']}")


if __name__ == "__main__":
    main()
