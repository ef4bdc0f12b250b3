/** Subtitles where the benchmarks put them: beside the frames, between them, absent, changed, damaged. */

import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Asked, startEndpoint } from "../fakes/endpoint.js";
import { clip, hasFfmpeg, withoutFfmpeg } from "../video/with-ffmpeg.js";
import { root, Workplace } from "./cli.js";

type Columns = Readonly<Record<string, unknown>>;

/** The benchmark's example row, once for each of these changes, and the clips that they name. */
async function writeRows(
  place: Workplace,
  [task, benchmark]: readonly [task: string, example: string],
  changes: readonly Columns[],
): Promise<void> {
  const example = JSON.parse(await readFile(join(root, "tasks", benchmark), "utf8")) as Columns;
  await mkdir(place.file("data", "data"), { recursive: true });
  const rows = changes.map((columns) => `${JSON.stringify({ ...example, ...columns })}\n`);
  await writeFile(place.file("data", `${task}.jsonl`), rows.join(""));
  for (const name of ["one", "two"]) await copyFile(clip("bt709.mp4"), place.file("data", "data", `${name}.mp4`));
}

async function writeText(place: Workplace, path: string, text: string): Promise<void> {
  await mkdir(place.file("data", path, ".."), { recursive: true });
  await writeFile(place.file("data", path), text);
}

const run = (place: Workplace, url: string, task: string, ...more: readonly string[]) =>
  place.run(
    ...["run", "--tasks", task, "--data", "data", "--model", `openai:fake@${url}`, "--frames", "2", "--out", "out"],
    ...more,
  );

/** What a request holds, in order: words, and `*` for an image. */
function partsOf({ body }: Asked): string {
  const [message] = (body.messages as readonly { content: readonly { type: string; text?: string }[] }[]).slice(-1);
  return (message?.content ?? []).map(({ type, text = "*" }) => (type === "text" ? text : "*")).join("");
}
const questions = (asked: readonly Asked[]) =>
  asked.filter(({ images, text }) => images.length > 0 && text !== "Say ok.").map(partsOf);

const marked = (text: string) => `<font color="white" size=".72c">${text}</font>`;
// The clip lasts 1.24 seconds; of two frames, the middles lie at 0.28 and 0.92.
const srt = `1\n00:00:00,200 --> 00:00:00,400\n${marked("the door opens")}\n\n2\n00:00:00,500 --> 00:00:00,600\n${marked("a hat")}\n`;

