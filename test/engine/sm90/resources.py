#!/usr/bin/env python3
"""Registers, local memory and instructions of every kernel of an sm_90 build, against limits:
    resources.py build/engine-sm90/cuda/CMakeFiles/llava_cuda.dir/*.cu.o [--table]
Reads the cubins inside the object files; cuobjdump is not needed. Exit code 3 when a kernel is above its limit: a register more than it has
room for halves the blocks on a processor, a spill sends an inner loop to memory, and a scalar load where 16 bytes were meant costs four times
the instructions. What the numbers were when the limits were set: src/engine/kernels/cuda/README.md.
"""
import collections
import re
import struct
import subprocess
import sys

# Opcodes of sm_90 in the low nine bits of an instruction, as far as they are asked for.
OPCODES = {0x03C: "HMMA", 0x03B: "LDSM", 0x1AE: "LDGSTS", 0x181: "LDG", 0x186: "STG", 0x183: "LDL", 0x187: "STL"}
WIDTHS = {5: ".64", 6: ".128"}
SPARE = 8  # registers above what was measured

# (kernel, registers measured with CUDA 13.5, local loads and stores allowed, 128-bit loads expected). The first line that fits a kernel counts.
LIMITS = [
    (r"prefill_kernel<\w+, 128, 2", 255, 2, False),  # prompt attention, 128 pairs: at the limit of the machine, one spilt pair
    (r"prefill_kernel<\w+, \d+, 2", 240, 0, False),
    (r"prefill_kernel<\w+, \d+, 1", 168, 0, False),
    (r"decode_splits_kernel", 128, 0, False),
    (r"decode_splits_f32_kernel", 72, 4, False),
    (r"merge_splits_kernel", 48, 0, False),
    (r"prefill_kernel", 128, 0, False),  # products
    (r"decode_kernel<.*, 1, 1>", 43, 0, False),
    (r"decode_kernel<.*, 1, 2>", 53, 0, False),
    (r"decode_kernel<\w+, [34], 2, 2>", 93, 0, False),  # bytes: i8, f8
    (r"decode_kernel<\w+, [34], 4, 2>", 128, 0, False),
    (r"decode_kernel<.*, 2, 2>", 64, 0, False),
    (r"decode_kernel<.*, 4, 2>", 88, 0, False),
    (r"decode_kernel<.*, 8, 4>", 207, 0, False),
    (r"rms_norm_kernel", 30, 0, True),
    (r"layer_norm_kernel", 32, 0, True),
    (r"silu_mul_kernel", 24, 0, True),
    (r"rope_write_kv_kernel<.*, 4>", 30, 0, False),  # heads whose half is no multiple of 8
    (r"rope_write_kv_kernel", 32, 0, True),
    (r"activation_kernel", 29, 0, True),
    (r"widen_kernel", 30, 0, True),
    (r"argmax_kernel", 22, 0, False),
    (r"row_statistics_kernel", 29, 0, False),
    (r"top_logprobs_kernel", 32, 0, False),
    (r"sample_kernel", 50, 0, False),
    (r"f32", 255, 0, False),  # checks against the oracle; speed is of no concern
]


def sections(elf):
    table, = struct.unpack_from("<Q", elf, 0x28)
    size, count, names = struct.unpack_from("<HHH", elf, 0x3A)
    headers = [struct.unpack_from("<IIQQQQIIQQ", elf, table + i * size) for i in range(count)]
    start = headers[names][4]

    def name(header):
        return elf[start + header[0] : elf.index(b"\0", start + header[0])].decode()

    return [(name(h), h[4], h[5], h[6]) for h in headers]  # name, offset, bytes, link


def cubins(path):
    """The GPU programs inside an object file: fat binaries are a header and a list of (kind, header bytes, bytes)."""
    data = open(path, "rb").read()
    for name, offset, size, _ in sections(data):
        if name != ".nv_fatbin":
            continue
        fat, at = data[offset : offset + size], 0
        while (at := fat.find(b"\x50\xed\x55\xba", at)) >= 0:
            _, _, header, body = struct.unpack_from("<IHHQ", fat, at)
            part, end = at + header, at + header + body
            while part < end:
                kind, _, part_header, part_size = struct.unpack_from("<HHIQ", fat, part)
                if kind == 2:  # 1 is PTX
                    yield fat[part + part_header : part + part_header + part_size]
                part += part_header + part_size
            at = end


def registers_of(elf, info):
    """Symbol number -> registers, from .nv.info: records of (4, attribute 0x2f, 8 bytes: symbol, count)."""
    found = {}
    _, at, size, _ = info
    end = at + size
    while at < end:
        form, attribute = elf[at], elf[at + 1]
        if form == 4:
            length, = struct.unpack_from("<H", elf, at + 2)
            if attribute == 0x2F:
                symbol, count = struct.unpack_from("<II", elf, at + 4)
                found[symbol] = count
            at += 4 + length
        else:
            at += 4
    return found


def kernels(elf):
    all_sections = sections(elf)
    by_name = {s[0]: s for s in all_sections}
    _, table, size, link = by_name[".symtab"]
    strings = all_sections[link][1]
    numbers = {}
    for i in range(size // 24):
        at, = struct.unpack_from("<I", elf, table + 24 * i)
        numbers.setdefault(elf[strings + at : elf.index(b"\0", strings + at)].decode(), i)
    registers = registers_of(elf, by_name[".nv.info"])
    for name, offset, size, _ in all_sections:
        if not name.startswith(".text."):
            continue
        counts = collections.Counter()
        for at in range(offset, offset + size, 16):
            low, high = struct.unpack_from("<QQ", elf, at)
            opcode = OPCODES.get(low & 0x1FF)
            if opcode:
                counts[opcode] += 1
                counts[opcode + WIDTHS.get(high >> 9 & 7, "")] += opcode in ("LDG", "STG") and (high >> 9 & 7) in WIDTHS
        yield name[6:], registers.get(numbers.get(name[6:]), 0), size // 16, counts


def plain(names):
    text = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        line = line.replace("(anonymous namespace)::", "").replace("llava::cuda::", "").replace("llava::", "")
        line = re.sub(r"\((?:int|bool|Storage)\)", "", line)  # of template arguments
        yield re.sub(r"^void ", "", line.split("(")[0])


def main(arguments):
    files = [a for a in arguments if not a.startswith("--")]
    found = [kernel for path in files for elf in cubins(path) for kernel in kernels(elf)]
    problems = []
    for name, (_, registers, instructions, counts) in sorted(zip(plain([k[0] for k in found]), found), key=lambda pair: pair[0]):
        most, local, wide = next(((m, allowed, w) for pattern, m, allowed, w in LIMITS if re.search(pattern, name)), (247, 0, False))
        spilt = counts["LDL"] + counts["STL"]
        said = []
        if registers > min(most + SPARE, 255):
            said.append(f"{registers} registers, at most {min(most + SPARE, 255)}")
        if spilt > local:
            said.append(f"{spilt} local loads and stores, at most {local}")
        if wide and "float" not in name and counts["LDG.128"] == 0:
            said.append("no 128-bit load")
        problems += [f"{name}: {', '.join(said)}"] if said else []
        if "--table" in arguments or said:
            print(f"{name[:90]:90} {registers:4} registers {instructions:6} instructions  {dict(sorted(counts.items()))}")
    print(f"{len(found)} kernels, {len(problems)} above their limits")
    for problem in problems:
        print(f"  {problem}")
    return 3 if problems or not found else 0


sys.exit(main(sys.argv[1:]))
