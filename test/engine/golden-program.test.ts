/** `npm run golden`: what the engine has no family for is named and left; what cannot be read has failed, and the rest is checked. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EngineProgram, goldenFolder, root } from "./engine-program.js";

const { missing } = new EngineProgram("engine");
const tree = mkdtempSync(join(tmpdir(), "llava-golden-program-"));
afterAll(() => rmSync(tree, { recursive: true, force: true }));

/** A case folder with the golden Qwen2 model's config changed; it is refused before a weight is looked for. */
function checkpoint(name: string, change: Readonly<Record<string, unknown>>): void {
  const from = join(goldenFolder, "llava-next-qwen-tiny");
  mkdirSync(join(tree, name));
  const config = JSON.parse(readFileSync(join(from, "config.json"), "utf8")) as object;
  writeFileSync(join(tree, name, "config.json"), JSON.stringify({ ...config, ...change }));
  cpSync(join(from, "expected.json"), join(tree, name, "expected.json"));
}

function golden(...args: string[]): { code: number | null; lines: string[] } {
  const { status, stdout } = spawnSync("npm", ["run", "--silent", "golden", "--", ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { code: status, lines: stdout.trimEnd().split("\n") };
}

describe.skipIf(missing !== undefined)(`npm run golden${missing ? ` (skipped: ${missing})` : ""}`, () => {
  beforeAll(() => {
    checkpoint("another-family", { model_type: "fast_vlm" });
    mkdirSync(join(tree, "another-kind"));
    cpSync(join(goldenFolder, "llava15-vicuna-tiny"), join(tree, "known"), { recursive: true });
  });

  test("goes on past a family and a kind of folder that the engine does not know; with --all they fail", () => {
    const { code, lines } = golden(tree);
    expect(lines.slice(0, 4)).toEqual([
      "another-family",
      "  not yet: model_type = fast_vlm: its FastViTHD tower is not implemented; use an endpoint that serves it",
      "another-kind",
      "  not yet: a folder of no known kind",
    ]);
    expect(lines.slice(-2)).toEqual(["2 not yet: the engine has no such family", "1 passed, 0 failed"]);
    expect(code).toBe(0);
    expect(golden("--all", tree).code).toBe(3);
  });

  test("has failed where nothing was checked", () => {
    expect(golden(join(tree, "another-kind"))).toMatchObject({ code: 3 });
    expect(golden("--al", tree)).toMatchObject({ code: 1 });
  });

  test("a folder that cannot be read has failed, and the rest is checked", () => {
    mkdirSync(join(tree, "broken"));
    writeFileSync(join(tree, "broken", "config.json"), "{");
    writeFileSync(join(tree, "broken", "expected.json"), "{}");
    const { code, lines } = golden(tree);
    expect([code, lines.at(-1)]).toEqual([3, "1 passed, 1 failed"]);
  });
});
