#!/usr/bin/env python3
"""Everything that needs a GPU, in one call: is the CUDA back end right, how fast is it, and how fast is transformers on the same GPU.
    prove.py [--minutes 9.5] [--parts selftest,golden,...] [--model llama3-llava-next-8b] [--layers N] [--engine FILE] [--device cuda:0]
Needs a compiled llava-engine (or cmake and nvcc to compile it) and this repository; python3-torch and transformers for what compares with
them; no network. Every part has its own limit of time, and none keeps the next from running; the report is written after each:
test/bench/reports/gpu-<date>-<gpu>.json and .md. Parts of an earlier call of that day stay in it, so that several short calls make one
report. Exit code: 0 all parts that ran are good, 3 something differed, failed or did not finish. README.md has the parts.
"""
import argparse
import array
import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

here = Path(__file__).resolve().parent
root = here.parents[2]
arguments = argparse.ArgumentParser()
arguments.add_argument("--engine", type=Path, default=root / "build/engine/llava-engine")
arguments.add_argument("--device", default="cuda:0")
arguments.add_argument("--model", default="llama3-llava-next-8b")
arguments.add_argument("--layers", type=int, default=0, help="decoder layers of the random checkpoint; 0 = all (72B: 12 fit everywhere)")
arguments.add_argument("--parts", default="")
arguments.add_argument("--minutes", type=float, default=9.5)
arguments.add_argument("--work", type=Path, help="folder for checkpoints, 17 GB for 8B, kept for the next call (without it a temporary one)")
arguments.add_argument("--out", type=Path, default=root / "test/bench/reports")
arguments.add_argument("--small", action="store_true", help="sizes for trying this script out, e.g. with --model tiny on the CPU")
options = arguments.parse_args()
deadline = time.monotonic() + 60 * options.minutes
work = options.work or Path(tempfile.mkdtemp(prefix="llava-eval-gpu-"))
name = options.model + (f", {options.layers} layers" if options.layers else "")
checkpoint = work / (options.model + (f"-{options.layers}" if options.layers else ""))
golden = sorted(path.parent for path in root.glob("test/golden/*/expected.json") if (path.parent / "config.json").exists())
interpreter = os.environ.get("PYTHON", sys.executable)
on_gpu = options.device.startswith("cuda")
stages = ",".join([options.device] * 2)
pictures = {"vqav2-like": ("3", "2,1") if options.small else ("60", "5,5,6"), "pope-like": ("1", "4") if options.small else ("12", "18")}
picture_size = ["--width", "150", "--height", "100"] if options.small else []


class Problem(Exception):
    pass


def run(command, limit, codes=(0,), stdin=None):
    """Standard output of a command that ends with one of `codes` within `limit` seconds and what this call has left."""
    left = min(limit, deadline - time.monotonic())
    if left < 2:
        raise Problem("no time left in this call")
    command = [str(word) for word in command]
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root, start_new_session=True)
    except FileNotFoundError:
        raise Problem(f"{command[0]} is not on this machine")
    try:
        out, complaint = process.communicate(stdin, timeout=left)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # with what it started: a sanitizer's program would keep the GPU
        process.communicate()
        raise Problem(f"not finished after {left:.0f} s: {' '.join(command[:4])}")
    if process.returncode not in codes:
        raise Problem(f"{' '.join(command[:4])} ended with {process.returncode}: {(complaint.strip() or out.strip())[-600:]}")
    return out


def engine(*words, limit, codes=(0,)):
    """The JSON that llava-engine prints: one value, or a list when it prints a line per number."""
    lines = [json.loads(line) for line in run([options.engine, *words, "--json"], limit, codes).splitlines() if line.startswith("{")]
    if not lines:
        raise Problem(f"llava-engine {' '.join(map(str, words[:2]))} said nothing")
    return lines


def bench(*words, limit):
    lines = engine("bench", "--checkpoint", checkpoint, "--device", options.device, *words, limit=limit)
    return {line["name"]: {"value": line["value"], "unit": line["unit"], "detail": line["detail"]} for line in lines}


def python(script, *words, limit, stdin=None):
    return json.loads(run([interpreter, here / script, *words], limit, stdin=stdin).strip().splitlines()[-1])


