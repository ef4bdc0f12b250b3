"""Trains the demo model on images of the demo generator. Resumable: run it again and it goes on from its checkpoint.

    python3 train.py --data DIR --out DIR --minutes 72 --decay-minutes 28

DIR of --data holds folders train-* (and one folder `held`) written by `llava-eval demo-data --format training`.
A `tokenizer.json` in the folder of --out is used as it is; else one is made.
Stages: letters on text alone; the tower alone on what covers each patch; easy scenes; then everything together.
"""
import os

# Before torch is loaded: its BLAS starts threads of its own that only spin when the matrices are small.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import glob
import json
import random
import signal
import sys
import time
from collections import defaultdict

import torch
import torch.nn.functional as F

from model import Model
from samples import Chunk, drill, labels_of, pixels_of, table
from template import ANSWER, SYSTEM
from tokenizer import Tokenizer, build, train as train_merges

DRILL_STEPS, TOWER_STEPS, EASY_STEPS = 370, 320, 300


def make_tokenizer(args):
    path = f"{args.out}/tokenizer.json"
    if not os.path.exists(path):
        texts = [SYSTEM + "a. b. in the image " + ANSWER]
        with open(f"{args.data}/held/samples.jsonl") as lines:
            for line in lines:
                for q in json.loads(line)["questions"]:
                    texts += [q["prompt"], q["answer"]]
        with open(path, "w", encoding="utf-8") as file:
            json.dump(build(train_merges(texts, 500)), file, ensure_ascii=False, indent=1)
    return Tokenizer.load(path)


def tower_loss(model, features, labels):
    names, colours, centres = labels
    weight = torch.where(names > 0, 1.0, 0.3)

    def ce(head, target):
        return (F.cross_entropy(head(features).flatten(0, 1), target.flatten(), reduction="none") * weight.flatten()).sum() / weight.sum()

    centre = F.binary_cross_entropy_with_logits(model.see_centre(features)[..., 0], centres.float())
    return ce(model.see_name, names) + 0.5 * ce(model.see_colour, colours) + centre


def text_loss(model, prefix, rows_by_group):
    """Weighted cross-entropy of the answers, the option loss, and of each question whether its whole answer is right."""
    groups = [table(rows) for rows in rows_by_group]
    width = sum(ids.shape[1] * ids.shape[2] for ids in groups)
    at, target, weight, owner, options, option_target = [], [], [], [], [], []
    questions, start = [], 0
    for rows, ids in zip(rows_by_group, groups):
        _, count, length = ids.shape
        for i, row in enumerate(rows):
            for c, q in enumerate(row):
                base = i * width + start + c * length
                for j in range(q.first, len(q.ids)):
                    last = j == len(q.ids) - 1
                    at.append(base + j - 1)
                    target.append(q.ids[j])
                    weight.append(0.5 if q.kind == "caption" else 0.15 if last else 1.0)
                    owner.append(len(questions))
                for j, option in enumerate(q.options):
                    options.append(base + option)
                    option_target.append(float(j == q.right))
                questions.append(q)
        start += count * length
    logits, scores = model(prefix, groups, torch.tensor(at), torch.tensor(options))
    target, weight = torch.tensor(target), torch.tensor(weight)
    loss = (F.cross_entropy(logits, target, reduction="none") * weight).sum() / weight.sum()
    option_loss = torch.zeros(()) if scores is None else F.binary_cross_entropy_with_logits(scores, torch.tensor(option_target))
    right = [True] * len(questions)
    for o, good in zip(owner, (logits.argmax(-1) == target).tolist()):
        right[o] = right[o] and good
    return loss, option_loss, [(q.kind, good) for q, good in zip(questions, right)]


def choose(samples, rng, stage):
    """Five short questions an image and one long: in the easy stage the caption, later mostly a letter; "test": both."""
    short, long = [], []
    for s in samples:
        short.append(rng.sample(s[2], 5) if len(s[2]) >= 5 else s[2] + rng.choices(s[2], k=5 - len(s[2])))
        letter, caption = [q for q in s[3] if q.kind == "letter"], [q for q in s[3] if q.kind == "caption"]
        if stage == "test":
            long.append([rng.choice(letter), *caption])
        elif stage == "easy" or rng.random() < 0.35:
            long.append(caption)
        else:
            long.append([rng.choice(letter)])
    return [short, long]


def image_pass(model, tokenizer, order, samples, rows_by_group, blind=False):
    system = torch.tensor(tokenizer.encode(SYSTEM))
    pixels = pixels_of(samples)
    if blind:
        pixels = pixels[torch.randperm(len(samples))] * 0 + pixels.mean()
    features = model.see(pixels)
    image = model.pack(features, torch.tensor([o if o >= 0 else features.shape[1] for o in order]))
    prefix = torch.cat([model.embed(system).expand(len(samples), -1, -1), image], 1)
    return features, text_loss(model, prefix, rows_by_group)


def drill_pass(model, tokenizer, rng, size):
    system = torch.tensor(tokenizer.encode(SYSTEM))
    rows = [[drill(tokenizer, rng)] for _ in range(size)]
    return text_loss(model, model.embed(system).expand(size, -1, -1), [rows])


@torch.no_grad()
def evaluate(model, tokenizer, chunk, blind=False):
    """Share of answers whose every token (and the end) is the most likely one, by kind."""
    rng, hits = random.Random(7), defaultdict(list)
    for order, samples in chunk.batches(16, rng):
        rows = choose(samples, rng, "test")
        _, (_, _, flags) = image_pass(model, tokenizer, order, samples, rows, blind)
        for kind, good in flags:
            hits[kind].append(good)
    short = [g for k, v in hits.items() if k not in ("letter", "caption") for g in v]
    return {"short": sum(short) / len(short), **{k: round(sum(v) / len(v), 3) for k, v in sorted(hits.items())}}


