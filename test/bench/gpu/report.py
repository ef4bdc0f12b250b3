#!/usr/bin/env python3
"""gpu.json and gpu.txt from what the steps of gpu.sh said:  report.py DIR
Goals are filled in from what ran; nothing is filled in that did not."""
import datetime
import json
import sys
from pathlib import Path

folder = Path(sys.argv[1])
steps = {}
for end in sorted((folder / "steps").glob("*.end"), key=lambda path: path.stat().st_mtime):
    code, seconds = end.read_text().split()
    out, err = (end.with_suffix(suffix).read_text(errors="replace") for suffix in (".out", ".err"))
    values = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    steps[end.stem] = {"code": int(code), "seconds": int(seconds), "values": values, "said": [] if values else out.splitlines(), "complaint": err.splitlines()[-20:]}


def value(step, *path):
    tree = (steps.get(step) or {"values": []})["values"]
    tree = tree[-1] if tree else None
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def number(step, name):
    """Of `bench`, which prints a line per number."""
    return next((line["value"] for line in (steps.get(step) or {"values": []})["values"] if line.get("name") == name), None)


def ratio(a, b):
    return a / b if a and b else None


def passed(step):
    return None if step not in steps else steps[step]["code"] == 0


def fastest(step):
    return max((r["questionsPerSecond"] for r in value(step, "rounds") or []), default=None)


def transformers(kind):
    return max((s["questionsPerSecond"] for s in value(f"transformers-{kind}", "speed") or [] if s.get("batch") == 1), default=None)


rate = max((x for x in (number("rates", "product of 8192"), value("torch-products", "teraflops")) if x), default=None)
bandwidth = max((x for x in (number("rates", "copies on the device"), value("torch-products", "gigabytesPerSecond")) if x), default=None)
rounds = [r for step in ("vqav2", "pope") for r in value(step, "rounds") or []]
steps_in_all = sum(r.get("decodeSteps", 0) for r in rounds)
wanted = [
    ("every op equals the oracle", passed("selftest"), True),
    ("golden cases, one stage and two", None if passed("golden") is None else bool(passed("golden") and passed("golden-stages") is not False), True),
    ("bit-equal however it is asked", passed("invariance"), True),
    ("memcheck and racecheck clean", None if not any("check-" in s for s in steps) else all(passed(s) for s in steps if "check-" in s), True),
    ("rounds of questions bit-equal", value("vqav2", "sameBitsInEveryRound"), True),
    ("tower and projector, ms for 5 tiles", number("rates", "tower and projector, 1 images at once"), ("<=", 8)),
    ("decode, 1 at once, share of bandwidth", ratio(number("batch", "decode, 1 sequences: memory read"), bandwidth), (">=", 0.8)),
    ("decode, 64 at once, share of bandwidth", ratio(number("batch", "decode, 64 sequences: memory read"), bandwidth), (">=", 0.6)),
    ("vqav2-like, questions/s", fastest("vqav2"), (">=", 75)),
    ("pope-like, questions/s", fastest("pope"), (">=", 200)),
    ("vqav2-like, times transformers at batch 1", ratio(fastest("vqav2"), transformers("vqav2")), (">=", 10)),
    ("pope-like, times transformers at batch 1", ratio(fastest("pope"), transformers("pope")), (">=", 10)),
    ("recorded steps, share of decode steps", sum(r.get("stepsRecorded", 0) for r in rounds) / steps_in_all if steps_in_all else None, ("<=", 0.05)),
    ("recordings kept at most", max((r.get("recordingsKept", 0) for r in rounds), default=None), ("<=", 16)),
]


def reached(measured, goal):
    if measured is None:
        return None
    if goal is True:
        return measured is True
    return measured <= goal[1] if goal[0] == "<=" else measured >= goal[1]


machine = steps.get("machine", {}).get("said", [])
report = {
    "schema": 2,
    "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    "machine": machine,
    "fingerprint": value("vqav2", "fingerprint"),
    "goals": [{"what": what, "measured": measured, "wanted": "yes" if goal is True else f"{goal[0]} {goal[1]:g}", "reached": reached(measured, goal)} for what, measured, goal in wanted],
    "steps": steps,
}
(folder / "gpu.json").write_text(json.dumps(report, indent=1) + "\n")
lines = [f"CUDA back end, {report['date']}", *machine[:3], f"library: {(report['fingerprint'] or {}).get('device', 'not known: no question was asked')}", ""]
for goal in report["goals"]:
    shown = "not run" if goal["measured"] is None else f"{goal['measured']:.3g}" if isinstance(goal["measured"], (int, float)) and not isinstance(goal["measured"], bool) else "yes" if goal["measured"] else "NO"
    lines.append(f"{goal['what']:45} {goal['wanted']:8} {shown:10} {'' if goal['reached'] is None else 'reached' if goal['reached'] else 'NOT REACHED'}")
lines += ["", *(f"{name:22} {'good' if step['code'] == 0 else 'NOT GOOD (' + str(step['code']) + ')':14} {step['seconds']:4} s  {(step['complaint'] or [''])[-1][:110]}" for name, step in steps.items())]
(folder / "gpu.txt").write_text("\n".join(lines) + "\n")