def first_line(command):
    try:
        return run(command, 20).strip().splitlines()[0]
    except (Problem, IndexError):
        return None


def logits_of(path):
    """Rows of the float32 matrix "logits" of a safetensors file."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    entry = json.loads(data[8 : 8 + length])["logits"]
    values = array.array("f", data[8 + length + entry["data_offsets"][0] : 8 + length + entry["data_offsets"][1]])
    rows, cols = entry["shape"]
    return [values[row * cols : (row + 1) * cols] for row in range(rows)]


def distance(a, b):
    gaps = [abs(x - y) for one, other in zip(a, b) for x, y in zip(one, other)]
    same = sum(max(range(len(x)), key=x.__getitem__) == max(range(len(y)), key=y.__getitem__) for x, y in zip(a, b))
    return {"meanAbs": sum(gaps) / len(gaps), "maxAbs": max(gaps), "sameFirstToken": same / len(a), "questions": len(a)}


def request_set(kind):
    folder = work / f"{checkpoint.name}-{kind}"
    if not (folder / "requests.json").exists():
        count, per_picture = pictures[kind]
        engine("requests", folder, "--checkpoint", checkpoint, "--pictures", count, "--questions", per_picture, *picture_size, limit=60)
    return folder


def ask(kind, *words, limit=150, device=options.device):
    """One run over a set; of a failed comparison of rounds the JSON is there too."""
    result = engine("ask", request_set(kind), "--checkpoint", checkpoint, "--device", device, *words, limit=limit, codes=(0, 3))[-1]
    result.pop("answers")
    result["questionsPerSecond"] = max(r["questionsPerSecond"] for r in result["rounds"])
    return result


class Busy:
    """How much of the time the GPU ran a kernel, as nvidia-smi samples it, between two points in time."""

    def __enter__(self):
        self.samples = []
        try:
            self.process = subprocess.Popen(["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100"], stdout=subprocess.PIPE, text=True)
        except FileNotFoundError:
            self.process = None
            return self
        self.reader = threading.Thread(target=lambda: self.samples.extend((time.time(), float(line)) for line in self.process.stdout if line.strip().isdigit()))
        self.reader.start()
        return self

    def __exit__(self, *error):
        if self.process:
            self.process.terminate()
            self.reader.join()

    def between(self, start, end):
        inside = [value for at, value in self.samples if start < at < end]
        return sum(inside) / len(inside) if inside else None


# ------------------------------------------------------------------------------------------------------------------ parts


def part_machine():
    gpu = first_line(["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"])
    versions = first_line([interpreter, "-c", "import torch, transformers; print('torch', torch.__version__, 'transformers', transformers.__version__)"])
    packages = first_line([interpreter, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"])
    if packages:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (packages, os.environ.get("PYTHONPATH"))))  # where the engine looks for torch's cuBLASLt
    nvcc = first_line(["bash", "-c", "(nvcc --version || /usr/local/cuda/bin/nvcc --version) 2>/dev/null | grep release"])
    return {"gpu": gpu, "nvcc": nvcc, "python": versions, "cpus": os.cpu_count(), "engine": first_line(["sha256sum", options.engine])}


def part_build():
    if options.engine.exists():
        return {"compiled": "beforehand"}
    folder = root / "build/gpu"
    run(["cmake", "-S", root / "src/engine", "-B", folder, "-DLLAVA_CUDA=ON", "-DCMAKE_BUILD_TYPE=Release"], 60)
    run(["cmake", "--build", folder, "--target", "llava-engine", "-j", os.cpu_count()], 400)
    options.engine = folder / "llava-engine"
    return {"compiled": "here"}


def part_selftest():
    result = engine("selftest", "--device", options.device, limit=240, codes=(0, 3))[-1]
    return {**result, "ok": result["failed"] == 0 and result["passed"] > 0}


def part_golden():
    result = {}
    for stage_count in (1, 2):
        report = engine("golden", root / "test/golden", "--device", options.device, "--stages", stage_count, limit=150, codes=(0, 3))[-1]
        result[f"{stage_count} stages"] = {"passed": report["passed"], "failed": report["failed"], "cases": report["cases"]}
    return {**result, "ok": all(r["failed"] == 0 and r["passed"] > 0 for r in result.values())}


def part_invariance():
    report = engine("invariance", *golden, "--device", options.device, limit=240, codes=(0, 3))[-1]
    return {**report, "ok": report["failed"] == 0 and report["passed"] > 0}


def part_checkpoint():
    if (checkpoint / "model.safetensors").exists():  # of an earlier call with the same --work
        return {"kept": str(checkpoint)}
    result = engine("checkpoint", checkpoint, "--model", options.model, "--layers", options.layers, limit=180)[-1]
    return {**result, "ok": True}


def part_load():
    result = {kind: engine("load", checkpoint, "--device", options.device, "--quantisation", kind, limit=90)[-1] for kind in ("none", "int8", "fp8")}
    return {**result, "ok": all(r["peakAnonymousBytes"] < 4e9 for r in result.values()) or not on_gpu}


def part_rate():
    sizes = ["--size", "256", "--megabytes", "16"] if options.small else []
    return bench("rate", "bandwidth", "tower", *sizes, limit=90)


def part_prompts():
    return bench("pictures", *(["--pictures", "2"] if options.small else []), limit=120)


def part_decode():
    sizes = ["--prompt", "32", "--answer", "9", "--counts", "1,4"] if options.small else ["--prompt", "1024", "--answer", "129", "--counts", "1,64"]
    return bench("batch", *sizes, limit=120)


def part_questions():
    """Twice in one process, again in another, and in two pipeline stages: rates, and the same bits everywhere."""
    result, files = {}, []
    for kind in pictures:
        for again, device in enumerate((options.device, options.device, stages)):
            files.append(work / f"{checkpoint.name}-{kind}-{again}.safetensors")
            one = ask(kind, "--logits", files[-1], device=device)
            if again == 0:
                result[kind] = one
            else:
                what = "twoStages" if again == 2 else "anotherProcess"
                result[kind][what] = {"sameBits": files[-1].read_bytes() == files[-1 - again].read_bytes(), "questionsPerSecond": one["questionsPerSecond"]}
    return {**result, "ok": all(r["sameBitsInEveryRound"] and r["anotherProcess"]["sameBits"] and r["twoStages"]["sameBits"] for r in result.values())}


def part_busy():
    """Pictures "decoded" on 8 threads (5 ms of work each), and nvidia-smi's view of the GPU meanwhile; the first second fills the pipe."""
    with Busy() as busy:
        result = ask("vqav2-like", "--producers", 8, "--decode-ms", 5, "--image-threads", 8, "--rounds", 1 if options.small else 4)
    rounds = result["rounds"]
    share = busy.between(rounds[0]["startedAt"] + 1, rounds[-1]["startedAt"] + rounds[-1]["seconds"] - 0.3)
    return {**result, "gpuBusyPercent": share, "ok": result["sameBitsInEveryRound"]}


