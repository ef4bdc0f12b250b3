/** The limits of `sm90/resources.py`, on object files as nvcc writes them: each fault that it is there for is planted, and must be named. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "./engine-program.js";

const scratch = mkdtempSync(join(tmpdir(), "llava-resources-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const missing = ["python3", "c++filt"].find((name) => spawnSync(name, ["--version"]).status !== 0);

interface Kernel {
  readonly name: string;
  readonly registers: number;
  readonly instructions: readonly bigint[];
}

interface Section {
  readonly name: string;
  readonly data: Buffer;
  readonly link?: number;
}

// The first eight bytes of an instruction hold its opcode, the second its width.
const instruction = (opcode: bigint, width: bigint) => opcode | (width << 73n);
const wideLoad = instruction(0x181n, 6n);
const scalarLoad = instruction(0x181n, 4n);
const localLoad = instruction(0x183n, 4n);
const localStore = instruction(0x187n, 4n);

/** A 64-bit ELF file: header, what the sections hold, their headers. The last section holds their names. */
function elf(given: readonly Section[]): Buffer {
  const names = Buffer.from(`${given.map(({ name }) => `${name}\0`).join("")}.shstrtab\0`);
  const sections = [...given, { name: ".shstrtab", data: names }];
  const header = Buffer.alloc(64);
  const table = Buffer.alloc(64 * sections.length);
  let at = header.length;
  for (const [i, { name, data, link = 0 }] of sections.entries()) {
    table.writeUInt32LE(names.indexOf(`${name}\0`), 64 * i);
    table.writeBigUInt64LE(BigInt(at), 64 * i + 24);
    table.writeBigUInt64LE(BigInt(data.length), 64 * i + 32);
    table.writeUInt32LE(link, 64 * i + 40);
    at += data.length;
  }
  header.writeBigUInt64LE(BigInt(at), 0x28);
  header.writeUInt16LE(64, 0x3a);
  header.writeUInt16LE(sections.length, 0x3c);
  header.writeUInt16LE(sections.length - 1, 0x3e);
  return Buffer.concat([header, ...sections.map(({ data }) => data), table]);
}

/** A GPU program: code, symbols, and a record of registers for each kernel. */
function cubin(kernels: readonly Kernel[]): Buffer {
  const strings = Buffer.from(`\0${kernels.map(({ name }) => `${name}\0`).join("")}`);
  const symbols = Buffer.alloc(24 * (kernels.length + 1));
  const info = Buffer.alloc(12 * kernels.length);
  for (const [i, { name, registers }] of kernels.entries()) {
    symbols.writeUInt32LE(strings.indexOf(`${name}\0`), 24 * (i + 1));
    info.set([4, 0x2f, 8, 0], 12 * i);
    info.writeUInt32LE(i + 1, 12 * i + 4);
    info.writeUInt32LE(registers, 12 * i + 8);
  }
  const code = kernels.map(({ name, instructions }) => {
    const data = Buffer.alloc(16 * instructions.length);
    for (const [i, words] of instructions.entries()) {
      data.writeBigUInt64LE(words & 0xffff_ffff_ffff_ffffn, 16 * i);
      data.writeBigUInt64LE(words >> 64n, 16 * i + 8);
    }
    return { name: `.text.${name}`, data };
  });
  return elf([
    { name: ".strtab", data: strings },
    { name: ".symtab", data: symbols, link: 0 },
    { name: ".nv.info", data: info },
    ...code,
  ]);
}

/** What the script says of an object file: a fat binary with one GPU program. */
function judge(...kernels: readonly Kernel[]) {
  const program = cubin(kernels);
  const part = Buffer.alloc(16);
  part.writeUInt16LE(2, 0);
  part.writeUInt32LE(part.length, 4);
  part.writeBigUInt64LE(BigInt(program.length), 8);
  const fat = Buffer.alloc(16);
  fat.set([0x50, 0xed, 0x55, 0xba]);
  fat.writeUInt16LE(fat.length, 6);
  fat.writeBigUInt64LE(BigInt(part.length + program.length), 8);
  const path = join(scratch, "kernels.cu.o");
  writeFileSync(path, elf([{ name: ".nv_fatbin", data: Buffer.concat([fat, part, program]) }]));
  const script = join(root, "test/engine/sm90/resources.py");
  const { status, stdout, stderr } = spawnSync("python3", [script, path], { encoding: "utf8" });
  expect(stderr).toBe("");
  return { status, said: stdout };
}

const norm = {
  name: "_ZN5llava4cuda15rms_norm_kernelI13__nv_bfloat16EEvPKT_",
  registers: 30,
  instructions: [wideLoad],
};

describe.skipIf(missing)(`limits of the kernels' resources${missing ? ` (skipped: no ${missing})` : ""}`, () => {
  test("what was measured passes, and eight registers more", () => {
    const argmax = { ...norm, name: "argmax_kernel" };
    const kernels = [norm, argmax, { ...norm, name: "layer_norm_kernel", registers: 40 }];
    expect(judge(...kernels)).toEqual({ status: 0, said: "3 kernels, 0 above their limits\n" });
    const { status, said } = judge(argmax, { ...norm, registers: 39 });
    expect(status).toBe(3);
    expect(said).toMatch(
      /^2 kernels, 1 above their limits\n {2}rms_norm_kernel<__nv_bfloat16>: 39 registers, at most 38$/m,
    );
  });

  test("a value that is spilt to memory is named, but for those that are known", () => {
    const prompts = { registers: 255, instructions: [localLoad, localStore] };
    const { status, said } = judge(
      { name: "prefill_kernel<half, 128, 2, 1>", ...prompts },
      { name: "prefill_kernel<half, 128, 2, 2>", ...prompts, instructions: [localLoad, localStore, localLoad] },
      { ...norm, instructions: [wideLoad, localLoad] },
      { name: "kernel_that_nobody_measured", registers: 255, instructions: [localStore] },
    );
    expect(status).toBe(3);
    expect(said).toMatch(/^4 kernels, 3 above their limits$/m);
    expect(said).toContain("rms_norm_kernel<__nv_bfloat16>: 1 local loads and stores, at most 0\n");
    expect(said).toContain("prefill_kernel<half, 128, 2, 2>: 3 local loads and stores, at most 2\n");
    expect(said).toContain("kernel_that_nobody_measured: 1 local loads and stores, at most 0\n");
  });

  test("norms, rope, silu and activation without a load of 16 bytes are named", () => {
    const names = ["rms_norm", "layer_norm", "rope_write_kv", "silu_mul", "activation"];
    const kernels = names.map((name) => ({ name: `${name}_kernel<half>`, registers: 24, instructions: [scalarLoad] }));
    const wide = kernels.map((kernel) => ({ ...kernel, instructions: [scalarLoad, wideLoad] }));
    expect(judge(...wide).status).toBe(0);
    const { status, said } = judge(...kernels);
    expect(status).toBe(3);
    for (const { name } of kernels) expect(said).toContain(`  ${name}: no 128-bit load\n`);
  });

  test("no kernel at all is not good either", () => {
    expect(judge()).toEqual({ status: 3, said: "0 kernels, 0 above their limits\n" });
  });
});
