import {
  bracketedOptions,
  chosen,
  defineTask,
  Image,
  mean,
  meanOfGroups,
  Nullable,
  notJudged,
  optionLetters,
  type Part,
  type Static,
  type Task,
  Type,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";
import { blinkChoice, blinkLetter } from "./choice.js";
import { blinkMatching } from "./judge.js";

const image = Type.Optional(Nullable(Image()));
const row = Type.Object({
  idx: Type.String(),
  question: Type.String(),
  sub_task: Type.String(),
  ...{ image_1: image, image_2: image, image_3: image, image_4: image },
  choices: Type.Array(Type.String()),
  answer: Type.String(), // "(A)"
  prompt: Type.String(),
});
type Row = Static<typeof row>;

const SUB_TASKS = [
  ...["Art_Style", "Counting", "Forensic_Detection", "Functional_Correspondence", "IQ_Test", "Jigsaw"],
  ...["Multi-view_Reasoning", "Object_Localization", "Relative_Depth", "Relative_Reflectance"],
  ...["Semantic_Correspondence", "Spatial_Relation", "Visual_Correspondence", "Visual_Similarity"],
];
const split = { sources: ["BLINK-Benchmark/BLINK"], split: "val", licence: "apache-2.0", answers: "public" } as const;
const slug = (name: string): string => name.toLowerCase().replaceAll("-", "_");

/** VLMEvalKit's file has question and options apart: the prompt is what the benchmark's own makes of them. */
function tsvRows({ index = "", category = "", image, ...cells }: Readonly<Record<string, string>>) {
  const choices = vlmEvalKit.optionsOf(cells);
  const images = Object.fromEntries(vlmEvalKit.listOf(image).map((one, i) => [`image_${i + 1}`, one]));
  const prompt = `${cells.question}\nSelect from the following choices.\n${bracketedOptions(choices).trimEnd()}`;
  return [{ ...cells, ...images, idx: index, sub_task: category, choices, answer: `(${cells.answer})`, prompt }];
}

const blink: Task<Row> = {
  name: "blink",
  aliases: SUB_TASKS.map((name) => `blink_${slug(name)}@${slug(name)}`),
  version: 2,
  about: "Fourteen perception tasks that people solve within a blink; the mean over tasks (Fu et al. 2024).",
  cite: "https://arxiv.org/abs/2404.12390; official scoring follows zeyofu/BLINK_Benchmark eval/",
  splits: {
    val: { ...split, configs: SUB_TASKS, rows: 1901 },
    ...Object.fromEntries(SUB_TASKS.map((name) => [slug(name), { ...split, configs: [name] }])),
  },
  tsv: { files: { val: "BLINK" }, rows: tsvRows },
  row,
  id: ({ idx }) => idx,
  profiles: ["default", "official", "neo_ov"],
  prompt(row, profile) {
    const images = imagesOf(row);
    if (profile === "official") return userPrompt(...images, row.prompt);
    if (profile === "neo_ov") return { messages: [{ role: "user", parts: numbered(row) }] };
    const letters = optionLetters(row.choices.length).join(", ");
    const note = `Note: You only need to respond with ${letters} without providing any additional information.\n`;
    return userPrompt(...images, note + row.prompt);
  },
  options: { in: ["choices"], text: "prompt", right: "answer", as: "letter" },
  generation: { maxNewTokens: 1024, temperature: 0 },
  judge: {
    model: "gpt-3.5-turbo",
    template: blinkMatching("{question}", "{options}", "{prediction}"),
    scorings: ["official"],
    ask(row, output, verdicts, scoring) {
      const text = output.text;
      const named = blinkChoice(text, optionLetters(row.choices.length)) !== undefined;
      if (scoring !== "official" || named || verdicts.length > 0) return undefined;
      return {
        prompt: userPrompt(blinkMatching(row.question, bracketedOptions(row.choices).trimEnd(), text)),
        options: { temperature: 0, maxNewTokens: 64 },
        parse: (reply) => /\([A-EZ]\)/.exec(reply)?.[0],
      };
    },
  },
  hasReference: ({ answer, choices }) => optionLetters(choices.length).some((letter) => answer === `(${letter})`),
  defects: {},
  score(row, output, { scoring, verdicts }) {
    const text = output.text;
    const letters = optionLetters(row.choices.length);
    if (scoring === "lmms-eval") return chosen(blinkLetter(text, letters), row.answer.replace(/^[()]+|[()]+$/g, ""));
    const choice = blinkChoice(text, letters) ?? verdicts[0];
    return typeof choice === "string" ? chosen(choice, row.answer) : notJudged;
  },
  metrics: [meanOfGroups("average_of_tasks", { group: "task", perGroup: false }), mean("accuracy")],
  groups: { task: ({ sub_task }) => sub_task },
};

/** Its BLINK, whose judge is shown other examples. */
export default defineTask(
  vlmEvalKit.choices(
    blink,
    (row) => ({ ...row, options: row.choices, gold: row.answer.replace(/[()]/g, ""), images: imagesOf(row) }),
    { examples: "blink" },
  ),
);

const imagesOf = ({ image_1, image_2, image_3, image_4 }: Row) =>
  [image_1, image_2, image_3, image_4].flatMap((one) => one ?? []);

function numbered(row: Row): Part[] {
  const images = imagesOf(row);
  const words = `${row.prompt.replaceAll("<image>", "").trim()}\nAnswer with the option's letter from the given choices directly.`;
  const parts = images.flatMap((one, i): Part[] => {
    const shown: Part = { type: "image", image: one };
    return images.length === 1 ? [shown] : [{ type: "text", text: `Image-${i + 1}: ` }, shown];
  });
  return [...parts, { type: "text", text: words }];
}
