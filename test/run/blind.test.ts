/** What a question lacks when it is asked blind, and that everything else of it stays. */
import { expect, test } from "vitest";
import type { Dataset, RowItem } from "../../src/core/dataset.js";
import { SampleFailure } from "../../src/core/errors.js";
import type { ImageRef } from "../../src/core/image.js";
import { type Prompt, promptImages, promptText, userPrompt, videoParts } from "../../src/core/prompt.js";
import type { Task } from "../../src/core/task.js";
import type { VideoRef } from "../../src/core/video.js";
import type { ShownClip } from "../../src/run/ask.js";
import { blinded, blindMedia } from "../../src/run/blind.js";

const image = (content: string): ImageRef => ({ bytes: async () => Buffer.from(content) });
const video = (path: string) => ({ path, named: () => video(path), file: async () => path }) as unknown as VideoRef;

type Row = Record<string, unknown>;
const taskWith = (prompt: (row: Row) => Prompt, more: Partial<Task> = {}): Task =>
  ({ name: "t", id: (row: Row) => String(row.id), prompt, ...more }) as Task;

const asked = ({ image: shown, question }: Row) => userPrompt("Look: ", shown as ImageRef, `\n${question}`);

const inBatches = (rows: readonly Row[], size: number): Dataset => ({
  facts: { source: "s", kind: "folder", split: "test", licence: "CC0-1.0", rows: rows.length },
  async *batches(offset) {
    const items = rows.map((row, index): RowItem => ({ index, row })).slice(offset);
    for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
  },
  async [Symbol.asyncDispose]() {},
});

async function read(dataset: Dataset): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of dataset.batches(0, new AbortController().signal))
    for (const item of batch) if ("row" in item) rows.push(item.row);
  return rows;
}

const shownBy = async (prompt: Prompt) =>
  Promise.all(promptImages(prompt).map(async (ref) => Buffer.from(await ref.bytes()).toString()));

test("none leaves every word of the prompt, in its order, and no image or clip", () => {
  const { task } = blinded(
    taskWith(() => userPrompt("A ", image("a"), " and ", video("v"), " differ?")),
    "none",
    0,
  );
  expect(promptText(task.prompt({}, "default"))).toBe("A  and  differ?");
  expect(promptText(taskWith(() => userPrompt("A ", image("a"))).prompt({}, "default"))).toBe("A <image>");
});

test("a question that is nothing but its image is a failed sample, and no empty request", () => {
  const { task } = blinded(
    taskWith(() => userPrompt(image("a"))),
    "none",
    0,
  );
  expect(() => task.prompt({}, "default")).toThrow(SampleFailure);
});

test("later rounds are asked blind as well", () => {
  const rounds = taskWith(asked, {
    next: (_row, turns) => (turns.length > 1 ? "done" : asked({ image: image("a"), question: "2" })),
  });
  const { task } = blinded(rounds, "none", 0);
  const second = task.next?.({}, []);
  expect(second === "done" ? "done" : promptText(second as Prompt)).toBe("Look: \n2");
  expect(task.next?.({}, [{}, {}] as never)).toBe("done");
});

const rowsOf = (n: number, perImage = 1) =>
  Array.from({ length: n }, (_, id) => ({
    id,
    image: image(`image ${Math.floor(id / perImage)}`),
    question: `${id}?`,
  }));

test("other shows each row an image that is not its own, near it, whatever the batches and the limit", async () => {
  const shown = async (n: number, size: number, seed = 7) => {
    const { task, rowsOf: remembering } = blinded(taskWith(asked), "other", seed);
    const rows = await read(remembering(inBatches(rowsOf(n), size)));
    expect(rows).toHaveLength(n);
    return Promise.all(rows.map(async (row) => (await shownBy(task.prompt(row, "default")))[0] as string));
  };
  const all = await shown(100, 1000);
  for (const [id, one] of all.entries()) {
    const other = Number(/^image (\d+)$/.exec(one)?.[1]);
    expect(other).not.toBe(id);
    if (id >= 16) expect(id - other, `row ${id}`).toBeGreaterThan(0);
    expect(Math.abs(id - other), `row ${id}`).toBeLessThanOrEqual(16);
  }
  expect(new Set(all).size).toBeGreaterThan(50);
  expect(await shown(100, 3), "batches of another size").toEqual(all);
  expect(await shown(40, 16), "a smaller limit").toEqual(all.slice(0, 40));
  expect(await shown(100, 3, 8), "another seed").not.toEqual(all);
});

