"""make_checkpoints.py OUT DEMO [VOCABULARIES]: checkpoints that `transformers serve` reads.

demo              the demo model with the files that the processor of transformers reads
demo-saved-again  the same, saved by transformers 5 (processor_config.json alone), with other image constants
demo-text-only    its text model alone
and, for every NAME/tokenizer.json.gz of VOCABULARIES, tiny random models of the families that go with it.
"""

import gzip
import json
import os
import shutil
import sys

import torch
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaNextConfig,
    LlavaNextForConditionalGeneration,
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    MistralConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    SiglipVisionConfig,
)

out, demo, *rest = sys.argv[1:]
vocabularies = rest[0] if rest else ""


def write(folder, name, content):
    with open(f"{folder}/{name}", "w") as file:
        file.write(content if isinstance(content, str) else json.dumps(content, indent=2))


def processor_config(name, patch):
    return {
        "processor_class": name,
        "patch_size": patch,
        "vision_feature_select_strategy": "default",
        "image_token": "<image>",
        "num_additional_image_tokens": 1,
    }


def served_demo():
    folder = f"{out}/demo"
    shutil.copytree(demo, folder, dirs_exist_ok=True)
    with open(f"{folder}/tokenizer_config.json") as file:
        write(folder, "chat_template.jinja", json.load(file)["chat_template"])
    write(folder, "processor_config.json", processor_config("LlavaNextProcessor", 16))

    again = f"{out}/demo-saved-again"
    model = AutoModelForImageTextToText.from_pretrained(folder, dtype="auto")
    model.save_pretrained(again)
    AutoProcessor.from_pretrained(folder).save_pretrained(again)
    with open(f"{again}/processor_config.json") as file:
        processor = json.load(file)
    processor["image_processor"]["image_mean"][0] = 0.9
    processor["image_processor"]["image_std"][0] = 0.1
    write(again, "processor_config.json", processor)
    print("saved again:", *sorted(os.listdir(again)))

    text = f"{out}/demo-text-only"
    alone = Qwen2ForCausalLM(model.config.text_config)
    alone.model.load_state_dict(model.model.language_model.state_dict())
    alone.lm_head.load_state_dict(model.lm_head.state_dict())
    alone.save_pretrained(text)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(f"{demo}/{name}", f"{text}/{name}")


