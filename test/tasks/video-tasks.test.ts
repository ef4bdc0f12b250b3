/** The video benchmarks at their front door: a folder with rows in their schema and clips under the benchmark's names, run and scored. */

import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";
import type { Result } from "../../src/core/result.js";
import { hasClips } from "../../src/core/task.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import { runCommand } from "../cli/run-command.js";
import { drawClip, hasFfmpeg, withoutFfmpeg } from "../video/with-ffmpeg.js";

/** Where the benchmark keeps the example's clip, the right answer, and what its main metric makes of that. */
interface Case {
  readonly clip: string;
  readonly answer: string;
  readonly asks: string;
  /** Default: 1. */
  readonly value?: number | null;
  /** What a judge says. Default: "Correct". */
  readonly verdict?: string;
}

const letter = (clip: string, asks: string, answer = "B"): Case => ({ clip, answer, asks });
const mvbench = (folder: string) =>
  letter(`${folder}/clip1.mp4`, "Option:\n(A) Ate the medicine.\n(B) Tidied up the blanket.\n", "(B)");
const music = "A. major\nB. minor\nC. diminished";

const cases: Readonly<Record<string, Case>> = {
  videomme: letter("data/clip1.mp4", "Respond with only the letter (A, B, C, or D) of the correct option.\nWhat does"),
  videomme_v2: letter("001.mp4", "Question: Which object is moved?\nA. a cup"),
  videomme_v2_reasoning: letter("001.mp4", "detailed reasoning"),
  egoschema_subset: letter("videos/clip1.mp4", "What is C doing?\nA. C cooks.\nB. C cleans the floor."),
  // The stub finds all options as likely as each other: the first counts.
  egoschema_subset_mcppl: { ...letter("videos/clip1.mp4", "What is C doing?"), value: 0 },
  perceptiontest_val_mcppl: { ...letter("videos/video_1.mp4", "Is the camera moving?"), value: 0 },
  nextqa_mc: letter("videos/4010069381.mp4", "why did the boy stop\nA. he fell\nB. he saw a dog"),
  perceptiontest_val_mc: letter("videos/video_1.mp4", "Is the camera moving?\nA. yes\nB. no\nC. I do not know"),
  longvideobench_val_v: letter("videos/clip1.mp4", "D. a key\nAnswer with the option's letter"),
  mlvu_dev: { ...letter("1_plotQA/clip1.mp4", "(D) a key\nOnly give the best option.\nBest option: ("), value: null },
  mlvu_test: { ...letter("1_plotQA/clip1.mp4", "(D) a key"), value: null },
  tempcompass_multi_choice: letter("videos/clip1.mp4", "C. reading\nPlease directly give the best option:"),
  tempcompass_yes_no: letter("videos/clip1.mp4", "slow motion?\nPlease answer yes or no:", "Yes, it is"),
  tempcompass_caption_matching: letter("videos/clip1.mp4", "Caption B: The cat jumps, then sits.\nPlease"),
  tempcompass_captioning: {
    ...letter("videos/clip1.mp4", "Describe the direction in which the car drives.", "It drives to the right."),
    verdict: "B. right",
  },
  activitynetqa: {
    ...letter("videos/v_1QIUV7WYKXg.mp4", "Does the athlete wear a hat? Answer the question using", "no"),
    verdict: "{'pred': 'yes', 'score': 5}",
  },
  lvbench: letter("clip1.mp4", "(D) a key\nAnswer the question with the option letter"),
  vsibench: letter("arkitscenes/41069025.mp4", "These are frames of a video.\nHow many", "4"),
  vsibench_debiased: letter("arkitscenes/41069025.mp4", "These are frames of a video.\nHow many", "4"),
  vsibench_pruned: letter("arkitscenes/41069025.mp4", "These are frames of a video.\nHow many", "4"),
  video_mmmu_perception: letter("Art/dev_Music_3.mp4", `${music}\nPlease ignore the Quiz question`),
  video_mmmu_comprehension: letter("Art/dev_Music_3.mp4", `${music}\nPlease ignore the Quiz question`),
  video_mmmu_adaptation: letter("Art/dev_Music_3.mp4", `at the end of the video.\nWhich chord is it?\n${music}`),
  video_mmmu_adaptation_question_only: letter("question_only/dev_Music_3_image.mp4", `Which chord is it?\n${music}`),
  mvbench_action_sequence: mvbench("star/Charades_segment"),
  mvbench_egocentric_navigation: mvbench("vlnqa"),
};

const definitions = (await loadDefinitions()).filter(({ task }) => hasClips(task));