test("other never shows the same bytes under another name, and says so where all rows show one image", async () => {
  const { task, rowsOf: remembering } = blinded(taskWith(asked), "other", 0);
  const twins = rowsOf(12, 2);
  for (const row of await read(remembering(inBatches(twins, 5))))
    expect(await shownBy(task.prompt(row, "default"))).not.toEqual(await shownBy(asked(row)));
  const [row] = await read(remembering(inBatches(rowsOf(20, 20), 4)));
  const [ref] = promptImages(task.prompt(row as Row, "default"));
  await expect(ref?.bytes()).rejects.toThrow("none of the 16 rows around it shows anything else");
});

test("other keeps the words, the places of images and what is drawn on them; an image shown twice stays one", async () => {
  const marks = [{ shape: "polygon", points: [0, 0, 1, 1], colour: [255, 0, 0] }] as const;
  const twice = taskWith(({ image: shown }) => {
    const marked = { ...(shown as ImageRef), marks };
    return userPrompt(marked, "then", marked, "what changed?");
  });
  const { task, rowsOf: remembering } = blinded(twice, "other", 0);
  const [row] = await read(remembering(inBatches(rowsOf(20), 7)));
  const prompt = task.prompt(row as Row, "default");
  expect(promptText(prompt)).toBe("<image>then<image>what changed?");
  const [first, second] = promptImages(prompt);
  expect(first?.marks).toEqual(marks);
  expect(second).toBe(first);
});

test("other gives rows made from one row of the file, and clips, others too", async () => {
  const passes = taskWith(asked, { expand: (row) => [row, { ...row, pass: 1 }] });
  const { task, rowsOf: remembering } = blinded(passes, "other", 0);
  const [row] = await read(remembering(inBatches(rowsOf(20), 7)));
  for (const made of task.expand?.(row as Row) ?? [])
    expect(await shownBy(task.prompt(made, "default"))).not.toEqual(["image 0"]);

  const clips = taskWith((of) => userPrompt(of.video as VideoRef, "What happens?"));
  const blindClips = blinded(clips, "other", 0);
  const [first] = await read(
    blindClips.rowsOf(
      inBatches(
        Array.from({ length: 9 }, (_, id) => ({ id, video: video(`${Math.floor(id / 2)}.mp4`) })),
        4,
      ),
    ),
  );
  const [part] = videoParts(blindClips.task.prompt(first as Row, "default"));
  expect(part?.video.path).toMatch(/^[1-4]\.mp4$/);
});

const frames = (n: number) => Array.from({ length: n }, (_, i) => ({ digest: `f${i}` }) as ShownClip["frames"][number]);
const clip = (n: number): ShownClip => ({
  frames: frames(n),
  whole: { total: 100, rate: 10 },
  sentence: "The video lasts for 10 seconds.",
  seen: { file: "abc", stream: 0, frames: [...frames(n).keys()], times: [...frames(n).keys()].map((i) => i / 10) },
  warnings: [],
});
const reading = (of: ShownClip) => ({
  readImage: async () => ({}) as never,
  clips: { read: async () => of, digest: async () => "abc", hold: async () => () => {} },
});

test("the first frame alone: it is the only one named, and nothing is said of the others", async () => {
  const shown = await blindMedia(reading(clip(4)), "first-frame", 0).clips?.read(video("v"));
  expect(shown).toEqual({
    ...{ frames: frames(1), whole: { total: 100, rate: 10 }, warnings: [] },
    seen: { file: "abc", stream: 0, frames: [0], times: [0] },
  });
});

test.each([2, 3, 8])("shuffled frames: all %i of them, never in their order, each named as what it is", async (n) => {
  for (let seed = 0; seed < 20; seed++) {
    const shown = (await blindMedia(reading(clip(n)), "shuffled-frames", seed).clips?.read(video("v"))) as ShownClip;
    const order = shown.frames.map(({ digest }) => Number(digest.slice(1)));
    expect([...order].sort()).toEqual([...frames(n).keys()]);
    expect(order).not.toEqual([...frames(n).keys()]);
    expect(shown.seen.frames).toEqual(order);
    expect(shown.seen.times).toEqual(order.map((i) => i / 10));
    expect(shown.placedAs?.frames).toEqual([...frames(n).keys()]);
    expect(shown.sentence).toBe(clip(n).sentence);
  }
});

test("frames that a task names itself, as images of one clip, are cut and shuffled the same way", async () => {
  const task = taskWith(() => userPrompt([image("0"), image("1"), image("2")], "and", image("still"), "What happens?"));
  const first = blinded(task, "first-frame", 0).task.prompt({ id: 1 }, "default");
  expect(await shownBy(first)).toEqual(["0", "still"]);
  const shuffled = await shownBy(blinded(task, "shuffled-frames", 0).task.prompt({ id: 1 }, "default"));
  expect(shuffled.slice(3)).toEqual(["still"]);
  expect([...shuffled.slice(0, 3)].sort()).toEqual(["0", "1", "2"]);
  expect(shuffled.slice(0, 3)).not.toEqual(["0", "1", "2"]);
});
