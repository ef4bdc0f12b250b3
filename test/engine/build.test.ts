/** `src/engine/build.mjs` where a user may have put the checkout, with a program of one line in the engine's place. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "./engine-program.js";

const scratch = mkdtempSync(join(tmpdir(), "llava-build-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const hasCMake = spawnSync("cmake", ["--version"]).status === 0;

function checkout(name: string): string {
  const folder = join(scratch, name);
  mkdirSync(join(folder, "src", "engine"), { recursive: true });
  mkdirSync(join(folder, "test", "engine"), { recursive: true });
  for (const name of readdirSync(join(root, "src/engine")).filter((name) => name.endsWith(".mjs")))
    cpSync(join(root, "src/engine", name), join(folder, "src/engine", name));
  const lists =
    "cmake_minimum_required(VERSION 3.20)\nproject(one LANGUAGES CXX)\nadd_executable(llava-engine main.cc)\n";
  writeFileSync(join(folder, "src/engine/CMakeLists.txt"), lists);
  writeFileSync(join(folder, "src/engine/main.cc"), "int main() { return 0; }\n");
  return folder;
}

function build(folder: string, ...options: string[]) {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(folder, "src/engine/build.mjs"), "engine", "--cpu", ...options],
    { encoding: "utf8" },
  );
  return { status, stderr };
}

describe.skipIf(!hasCMake)("the engine of a checkout", () => {
  test("that was copied is built afresh, though the build folder came along", () => {
    const first = checkout("first");
    expect(build(first)).toMatchObject({ status: 0 });
    const copy = join(scratch, "copy");
    cpSync(first, copy, { recursive: true }); // with new times, as `cp -r` has it
    writeFileSync(join(copy, "src/engine/main.cc"), "int main() { return 7; }\n");
    expect(build(copy)).toMatchObject({ status: 0 });
    expect(spawnSync(join(copy, "build/engine/llava-engine")).status).toBe(7);
    expect(spawnSync(join(first, "build/engine/llava-engine")).status).toBe(0);
  });

  test("that was moved is built afresh when its sources change", () => {
    const before = checkout("second");
    const moved = join(scratch, "moved");
    expect(build(before)).toMatchObject({ status: 0 });
    renameSync(before, moved);
    writeFileSync(join(moved, "src/engine/main.cc"), "int main() { return 8; }\n");
    expect(build(moved)).toMatchObject({ status: 0 });
    expect(spawnSync(join(moved, "build/engine/llava-engine")).status).toBe(8);
  });

  test("is not configured afresh where nothing moved", () => {
    const folder = checkout("third");
    build(folder);
    writeFileSync(join(folder, "build/engine/kept"), "");
    writeFileSync(join(folder, "src/engine/main.cc"), "int main() { return 9; }\n");
    expect(build(folder)).toMatchObject({ status: 0 });
    expect(spawnSync("test", ["-e", join(folder, "build/engine/kept")]).status).toBe(0);
  });
});

test("an installed package, which has no test program, says where to get it", () => {
  const folder = checkout("installed");
  rmSync(join(folder, "test"), { recursive: true });
  expect(build(folder)).toMatchObject({ status: 1, stderr: expect.stringContaining("clone the repository") });
});