def stage_of(step):
    for name, steps in (("drill", DRILL_STEPS), ("tower", TOWER_STEPS), ("easy", EASY_STEPS)):
        if step < steps:
            return name
        step -= steps
    return "all"


class Average:
    """Exponential moving average of the weights: what is evaluated and exported."""

    def __init__(self, model):
        self.weights = [p.detach().clone() for p in model.parameters()]

    def update(self, model, keep):
        torch._foreach_mul_(self.weights, keep)
        torch._foreach_add_(self.weights, [p.detach() for p in model.parameters()], alpha=1 - keep)

    def swap(self, model):
        for p, w in zip(model.parameters(), self.weights):
            p.data, w.data = w.data.clone(), p.data.clone()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--decay-minutes", type=float, default=0, help="the learning rate falls over the last D minutes")
    parser.add_argument("--save-minutes", type=float, default=12, help="time between checkpoints, each with a held-out evaluation")
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    os.makedirs(args.out, exist_ok=True)
    tokenizer = make_tokenizer(args)
    model = Model((tokenizer.size + 63) // 64 * 64)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, betas=(0.9, 0.97), weight_decay=0.02, foreach=True)
    average = Average(model)
    state = {"step": 0, "images": 0, "seconds": 0.0, "rounds": 0}
    path = f"{args.out}/checkpoint.pt"
    if os.path.exists(path):
        saved = torch.load(path)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        average.weights = saved["average"]
        state = saved["state"]
    held = Chunk(f"{args.data}/held", tokenizer)
    folders = sorted(glob.glob(f"{args.data}/train-*"), key=lambda f: int(f.rsplit("-", 1)[1]))
    rng = random.Random(state["step"] + 1)
    began = time.time()
    log = open(f"{args.out}/log.txt", "a", buffering=1)

    def say(text):
        print(text, flush=True)
        log.write(text + "\n")

    say(f"{tokenizer.size} tokens, {sum(p.numel() for p in model.parameters())} parameters, from step {state['step']}")
    recent, last_said, last_saved = defaultdict(list), time.time(), time.time()
    cpu = time.process_time()

    def save():
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "average": average.weights, "state": state}, path + ".new")
        os.replace(path + ".new", path)

    # Stopped from outside: the checkpoint is written first.
    signal.signal(signal.SIGTERM, lambda *_: (save(), sys.exit(0)))

    def update(loss):
        left = args.minutes - (time.time() - began) / 60
        rate = args.lr * min(1.0, (state["step"] + 1) / 100)
        if args.decay_minutes > 0:
            rate *= max(0.02, min(1.0, left / args.decay_minutes))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        recent["norm"].append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
        for p in model.parameters():
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        optimizer.step()
        average.update(model, 0.99 if state["step"] < 2000 else 0.997)
        state["step"] += 1

    done = False
    while not done:
        folder = folders[state["rounds"] % len(folders)]
        chunk = Chunk(folder, tokenizer)
        stage = stage_of(state["step"])
        for order, samples in chunk.batches(args.batch * (3 if stage == "tower" else 1), rng, 2 if stage == "easy" else 4):
            step = state["step"]
            if stage == "tower":
                loss = tower_loss(model, model.see(pixels_of(samples)), labels_of(samples))
                recent["tower"].append(loss.item())
                state["images"] += len(samples)
            elif stage == "drill":
                answer, option, flags = drill_pass(model, tokenizer, rng, 32)
                loss = answer + option
                recent["drill"].append(answer.item())
                recent["drill-right"] += [float(good) for _, good in flags]
            else:
                features, (answer, option, flags) = image_pass(model, tokenizer, order, samples, choose(samples, rng, stage))
                seen = tower_loss(model, features, labels_of(samples))
                loss = answer + 0.3 * seen + 0.5 * option
                if step % 6 == 0:
                    d_answer, d_option, d_flags = drill_pass(model, tokenizer, rng, 16)
                    loss = loss + 0.3 * (d_answer + d_option)
                    recent["drill-right"] += [float(good) for _, good in d_flags]
                recent["answer"].append(answer.item())
                recent["tower"].append(seen.item())
                recent["option"].append(option.item())
                for kind, good in flags:
                    recent["letter" if kind == "letter" else "caption" if kind == "caption" else "short"].append(float(good))
                state["images"] += len(samples)
            update(loss)
            now = time.time()
            if now - last_said > 60:
                means = " ".join(f"{k} {sum(v) / len(v):.3f}" for k, v in recent.items())
                say(f"{time.strftime('%H:%M:%S')} step {state['step']} images {state['images']} cpu {time.process_time() - cpu:.0f} s: {means}")
                recent.clear()
                last_said = now
            if now - last_saved > args.save_minutes * 60 or now - began > args.minutes * 60:
                state["seconds"] += now - last_saved
                last_saved = now
                average.swap(model)
                say(f"{time.strftime('%H:%M:%S')} held-out after {state['step']} steps: {json.dumps(evaluate(model, tokenizer, held))}")
                average.swap(model)
                save()
            if now - began > args.minutes * 60:
                done = True
                break
            if stage_of(state["step"]) != stage:
                break
        state["rounds"] += 1
    average.swap(model)
    say(f"blind: {json.dumps(evaluate(model, tokenizer, held, blind=True))}")


if __name__ == "__main__":
    main()
