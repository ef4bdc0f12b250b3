// The shipped rows in the training format, so that answer.py can answer them: node rows-as-samples.mjs DIR [ROWS] [SEED]
// Needs a built package (npm run build).
import { mkdir, writeFile } from "node:fs/promises";
import { DEMO_SPLITS, DEMO_TASKS, demoRows } from "../../dist/src/datasets/demo/rows.js";
import { CAPTION, choicePrompt, SHORT_ANSWER } from "../../dist/src/datasets/demo/training.js";

const [folder, rows = "256", seed = "0"] = process.argv.slice(2);

const question = {
  vqav2: (row) => [row.question + SHORT_ANSWER, row.multiple_choice_answer],
  pope: (row) => [row.question + SHORT_ANSWER, row.answer],
  mmmu: (row) => [choicePrompt(row.question, JSON.parse(row.options.replaceAll("'", '"'))), row.answer],
  coco2017_cap: (row) => [CAPTION, row.answer[0]],
};

const images = [];
const lines = [];
for (const task of DEMO_TASKS) {
  for (const row of demoRows(task, DEMO_SPLITS[task], Number(seed), Number(rows))) {
    const [prompt, answer] = question[task](row);
    const { width, height, rgb } = row.image;
    lines.push(JSON.stringify({ width, height, questions: [{ kind: task, prompt, answer }] }));
    images.push(rgb);
  }
}
await mkdir(folder, { recursive: true });
await writeFile(`${folder}/samples.jsonl`, `${lines.join("\n")}\n`);
await writeFile(`${folder}/images.bin`, Buffer.concat(images));
