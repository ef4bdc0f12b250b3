/** The addon that is loaded is the one that was built from these sources. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, Workplace } from "../../e2e/cli.js";

test("an addon of other sources is refused before anything is asked of it, with the command that builds this one", async () => {
  await using place = await Workplace.make();
  // As one looks that was built before the surface had a number.
  await writeFile(place.file("old.cjs"), `module.exports = { version: "1", devices: () => [], cuda: () => null };`);
  await using old = await Workplace.make({ LLAVA_EVAL_ENGINE: place.file("old.cjs") });
  for (const args of [
    ["run", "--tasks", "pope", "--data", "demo", "--limit", "1", "--out", "out"],
    ["check-invariance"],
  ]) {
    const { exitCode, stderr } = await old.run(...args, "--model", `local:${join(root, "configs", "demo", "model")}`);
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toMatch(/the engine was built for another version[\s\S]*old\.cjs[\s\S]*npm run build:engine/);
  }
});

/** Of what is typed, without comments and white space. */
const surfaces: Readonly<Record<string, string>> = {
  "3": "3f40064c3fd0cfb8",
  "4": "199f2b9f0ca2dbd7",
};

test("the surface's number is raised when the surface changes, on both sides", () => {
  const source = (name: string) => readFileSync(join(root, "src", "runners", "local", name), "utf8");
  const number = /const surface = (\d+);/.exec(source("addon.ts"))?.[1] ?? "";
  const typed = source("native.ts");
  const native = readFileSync(join(root, "src", "engine", "addon", "module.cc"), "utf8");
  expect(/kSurface = (\d+);/.exec(native)?.[1]).toBe(number);
  const types = typed.slice(typed.indexOf("export const IMAGE_SLOT"));
  const bare = types.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\s+/g, "");
  const digest = createHash("sha256").update(bare).digest("hex").slice(0, 16);
  expect(digest, "raise `surface` and `kSurface`, and write down the digest of the new one").toBe(surfaces[number]);
});
