import { describe, expect, it } from "vitest";
import type { ImageRef } from "../../../src/core/image.js";
import { promptText } from "../../../src/core/prompt.js";
import type { Task } from "../../../src/core/task.js";
import { DEMO_SPLITS, type DemoRow, type DemoTask, demoRows } from "../../../src/datasets/demo/rows.js";
import { CAPTION, choicePrompt, SHORT_ANSWER } from "../../../src/datasets/demo/training.js";
import coco from "../../../tasks/coco_cap/task.js";
import mmmuTasks from "../../../tasks/mmmu/task.js";
import pope from "../../../tasks/pope/task.js";
import vqav2 from "../../../tasks/vqa/vqav2-task.js";

const image: ImageRef = { bytes: async () => new Uint8Array() };
const coco2017 = [coco].flat().find(({ name }) => name === "coco2017_cap");

/** What a task sends for each demo row, as `<image>` and words. */
function sent(task: DemoTask, of: Task<never> | undefined): { row: DemoRow; text: string }[] {
  return demoRows(task, DEMO_SPLITS[task], 0, 256).map((row) => {
    const cells = task === "mmmu" ? { ...row, image_1: image } : { ...row, image };
    return { row, text: promptText((of as unknown as Task).prompt(cells, "default")) };
  });
}

/** The model has learnt these words and no others: a prompt that changes must change here and be trained anew. */
describe("the demo model's training prompts are the tasks' own words", () => {
  it("vqav2 and pope", () => {
    for (const { row, text } of [...sent("vqav2", vqav2 as never), ...sent("pope", pope as never)]) {
      expect(text.replace(/^<image>\n?/, "")).toBe(row.question + SHORT_ANSWER);
    }
  });

  it("mmmu, with the image tag in front", () => {
    for (const { row, text } of sent("mmmu", mmmuTasks[0] as never)) {
      const options = JSON.parse(String(row.options).replaceAll("'", '"')) as string[];
      expect(text.replace(/^<image>\n?/, "")).toBe(choicePrompt(String(row.question), options));
      expect(row.question).toMatch(/^<image 1> [A-Z]/);
    }
  });

  it("coco2017_cap", () => {
    for (const { text } of sent("coco2017_cap", coco2017 as never)) {
      expect(text.replace(/^<image>\n?/, "")).toBe(CAPTION);
    }
  });
});