def part_quantised():
    exact = work / f"{checkpoint.name}-vqav2-like-0.safetensors"
    if not exact.exists():
        ask("vqav2-like", "--logits", exact)
    result = {}
    for kind in ("int8", "fp8"):
        file = work / f"{checkpoint.name}-{kind}.safetensors"
        one = ask("vqav2-like", "--quantisation", kind, "--logits", file)
        result[kind] = {**one, "toUnquantised": distance(logits_of(file), logits_of(exact))}
    return {**result, "ok": all(r["sameBitsInEveryRound"] for r in result.values())}


def part_reference():
    """transformers on both sets: batch 1 and its best batch on the questions like VQAv2's, batch 1 on those like POPE's."""
    device = ["--device", "cuda" if on_gpu else "cpu", *([] if on_gpu else ["--dtype", "bfloat16"])]
    result = {}
    for kind, batches in (("vqav2-like", "1,2" if options.small else "1,2,4,8,16"), ("pope-like", "1")):
        file = work / f"{checkpoint.name}-{kind}-0.safetensors"
        if not file.exists():
            ask(kind, "--logits", file)
        exact = ["--exact"] if kind == "vqav2-like" and not options.layers else []
        result[kind] = python("reference.py", request_set(kind), "--checkpoint", checkpoint, "--logits", file, "--batches", batches, "--seconds", 15, *exact, *device, limit=280)
    return result