IMAGES = "{% for c in message['content'] if c['type'] == 'image' %}<image>\n{% endfor %}"
TEXTS = "{% for c in message['content'] if c['type'] == 'text' %}{{ c['text'] }}{% endfor %}"
VICUNA = (
    "{% for message in messages %}{{ message['role'].upper() }}: "
    + IMAGES
    + TEXTS
    + " {% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)
TEMPLATES = {
    "vicuna": VICUNA,
    "mistral": "{% for message in messages %}{% if message['role'] == 'user' %}[INST] " + IMAGES + TEXTS + " [/INST]{% endif %}{% endfor %}",
    "llama3": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nYou are a helpful language and vision assistant. You are able to understand the visual content that the user provides, and assist the user with a variety of tasks using natural language.<|eot_id|>{% for message in messages %}<|start_header_id|>{{ message['role'] }}<|end_header_id|>\n\n"
    + IMAGES
    + TEXTS
    + "<|eot_id|>{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}",
    "qwen": "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    + IMAGES
    + TEXTS
    + "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
}
SMALL = {"hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 3, "num_attention_heads": 4}


def tokenizer(vocabulary, **special):
    path = f"{out}/tokenizer.json"
    with gzip.open(f"{vocabularies}/{vocabulary}/tokenizer.json.gz") as packed, open(path, "wb") as file:
        file.write(packed.read())
    made = PreTrainedTokenizerFast(tokenizer_file=path, clean_up_tokenization_spaces=False, **special)
    made.add_special_tokens({"additional_special_tokens": ["<image>", "<pad>", "<video>"]})
    return made


def randomise(model, seed):
    """Weights whose answers are neither constant nor chaotic."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() > 1:
                scale = 1.0 if "embed" in name else 0.3 if "lm_head" in name else 1.05 / weight.shape[-1] ** 0.5
                weight.copy_(torch.randn_like(weight) * scale)
            elif "norm" in name and name.endswith("weight"):
                weight.fill_(1.0)
            else:
                weight.copy_(torch.randn_like(weight) * (0.05 if name.endswith("bias") else 0.5))


def grid(side, most):
    """LLaVA-NeXT: five resolutions; OneVision: all up to `most` tiles a side."""
    if most:
        return [[a * side, b * side] for a in range(1, most + 1) for b in range(1, most + 1)]
    return [[side, 2 * side], [2 * side, side], [2 * side, 2 * side], [3 * side, side], [side, 3 * side]]


def constants(kind, mean, std):
    return {
        "processor_class": f"{kind}Processor",
        "do_resize": True,
        "resample": 3,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": mean,
        "image_std": std,
        "do_convert_rgb": True,
    }


CLIP = ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])


def clip_tower(side, patch):
    return CLIPVisionConfig(
        hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=4,
        image_size=side, patch_size=patch, projection_dim=64,
    )  # fmt: skip


def centred(side):
    return {
        "size": {"shortest_edge": side},
        "do_center_crop": True,
        "crop_size": {"height": side, "width": side},
    }


def llava(text, image, _words):
    config = LlavaConfig(vision_config=clip_tower(56, 14), text_config=text, image_token_index=image)
    images = constants("Llava", *CLIP) | centred(56) | {"image_processor_type": "CLIPImageProcessor"}
    return LlavaForConditionalGeneration(config), images, processor_config("LlavaProcessor", 14)


def llava_next(text, image, _words):
    pins = grid(48, 0)
    config = LlavaNextConfig(
        vision_config=clip_tower(48, 16), text_config=text, image_token_index=image, image_grid_pinpoints=pins
    )
    images = constants("LlavaNext", *CLIP) | centred(48)
    images |= {"image_processor_type": "LlavaNextImageProcessor", "image_grid_pinpoints": pins, "do_pad": True}
    return LlavaNextForConditionalGeneration(config), images, processor_config("LlavaNextProcessor", 16)


def onevision(text, image, words):
    pins = grid(56, 6)
    tower = SiglipVisionConfig(
        hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=4,
        image_size=56, patch_size=14, vision_use_head=False,
    )  # fmt: skip
    shape = {"vision_feature_select_strategy": "full", "vision_aspect_ratio": "anyres_max_9"}
    config = LlavaOnevisionConfig(
        vision_config=tower, text_config=text, image_token_index=image,
        video_token_index=words.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=pins, vision_feature_layer=-1, **shape,
    )  # fmt: skip
    images = constants("LlavaOnevision", [0.5] * 3, [0.5] * 3) | {"size": {"height": 56, "width": 56}}
    images |= {"image_processor_type": "LlavaOnevisionImageProcessor", "image_grid_pinpoints": pins, "do_pad": True}
    processor = {
        "processor_class": "LlavaOnevisionProcessor",
        "image_token": "<image>",
        "video_token": "<video>",
        "num_image_tokens": 16,
        **shape,
    }
    return LlavaOnevisionForConditionalGeneration(config), images, processor


def family(name, make, words, text, template, seed):
    """@param make  the family's model, image constants and processor around a decoder's configuration"""
    model, images, processor = make(text, words.convert_tokens_to_ids("<image>"), words)
    randomise(model, seed)
    folder = f"{out}/{name}"
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    write(folder, "preprocessor_config.json", images)
    write(folder, "processor_config.json", processor)
    write(folder, "chat_template.jinja", TEMPLATES[template])
    return name


def families():
    has = {name for name in os.listdir(vocabularies) if os.path.exists(f"{vocabularies}/{name}/tokenizer.json.gz")}
    sentence_piece = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    long = {"max_position_embeddings": 4096, **SMALL}
    if "llama2" in has:
        text = LlamaConfig(vocab_size=32064, num_key_value_heads=4, rope_theta=1e4, **long)
        yield family("llava-1.5", llava, tokenizer("llama2", **sentence_piece), text, "vicuna", 2)
    if "mistral" in has:
        text = MistralConfig(vocab_size=32064, num_key_value_heads=2, sliding_window=None, rope_theta=1e6, **long)
        yield family("llava-next-mistral", llava_next, tokenizer("mistral", **sentence_piece), text, "mistral", 1)
    if "llama3" in has:
        ends = {"bos_token_id": 128000, "eos_token_id": 128009}
        text = LlamaConfig(vocab_size=128320, num_key_value_heads=2, rope_theta=5e5, **ends, **long)
        special = {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>", "pad_token": "<pad>"}
        yield family("llava-next-llama3", llava_next, tokenizer("llama3", **special), text, "llama3", 3)
    if "qwen2" in has:
        special = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
        for name, make, seed in (("llava-next-qwen2", llava_next, 4), ("llava-onevision", onevision, 5)):
            ends = {"bos_token_id": None, "eos_token_id": 151645}
            text = Qwen2Config(vocab_size=152000, num_key_value_heads=2, rope_theta=1e6, **ends, **long)
            yield family(name, make, tokenizer("qwen2", **special), text, "qwen", seed)


served_demo()
print("families:", *(families() if vocabularies else []))