describe.skipIf(!hasFfmpeg)(`subtitles${withoutFfmpeg}`, () => {
  test("of Video-MME stand behind the frames: lmms-eval's of 32 frames, the authors' of those shown", async () => {
    await using place = await Workplace.make();
    const row = (videoID: string) => ({ videoID, question_id: videoID, duration: "long" });
    for (const task of ["videomme_w_subtitle", "videomme_long_w_subtitle"])
      await writeRows(place, [task, "videomme/example.json"], [row("one"), row("two")]);
    await copyFile(clip("sar.mp4"), place.file("data", "data", "two.mp4"));
    await writeText(place, "subtitle/one.srt", srt);
    await using endpoint = await startEndpoint();
    expect(await run(place, endpoint.url, "videomme_w_subtitle")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("1 of 2 clips have no subtitles: asked without"),
    });
    const [first, second] = questions(endpoint.asked).sort();
    expect(second).toMatch(/^\*\*This video's subtitles are listed below: \nthe door opens\na hat\nSelect the best/);
    expect(first).toMatch(/^\*\*This video's subtitles are listed below: \nNo subtitles available\nSelect the best/);
    const samples = await place.samples("out", "videomme_w_subtitle");
    expect(samples.map(({ prompt, clips }) => [prompt, clips?.[0]?.subtitles])).toEqual([
      [expect.stringMatching(/^<video><subtitles>Select/), expect.stringMatching(/^[0-9a-f]{64}$/)],
      [expect.stringMatching(/^<video><subtitles>Select/), null],
    ]);

    // The next run is another one; the frames that it shows have one subtitle.
    endpoint.asked.length = 0;
    const official = ["--prompt-profile", "official", "--fresh"];
    expect(await run(place, endpoint.url, "videomme_long_w_subtitle", ...official)).toMatchObject({ exitCode: 0 });
    expect(questions(endpoint.asked).sort().at(-1)).toMatch(
      /^\*\*This video's subtitles are listed below:\nthe door opens\nSelect the best/,
    );
  });

  test("that changed since, or that nobody fetched, are refused by name", async () => {
    await using place = await Workplace.make();
    await writeRows(place, ["videomme_w_subtitle", "videomme/example.json"], [{ videoID: "one" }]);
    await writeText(place, "subtitle/one.srt", srt);
    await using endpoint = await startEndpoint();
    expect(await run(place, endpoint.url, "videomme_w_subtitle")).toMatchObject({ exitCode: 0 });
    await writeText(place, "subtitle/one.srt", srt.replace("a hat", "a cap"));
    const changed = await run(place, endpoint.url, "videomme_w_subtitle");
    expect([changed.exitCode, changed.stderr]).toEqual([
      1,
      expect.stringContaining("has other subtitles now: subtitle/one.srt"),
    ]);
    await rm(place.file("data", "subtitle"), { recursive: true });
    expect(await run(place, endpoint.url, "videomme_w_subtitle", "--fresh")).toMatchObject({ exitCode: 2 });
    const [sample] = await place.samples("out", "videomme_w_subtitle");
    expect(sample?.score).toMatchObject({
      reason: "data",
      detail: expect.stringContaining('there is no folder "subtitle"'),
    });
    const verified = await place.run("data", "verify", "videomme_w_subtitle", "--data", "data");
    expect([verified.exitCode, verified.stdout]).toEqual([3, expect.stringContaining('no folder "subtitle"')]);
  });

  test("that were not fetched whole are no subtitles: the sample is unscored, and nothing waits for a pipe", async () => {
    await using place = await Workplace.make();
    const files: Readonly<Record<string, string>> = {
      whole: srt,
      empty: "\n",
      pointer: "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 14\n",
      page: "<html>404</html>",
      untimed: "1\n00.00 to 00.05\nhello\n",
    };
    const names = [...Object.keys(files), "pipe"];
    const row = (videoID: string) => ({ videoID, question_id: videoID, duration: "long" });
    await writeRows(place, ["videomme_w_subtitle", "videomme/example.json"], names.map(row));
    for (const name of names) await copyFile(clip("bt709.mp4"), place.file("data", "data", `${name}.mp4`));
    for (const [name, text] of Object.entries(files)) await writeText(place, `subtitle/${name}.srt`, text);
    execFileSync("mkfifo", [place.file("data", "subtitle", "pipe.srt")]);
    await using endpoint = await startEndpoint();
    const official = ["--prompt-profile", "official"];
    expect(await run(place, endpoint.url, "videomme_w_subtitle", ...official)).toMatchObject({ exitCode: 2 });
    const samples = await place.samples("out", "videomme_w_subtitle");
    expect(samples.map(({ id, score }) => [id, score?.status === "unscored" ? score.detail : "scored"])).toEqual([
      ["whole", "scored"],
      ["empty", expect.stringContaining("is empty")],
      ["pointer", expect.stringContaining("is a Git LFS pointer")],
      ["page", expect.stringContaining("is a web page")],
      ["untimed", expect.stringContaining("no section with its times")],
      ["pipe", expect.stringContaining("is no file")],
    ]);
    await rm(place.file("data", "subtitle"), { recursive: true });
    await mkdir(place.file("data", "subtitle"));
    expect(await run(place, endpoint.url, "videomme_w_subtitle", "--fresh")).toMatchObject({ exitCode: 2 });
    expect((await place.result("out", "videomme_w_subtitle")).n.scored).toBe(0);
  });

  test("of Video-MME-v2 are all its words, or the authors' sentences between the frames", async () => {
    await using place = await Workplace.make();
    await writeRows(place, ["videomme_v2_w_subtitle", "videomme/videomme_v2.example.json"], [{ video_id: "one" }]);
    const word = ([text, start_time, end_time]: readonly [string, number, number]) =>
      `${JSON.stringify({ text, start_time, end_time })}\n`;
    const words = [["The", 0.1, 0.3] as const, ["door.", 0.4, 0.6] as const, ["A", 0.8, 0.9] as const];
    await writeText(place, "subtitle/one.jsonl", words.map(word).join("") + word(["hat", 1, 1.1]));
    await using endpoint = await startEndpoint();
    const asked = async (...profile: readonly string[]) => {
      endpoint.asked.length = 0;
      expect(await run(place, endpoint.url, "videomme_v2_w_subtitle", ...profile)).toMatchObject({ exitCode: 0 });
      return questions(endpoint.asked)[0]?.split(/(?=Question: )/)[0];
    };
    const listed = "This video's subtitles are listed below:\nThe door. A hat\n";
    expect(await asked()).toBe(`**${listed}\n`);
    expect(await asked("--prompt-profile", "official", "--fresh")).toBe(`**These are the frames of a video. ${listed}`);
    const [first, second] = ["[Subtitle 0.10s - 0.60s]: The door.", "[Subtitle 0.80s - 1.10s]: A hat"];
    // The fake keeps the beginning of a long text.
    expect(await asked("--prompt-profile", "interleaved", "--fresh")).toBe(
      `*${first}${second}*${second}These are the frames of a video with cor`,
    );
  });

  test("of LongVideoBench stand between frames that are images then; damaged ones are unscored", async () => {
    await using place = await Workplace.make();
    const row = (id: string, file: string) => ({ id, video_path: "one.mp4", duration: 10, subtitle_path: file });
    const files = ["one.json", "two.json", "three.json", "none.json", "../../outside.json"];
    await writeRows(
      place,
      ["longvideobench_val_i", "longvideobench/example.json"],
      files.map((file) => row(file, file)),
    );
    const lines = [
      { start: "00:00:00.200", end: "00:00:00.500", line: "the door opens" },
      { start: "00:00:01.500", end: "00:00:01.700", line: "nobody sees this" },
    ];
    await writeText(place, "subtitles/one.json", JSON.stringify(lines));
    await writeText(place, "subtitles/two.json", JSON.stringify([{ timestamp: [0.9, 1.2], text: "a hat" }]));
    await writeText(place, "subtitles/three.json", '[{"start": 1}]');
    await writeFile(place.file("outside.json"), "[]");
    await using endpoint = await startEndpoint();
    expect(await run(place, endpoint.url, "longvideobench_val_i")).toMatchObject({ exitCode: 2 });
    const before = () => questions(endpoint.asked).map((text) => text.split("When the door")[0]);
    expect(before().sort()).toEqual(["*\n*\na hat\n", "*\nthe door opens\n*\n"]);
    const samples = await place.samples("out", "longvideobench_val_i");
    expect(samples.map(({ score }) => (score?.status === "unscored" ? score.detail : "scored"))).toEqual([
      ...["scored", "scored", expect.stringMatching(/three\.json": entry 1 is no subtitle$/)],
      ...[
        expect.stringMatching(/none\.json": there is no such file$/),
        expect.stringMatching(/leads out of the data folder$/),
      ],
    ]);
    // lmms-eval tells of frames at 0 and 5 s, since the row says that the clip lasts 10.
    endpoint.asked.length = 0;
    await run(place, endpoint.url, "longvideobench_val_i", "--prompt-profile", "lmms-eval", "--fresh");
    expect(before().sort()).toEqual(["*\n*\n", "*\nthe door opens\n*\n"]);
  });
});
