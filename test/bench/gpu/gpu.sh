#!/usr/bin/env bash
# The fifteen minutes on a GPU, as one call. Builds nothing: a prebuilt llava-engine (12 MB) and this repository are all it needs.
#
#   test/bench/gpu/gpu.sh --engine build/engine-sm90/llava-engine --out DIR [--device cuda:0] [--minutes 13] [--work DIR] [--small]
#
# Every step has a limit and a line of its own; whatever comes first is worth most; a step that fails or hangs does not end the rest, and
# nothing outlives the script. DIR gets gpu.json and gpu.txt, written again after every step, and steps/ with what each step said.
# --small: sizes for trying the script out on the emulated engine (npm run build:emulated), with longer limits; nothing is a measurement then.
# Exit code: 0 all that ran is good, 3 something is not, 1 wrong call.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
engine="" out="" device=cuda:0 minutes=13 work="" small=no model=llama3-llava-next-8b
while [ $# -gt 0 ]; do
  case $1 in
    --engine) engine=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --device) device=$2; shift 2 ;;
    --minutes) minutes=$2; shift 2 ;;
    --work) work=$2; shift 2 ;;
    --model) model=$2; shift 2 ;;
    --small) small=yes model=tiny; shift ;;
    *) echo "no option $1: see the head of $0" >&2; exit 1 ;;
  esac
done
[ -x "$engine" ] || { echo "--engine: no program at '$engine'; npm run build:cuda -- --arch 90 builds one" >&2; exit 1; }
[ -n "$out" ] || { echo "--out: name a folder for the report" >&2; exit 1; }
engine=$(readlink -f "$engine")
mkdir -p "$out/steps" || exit 1
out=$(cd "$out" && pwd)
python=${PYTHON:-python3}
keep=yes
[ -n "$work" ] || { work=$(mktemp -d); keep=no; }
mkdir -p "$work"

ends=$((SECONDS + $(awk "BEGIN { printf \"%d\", $minutes * 60 }")))
bad=0
child=""

# The running step's whole process group, and not before it is gone: an engine that lives on would keep the GPU's memory.
stop() {
  [ -n "$child" ] || return 0
  kill -KILL -- "-$child" 2>/dev/null
  wait "$child" 2>/dev/null
  for _ in $(seq 100); do kill -0 -- "-$child" 2>/dev/null || break; sleep 0.1; done
  child=""
}
finish() {
  stop
  [ "$keep" = yes ] || rm -rf "$work"
}
trap finish EXIT
trap 'echo "stopped"; exit 143' TERM INT HUP

report() { "$python" "$here/report.py" "$out" >/dev/null || echo "the report could not be written"; }

# step NAME LIMIT COMMAND...: what it prints goes to steps/NAME.out, how it ended to steps/NAME.end.
step() {
  local name=$1 limit=$(($2 * patience))
  shift 2
  local left=$((ends - SECONDS))
  if [ "$left" -lt 5 ]; then echo "$name: not run, no time left"; return 1; fi
  [ "$limit" -gt "$left" ] && limit=$left
  local began=$SECONDS code
  setsid timeout --signal=KILL "$limit" "$@" >"$out/steps/$name.out" 2>"$out/steps/$name.err" &
  child=$!
  { wait "$child"; code=$?; } 2>/dev/null  # bash would say who was killed
  kill -KILL -- "-$child" 2>/dev/null
  child=""
  [ "$code" = 137 ] && [ $((SECONDS - began)) -ge "$limit" ] && echo "not finished after $limit s" >>"$out/steps/$name.err"
  echo "$code $((SECONDS - began))" >"$out/steps/$name.end"
  local words=good
  [ "$code" = 0 ] || { words="NOT GOOD ($code)"; bad=1; }
  echo "$name: $words, $((SECONDS - began)) s  $(tail -n 1 "$out/steps/$name.err" | cut -c1-150)"
  report
  return "$code"
}

memory() { nvidia-smi --query-gpu=memory.used,clocks.sm,power.draw,temperature.gpu --format=csv,noheader 2>/dev/null | head -n 1; }
machine() {
  nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit --format=csv,noheader 2>/dev/null || echo "no nvidia-smi"
  sha256sum "$engine"
  echo "commit ${COMMIT:-$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)}"
  ldd "$engine" | sed 's/ (0x.*//'
  nproc
}
# Where torch is, its cuBLASLt is: the engine looks in the packages of this environment.
packages=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])' 2>/dev/null) && export PYTHONPATH="$packages${PYTHONPATH:+:$PYTHONPATH}"
sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda*/bin/compute-sanitizer 2>/dev/null | tail -n 1)
profiler=$(command -v ncu || ls /usr/local/cuda*/bin/ncu 2>/dev/null | tail -n 1)
checkpoint=$work/$model
golden="$root/test/golden"
cases=("$golden/llava-next-qwen-tiny" "$golden/llava-next-mistral-tiny")
sets=(--images 60 --questions 5,5,6) pope=(--images 12 --questions 18)
rates=(rate bandwidth tower products) batch=(--prompt 1024 --answer 129 --counts 1,64) suites=() shorter=() patience=1
if [ $small = yes ]; then
  sets=(--images 2 --questions 2,1 --width 150 --height 100) pope=(--images 1 --questions 3 --width 150 --height 100)
  rates=(rate bandwidth tower --size 128 --megabytes 4) batch=(--prompt 32 --answer 5 --counts 1,2) suites=(rows)
  golden="$root/test/golden/next-video-tiny" cases=("$root/test/golden/next-video-tiny") shorter=(--longest 24)
  patience=15  # the machine of a rehearsal may be busy with other things, and no GPU waits