test("every video benchmark names its clip by a column, has an example row, and says what is sent", async () => {
  for (const { task, file } of definitions) {
    const row = await exampleRow(task.name, file, task.row);
    for (const profile of task.profiles ?? ["default"]) {
      const parts = task.prompt(row, profile).messages.flatMap((message) => message.parts);
      expect(parts.filter(({ type }) => type === "video").length, task.name).toBe(1);
    }
    expect(task.id(row)).not.toBe("");
  }
});

test("a video of Video-MME-v2 whose four questions are not all there, or not of one kind, has no score, and is named", async () => {
  const metric = definitions.find(({ task }) => task.name === "videomme_v2")?.task.metrics[0];
  const right = { type: "logic", structure: "[1,2,3,4]", level: "1", read: true };
  const videos: Readonly<Record<string, readonly object[]>> = {
    whole: [1, 2, 3, 4].map((place) => ({ ...right, place })),
    three: [1, 2, 3].map((place) => ({ ...right, place })),
    twice: [1, 1, 3, 4].map((place) => ({ ...right, place })),
    mixed: [1, 2, 3, 4].map((place) => ({ ...right, place, structure: place === 4 ? "[[1,2],3,4]" : "[1,2,3,4]" })),
    kinds: [1, 2, 3, 4].map((place) => ({ ...right, place, type: place === 4 ? "relevance" : "logic" })),
  };
  const fold = metric?.start({ seed: 0, scoring: "official" });
  for (const [index, [cluster, data]] of Object.entries(videos)
    .flatMap(([cluster, all]) => all.map((one) => [cluster, one] as const))
    .entries()) {
    const score = { status: "scored", value: 1, answer: "B", data: data as never } as const;
    fold?.add({ index, id: String(index), cluster, groups: {}, score, text: "B" });
  }
  expect(await fold?.finish()).toMatchObject({ value: 1, n: 1, note: expect.stringContaining("4 of the videos") });
});

describe.skipIf(!hasFfmpeg)(`a folder of rows and clips${withoutFfmpeg}`, () => {
  let place = "";
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), "llava-eval-video-tasks-"));
    drawClip(join(place, "clip.mp4"), 1);
  });
  afterAll(() => rm(place, { recursive: true, force: true }));

  test.each(Object.entries(cases))(
    "%s runs whole",
    async (name, { clip, answer, asks, value = 1, verdict = "Correct" }) => {
      const definition = definitions.find(({ task }) => task.name === name);
      if (definition === undefined) throw new Error(`no task ${name}`);
      const { task, file } = definition;
      const data = join(place, name);
      await mkdir(join(data, dirname(clip)), { recursive: true });
      await copyFile(join(place, "clip.mp4"), join(data, clip));
      const row = JSON.parse(await readFile(exampleOf(name, file), "utf8"));
      // Four questions of a video are scored together.
      const places = name.startsWith("videomme_v2") ? [1, 2, 3, 4] : [];
      const rows = places.length === 0 ? [row] : places.map((place) => ({ ...row, question_id: `001-${place}` }));
      await writeFile(join(data, `${name}.jsonl`), rows.map((one) => `${JSON.stringify(one)}\n`).join(""));
      const args = ["--tasks", name, "--data", data, "--model", `stub:${answer}`, "--frames", "4"];
      if (task.judge) args.push("--judge", `stub:${verdict}`);
      const ended = await runCommand(["run", ...args, "--out", join(data, "out")]);
      expect(ended.exitCode, ended.stderr).toBe(0);
      const result = JSON.parse(await readFile(join(data, "out", `${name}.json`), "utf8")) as Result;
      expect(result.n).toMatchObject({ total: rows.length, scored: rows.length });
      const [main] = result.metrics;
      if (value === null) expect(main?.value).toBeNull();
      else expect(main?.value).toBeCloseTo(value, 12);
      const samples = await readFile(join(data, "out", `${name}.samples.jsonl`), "utf8");
      expect(samples).toContain(JSON.stringify(asks).slice(1, -1));
    },
  );
});

/** The longest beginning of the name has its own file. */
function exampleOf(name: string, taskFile: string): string {
  const folder = dirname(taskFile);
  const own = [
    "videomme_v2",
    "tempcompass_yes_no",
    "tempcompass_caption_matching",
    "tempcompass_captioning",
    "nextqa_oe",
    "video_mmmu",
  ].find((start) => name.startsWith(start));
  return join(folder, own === undefined ? "example.json" : `${own}.example.json`);
}
