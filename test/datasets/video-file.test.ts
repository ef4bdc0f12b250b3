import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { videoFiles } from "../../src/datasets/video-file.js";

let folder = "";
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "llava-eval-clips-")));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), "");
  }
}

/** Where the clip of a row was found, or why not. */
async function found(name: string): Promise<string> {
  const root = join(folder, "data");
  try {
    const path = (await videoFiles(join(root, "task", "rows.jsonl"), root)(name)?.file()) ?? "";
    return path.slice(root.length + 1);
  } catch (error) {
    return (error as Error).message;
  }
}

test("a clip that is in no usual folder is found in the one other that has it", async () => {
  await put(
    "data/task/rows.jsonl",
    "data/all_test/v_1.mp4",
    "data/task/NExTVideo/2.mkv",
    "data/train/3.mp4",
    "data/videos/3.mp4",
  );
  expect(await found("v_1")).toBe("all_test/v_1.mp4");
  expect(await found("2")).toBe("task/NExTVideo/2.mkv");
  expect(await found("3"), "the usual folder goes first").toBe("videos/3.mp4");
  expect(await found("4")).toMatch(/there is no clip "4" in the data folder, nor in a folder of it/);
});

test("a clip that several other folders have is not chosen among them", async () => {
  await put("data/train/1.mp4", "data/test/1.mp4");
  expect(await found("1")).toMatch(/"1" is in several folders of the data folder: "test\/1.mp4", "train\/1.mp4"/);
});

test("another folder that leads out of the data folder is refused", async () => {
  await put("data/rows.jsonl", "elsewhere/1.mp4");
  await symlink(join(folder, "elsewhere"), join(folder, "data", "all_test"));
  expect(await found("1")).toMatch(/"1" leads out of the data folder/);
});