fi
export -f memory machine
export engine root

# ---- does anything run, and with which library
step machine 20 bash -c machine
step first 60 "$engine" selftest rows --device "$device" --json || { echo "nothing runs on $device: the rest is left"; report; exit 3; }
step checkpoint 150 "$engine" checkpoint "$checkpoint" --model "$model"
step questions-set 60 "$engine" requests "$work/vqav2" --checkpoint "$checkpoint" "${sets[@]}"
step pope-set 60 "$engine" requests "$work/pope" --checkpoint "$checkpoint" "${pope[@]}"
# ---- is it right
step selftest 60 "$engine" selftest "${suites[@]}" --device "$device" --json
step golden 60 "$engine" golden "$golden" "${shorter[@]}" --device "$device" --json
[ $small = yes ] || step golden-stages 60 "$engine" golden "$golden" --device "$device,$device" --json
step invariance 60 "$engine" invariance "${cases[@]}" --device "$device" --json
if [ -n "$sanitizer" ]; then
  for suite in rows attention linear; do
    step "memcheck-$suite" 30 "$sanitizer" --tool memcheck --error-exitcode 9 "$engine" selftest $suite --device "$device"
  done
  step racecheck-attention 40 "$sanitizer" --tool racecheck --error-exitcode 9 "$engine" selftest attention --device "$device"
else
  echo "memcheck: not run, compute-sanitizer is not on this machine"
fi
# ---- the rates that settle the performance model
step rates 60 "$engine" bench --checkpoint "$checkpoint" --device "$device" --json "${rates[@]}"
step batch 70 bash -c 'memory >&2; "$@"; code=$?; memory >&2; exit $code' batch "$engine" bench --checkpoint "$checkpoint" --device "$device" --json batch "${batch[@]}"
# ---- questions a second, graphs, equal bits
step vqav2 60 "$engine" ask "$work/vqav2" --checkpoint "$checkpoint" --device "$device" --rounds 2 --logits "$work/vqav2.safetensors"
step pope 60 "$engine" ask "$work/pope" --checkpoint "$checkpoint" --device "$device" --rounds 2 --logits "$work/pope.safetensors"
if [ -n "$profiler" ]; then
  step profile 60 "$profiler" --clock-control none --set basic -k 'regex:decode_kernel|prefill_kernel' -c 12 "$engine" bench --checkpoint "$checkpoint" --device "$device" batch "${batch[@]}"
fi
# ---- int8, transformers beside it
step int8 60 "$engine" ask "$work/vqav2" --checkpoint "$checkpoint" --device "$device" --rounds 1 --quantisation int8
step int8-batch 60 "$engine" bench --checkpoint "$checkpoint" --device "$device" --quantisation int8 --json batch "${batch[@]}"
if "$python" -c 'import torch, transformers' 2>/dev/null; then
  on=(--device cuda)
  [ $small = yes ] && on=(--device cpu --dtype bfloat16)
  for kind in vqav2 pope; do
    step "transformers-$kind" 90 "$python" "$here/reference.py" "$work/$kind" --checkpoint "$checkpoint" --logits "$work/$kind.safetensors" --batches 1 --seconds 15 "${on[@]}"
  done
  [ $small = yes ] || step torch-products 40 bash -c '"$1" "$2/torch_speed.py" --device cuda <"$3"' torch "$python" "$here" "$out/steps/rates.out"
else
  echo "transformers: not run, torch and transformers are not in $python"
fi
# ---- what is left of the time
if [ -n "$sanitizer" ]; then
  for suite in logits vision quantised; do
    step "memcheck-$suite" 40 "$sanitizer" --tool memcheck --error-exitcode 9 "$engine" selftest $suite --device "$device"
  done
  for suite in rows linear logits; do
    step "racecheck-$suite" 60 "$sanitizer" --tool racecheck --error-exitcode 9 "$engine" selftest $suite --device "$device"
  done
fi
report
cat "$out/gpu.txt"
[ "$bad" = 0 ] || exit 3