def part_products():
    """Our products beside torch's free choice of kernels: the price of equal bits."""
    lines = run([options.engine, "bench", "--checkpoint", checkpoint, "--device", options.device, "products", "--json"], 120)
    device = ["--device", "cuda"] if on_gpu else ["--device", "cpu", "--size", "256"]
    return python("torch_speed.py", *device, limit=120, stdin=lines)


def part_sanitizer():
    """compute-sanitizer over the ops, suite by suite; what does not finish in its time is told, not passed."""
    tool = shutil.which("compute-sanitizer") or "/usr/local/cuda/bin/compute-sanitizer"
    result = {}
    for check in ("memcheck", "racecheck"):
        for suite in ("rows", "logits", "vision", "linear", "attention"):
            try:
                text = run([tool, "--tool", check, "--error-exitcode", "9", options.engine, "selftest", suite, "--device", options.device], 60, codes=(0, 3, 9))
            except Problem as problem:
                result[f"{check} {suite}"] = {"problem": str(problem)}
                if "is not on this machine" in str(problem):
                    raise
                continue
            summary = re.findall(r"SUMMARY: (.*)", text)
            result[f"{check} {suite}"] = {"summary": summary[-1] if summary else text[-300:], "clean": bool(summary) and re.search(r"\b0 (errors|hazards)", summary[-1]) is not None}
    return {**result, "ok": all(r.get("clean") for r in result.values())}


parts = {function.__name__[5:]: function for function in (
    part_machine, part_build, part_selftest, part_golden, part_invariance, part_checkpoint, part_rate, part_prompts, part_decode, part_questions,
    part_load, part_busy, part_reference, part_products, part_quantised, part_sanitizer)}  # fmt: skip
# What belongs to one checkpoint and not to the machine.
of_model = {"checkpoint", "rate", "prompts", "decode", "questions", "load", "busy", "reference", "products", "quantised"}


# ----------------------------------------------------------------------------------------------------------------- report


def at(tree, *path):
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def verdict(what, part):
    good = None if part is None else "yes" if part["ok"] else "NO"
    return what, "yes", good, good == "yes"


def goals(parts):
    """(what, wanted, measured or None, reached) for what every model shares; nothing is filled in that did not run."""
    return [verdict(what, parts.get(part)) for what, part in (
        ("every op equals the oracle (selftest)", "selftest"), ("golden cases, one and two stages", "golden"),
        ("bit-equal however it is asked (invariance)", "invariance"), ("memcheck and racecheck clean", "sanitizer"))]  # fmt: skip


def goals_of_model(name, model):
    def ratio(a, b):
        return a / b if a and b else None

    rows = [verdict(f"{name}: two rounds, two processes, two stages bit-equal", model.get("questions"))]

    def number(what, wanted, value, at_most=False):
        reached = value is not None and (value <= wanted if at_most else value >= wanted)
        rows.append((f"{name}: {what}", f"{'<=' if at_most else '>='} {wanted:g}", None if value is None else f"{value:.3g}", reached))

    rates = [x for x in (at(model, "rate", "product of 8192", "value"), at(model, "products", "teraflops")) if x]
    bandwidths = [x for x in (at(model, "rate", "copies on the device", "value"), at(model, "products", "gigabytesPerSecond")) if x]
    best_rate, best_bandwidth = max(rates, default=None), max(bandwidths, default=None)
    number("prompts of 640x480 pictures, share of the measured product rate", 0.7, ratio(at(model, "prompts", "prompts of 640x480 pictures: arithmetic", "value"), best_rate))
    number("tower and projector, ms for 5 tiles", 8, at(model, "rate", "tower and projector, 1 pictures at once", "value"), at_most=True)
    for count, wanted in ((1, 0.8), (64, 0.6)):
        number(f"decode, {count} at once, share of the measured bandwidth", wanted, ratio(at(model, "decode", f"decode, {count} sequences: memory read", "value"), best_bandwidth))
    for kind, wanted in (("vqav2-like", 75), ("pope-like", 200)):
        number(f"{kind}, questions/s", wanted, at(model, "questions", kind, "questionsPerSecond"))
    for kind in pictures:
        speeds = [s for s in at(model, "reference", kind, "speed") or [] if "questionsPerSecond" in s]
        alone = [s["questionsPerSecond"] for s in speeds if s["batch"] == 1]
        ours = at(model, "questions", kind, "questionsPerSecond")
        number(f"{kind}, times transformers at batch 1", 10, ratio(ours, max(alone, default=None)))
        if len(speeds) > 1:
            number(f"{kind}, times transformers at its best batch", 4, ratio(ours, max(s["questionsPerSecond"] for s in speeds)))
    logits = at(model, "reference", "vqav2-like", "logits", "oursToTransformers")
    number("logits beside transformers, mean", 0.08, at(logits, "meanAbs"), at_most=True)
    number("logits beside transformers, largest", 0.6, at(logits, "maxAbs"), at_most=True)
    number("GPU busy with pictures made on 8 threads, %", 90, at(model, "busy", "gpuBusyPercent"))
    peak = at(model, "load", "none", "peakAnonymousBytes")
    number("anonymous host memory while loading, GB", 4, None if peak is None else peak / 1e9, at_most=True)
    return rows


