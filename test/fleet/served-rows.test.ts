import { expect, test } from "vitest";
import { SampleFailure } from "../../src/core/errors.js";
import type { ImageRef } from "../../src/core/image.js";
import { userPrompt, videoParts } from "../../src/core/prompt.js";
import { Type, Video } from "../../src/core/schema.js";
import type { Task } from "../../src/core/task.js";
import type { VideoRef } from "../../src/core/video.js";
import { type FilesOfRow, filesOf, nameOf } from "../../src/fleet/row-files.js";
import { blobName, fromServed, type RowSource, toServed } from "../../src/fleet/served-rows.js";

const bytes = new Uint8Array([137, 80, 78, 71]);
const other = { $image: { name: "0".repeat(64) } };

const noFiles: FilesOfRow = {
  ...{ named: [], label: "t" },
  hold: () => Promise.reject(new Error("nothing is named")),
  async release() {},
  text: () => Promise.reject(new Error("nothing is named")),
};
const source: RowSource = { blob: async () => bytes, files: () => noFiles };

async function travelled(row: Record<string, unknown>): Promise<Record<string, unknown>> {
  const blobs = new Map<string, Uint8Array>();
  const served = JSON.stringify(await toServed({ index: 3, row }, (name, of) => blobs.set(name, of)));
  const item = fromServed(JSON.parse(served), {
    ...source,
    async blob(name, row) {
      const blob = blobs.get(name);
      if (!blob || row !== 3) throw new Error(`${name} was not named`);
      return blob;
    },
  });
  expect(item.index).toBe(3);
  return "row" in item ? item.row : {};
}

test("a row arrives as it was, what JSON has no word for too", async () => {
  const row = {
    ...{ text: "é\u0000\n", none: null, list: [1, [2.5], true], whole: 2n ** 60n, bytes: new Uint8Array([0, 255]) },
    ...{ nan: Number.NaN, below: Number.NEGATIVE_INFINITY, zero: -0, absent: undefined, nested: { a: [{ b: 1 }] } },
  };
  expect(await travelled(row)).toStrictEqual(row);
});

test("an image arrives by its digest, an absent one as absent", async () => {
  const image: ImageRef = { path: "a.png", ownFile: true, bytes: async () => bytes };
  const absent: ImageRef = {
    path: "b.png",
    bytes: () => Promise.reject(new SampleFailure("data", "b.png is not there")),
  };
  const row = (await travelled({ image, absent })) as { image: ImageRef; absent: ImageRef };
  expect(row.image).toMatchObject({ path: "a.png", ownFile: true });
  expect(await row.image.bytes()).toEqual(bytes);
  await expect(row.absent.bytes()).rejects.toThrow("b.png is not there");
  const names: string[] = [];
  await toServed({ index: 0, row: { image } }, (name) => names.push(name));
  expect(names).toEqual([blobName(bytes)]);
});

test("a row's own words never become an image, a number or bytes", async () => {
  const row = { other, deep: [{ $bytes: "AA==" }, { $object: [["a", 1]] }], both: { $number: "1", b: 2 } };
  expect(await travelled(row)).toStrictEqual(row);
});

test("a row that could not be read arrives as its failure", async () => {
  const served = await toServed({ index: 1, failure: new SampleFailure("data", "no question") }, () => {});
  expect(fromServed(served, source)).toMatchObject({ index: 1, failure: { reason: "data", detail: "no question" } });
});

/** A clip as a dataset gives it. */
const clipOf = (path: string, identity?: string): VideoRef => ({
  ...{ path, ...(identity === undefined ? {} : { identity }) },
  file: async () => `/data/${path}.mp4`,
  named: (name) => clipOf(name, identity?.replace(path, name)),
  beside: (text) => ({ path: text, read: async () => `words of ${text}` }),
});

/** Two samples of each row: the clip, cut, with its subtitles, and another one of the same folder. */
const clips = {
  name: "t",
  row: Type.Object({ video: Video() }),
  expand: ({ video }: { video: VideoRef }) => [{ video }, { video: video.named(`more/${video.path}`) }],
  prompt({ video }: { video: VideoRef }) {
    const subtitles = { file: video.beside(`${video.path}.srt`), rule: "r", place: () => [] };
    return userPrompt({ video: { ...video, start: 1 }, subtitles }, "What is this?");
  },
} as unknown as Task;

test.each([[undefined], ["repo@commit a"]])(
  "a row's clips and subtitles are what its questions show (%s)",
  async (identity) => {
    const row = { video: clipOf("a", identity) };
    const files = filesOf(row, clips, "default").map(nameOf);
    expect(files.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "clip a",
      "text a.srt",
      "clip more/a",
      "text more/a.srt",
    ]);
    const served = JSON.stringify(await toServed({ index: 4, row }, () => {}, files));
    const held: string[] = [];
    const item = fromServed(JSON.parse(served), {
      ...source,
      files: (named, index) => ({
        ...{ named, label: "t" },
        async hold(file) {
          held.push(`hold ${index} ${file}`);
          return `/cache/${named[file]?.path}`;
        },
        async release(file) {
          held.push(`release ${file}`);
        },
        text: async (file) => `words of ${named[file]?.path}`,
      }),
    });
    const { video } = ("row" in item ? item.row : {}) as { video: VideoRef };
    expect([video.path, video.identity]).toEqual(["a", identity ?? "t a"]);
    const [part] = videoParts(clips.prompt({ video: video.named("more/a") }, "default"));
    expect(part?.video.identity).toBe(identity === undefined ? "t more/a" : "repo@commit more/a");
    expect(await part?.video.file()).toBe("/cache/more/a");
    await part?.video.release?.();
    // Twice is once too much.
    await part?.video.release?.();
    expect(held).toEqual(["hold 4 2", "release 2"]);
    expect(await part?.subtitles?.file.read()).toBe("words of more/a.srt");
    await expect(video.named("../etc/passwd").file()).rejects.toThrow("which its row does not name");
  },
);

test.each([
  [null],
  [{ row: {} }],
  [{ index: -1, row: {} }],
  [{ index: 0, row: { a: { $image: { name: "../etc" } } } }],
  [{ index: 0, row: { a: { $else: 1 } } }],
])("what is no served row is refused: %j", (value) => {
  expect(() => fromServed(value, source)).toThrow(TypeError);
});