def markdown(report):
    machine = report["parts"].get("machine", {})
    lines = [f"# CUDA back end on {machine.get('gpu') or 'no GPU'}", "", f"{report['date']}, commit {report['commit']}, engine on {report['device']}; {machine.get('nvcc')}; {machine.get('python')}.", ""]
    if report["small"]:
        lines += ["Sizes for trying the script out: nothing below is a measurement.", ""]
    lines += ["| what | wanted | measured | reached |", "|---|---|---|---|"]
    lines += [f"| {what} | {wanted} | {measured or 'not run'} | {'yes' if reached else 'no' if measured else ''} |" for what, wanted, measured, reached in goals(report["parts"]) + [row for key, model in report["models"].items() for row in goals_of_model(key, model)]]
    lines += ["", "| part | seconds | good | problem |", "|---|---|---|---|"]
    for owner, tree in [("", report["parts"]), *((key + ": ", tree) for key, tree in report["models"].items())]:
        lines += [f"| {owner}{key} | {part['seconds']:.0f} | {'yes' if part['ok'] else 'NO'} | {(part.get('problem') or '').splitlines()[0][:200] if part.get('problem') else ''} |" for key, part in tree.items()]
    for key, model in report["models"].items():
        cost = at(model, "products", "oursOverTorch")
        if cost:
            lines += ["", f"{key}: the price of equal bits: time of our products over torch's, all of a layer together: " + ", ".join(f"{rows} rows {value:.2f}" for rows, value in cost.items()) + "."]
    return "\n".join(lines) + "\n"


def main():
    unknown = [part for part in filter(None, options.parts.split(",")) if part not in parts]
    if unknown:
        sys.exit(f"no part named {unknown[0]}; parts: {', '.join(parts)}")
    wanted = [part for part in parts if not options.parts or part in options.parts.split(",") or part in ("machine", "build")]
    report = {"schema": 1, "date": datetime.date.today().isoformat(), "commit": os.environ.get("COMMIT") or first_line(["git", "rev-parse", "HEAD"]), "device": options.device, "small": options.small, "parts": {}, "models": {}}
    path = None
    good = True
    work.mkdir(parents=True, exist_ok=True)
    for part in wanted:
        start = time.monotonic()
        try:
            result = {"ok": True, **parts[part]()}
        except Exception as error:  # whatever it was: the next part runs, and the report says so
            result = {"ok": False, "problem": f"{'' if isinstance(error, Problem) else type(error).__name__ + ': '}{error}"}
        result["seconds"] = time.monotonic() - start
        if part == "machine":
            slug = re.sub(r"[^a-z0-9]+", "-", (result.get("gpu") or options.device).split(",")[0].lower()).strip("-")
            path = options.out / f"gpu-{report['date']}-{slug}.json"
            if path.exists():
                earlier = json.loads(path.read_text())
                report["parts"], report["models"] = earlier["parts"], earlier["models"]
        (report["models"].setdefault(name, {}) if part in of_model else report["parts"])[part] = result
        good = good and result["ok"]
        options.out.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report, indent=1) + "\n")
        path.with_suffix(".md").write_text(markdown(report))
        print(f"{part}: {'good' if result['ok'] else 'NOT GOOD'}, {result['seconds']:.1f} s  {result.get('problem', '')}", flush=True)
    print(f"\n{markdown(report)}\n{path}")
    if not options.work:
        shutil.rmtree(work)
    sys.exit(0 if good else 3)


main()
