/** Benchmarks asked by both programs: rows in the columns that the benchmark is published with, what the model replies, and which numbers are one. */

import type { ColumnType } from "../../fakes/parquet-files.js";
import * as material from "./material.js";

const { question, choices, letter, word, people, lettered } = material;

/** The nth image of a row; of each row the first is of a size of its own. */
export type ImageOf = (nth?: number) => object;

export interface Comparison {
  readonly theirs: string;
  /** With its split, if it is not the default one. */
  readonly ours: string;
  readonly promptProfile?: string;
  /** The published data's names. */
  readonly config?: string;
  readonly split: string;
  /** Where lmms-eval asks for a split that was renamed since. */
  readonly theirSplit?: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly row: (n: number, image: ImageOf) => Readonly<Record<string, unknown>>;
  readonly replies: readonly string[];
  /** Where the published data has its images in a configuration of their own. */
  readonly imagesApart?: { readonly config: string; readonly id: (n: number) => string };
  /** Their metric, ours (`group=value metric` of a sub-score), and how many times ours theirs is. */
  readonly metrics: readonly (readonly [theirs: string, ours: string, times?: number])[];
  /** Where a row's value is several: which of ours is compared. */
  readonly value?: string;
  /** What only its judge is asked, and what the judge says. */
  readonly judge?: {
    readonly mark: string;
    /** In the form that it is asked for: ours asks again, and at last does not score, where theirs takes any reply. */
    readonly verdicts: readonly string[] | ((words: string) => readonly string[]);
  };
  /** What cannot be read is drawn: such a row's scores are not compared. */
  readonly draws?: true;
  /** Differences that are known, by what differs: why, and who is right. */
  readonly known?: Readonly<
    Partial<Record<"words" | "places" | "pixels" | "sent" | "judged" | "scores" | "metrics", string>>
  >;
}

const { letterReplies, wordReplies, yesNoReplies, numberReplies } = material;
const short = {
  question: "string",
  image: "image",
} as const satisfies Record<string, ColumnType>;
const fromTo = (n: number, of: readonly string[]): string => of[n % of.length] as string;

/** Questions with the answers of ten people. */
const peoples: readonly Comparison[] = [
  {
    theirs: "vqav2_val",
    ours: "vqav2@val",
    split: "validation",
    columns: {
      ...{ ...short, question_type: "string", multiple_choice_answer: "string", answers: "answers" },
      ...{ image_id: "int64", answer_type: "string", question_id: "int64" },
    },
    row: (n, image) => ({
      ...{ question_type: "what colour", multiple_choice_answer: word(n), image_id: n, question_id: 1000 + n },
      answers: people(n).map((answer, i) => ({ answer, answer_confidence: "yes", answer_id: i + 1 })),
      ...{ answer_type: fromTo(n, ["other", "number", "yes/no"]), question: question(n), image: image() },
    }),
    replies: wordReplies,
    metrics: [["exact_match", "accuracy"]],
  },
  {
    theirs: "textvqa_val",
    ours: "textvqa@val",
    split: "validation",
    columns: {
      ...{ ...short, image_id: "string", question_id: "int64", answers: "strings", ocr_tokens: "strings" },
      ...{ set_name: "string" },
    },
    row: (n, image) => ({
      ...{ image_id: `i${n}`, question_id: n, question: question(n), answers: people(n), set_name: "val" },
      ...{ ocr_tokens: n % 2 ? ["OPEN", "24"] : [], image: image() },
    }),
    replies: wordReplies,
    metrics: [["exact_match", "accuracy"]],
  },
  {
    theirs: "ok_vqa_val2014",
    ours: "okvqa@val",
    split: "val2014",
    columns: { ...short, question_id: "string", answers: "strings", question_type: "string", answer_type: "string" },
    row: (n, image) => ({
      ...{
        question_id: String(n),
        question: question(n),
        answers: people(n),
        question_type: "one",
        answer_type: "other",
      },
      image: image(),
    }),
    replies: wordReplies,
    metrics: [["exact_match", "accuracy"]],
  },
  {
    theirs: "vizwiz_vqa_val",
    ours: "vizwiz_vqa@val",
    split: "val",
    columns: { ...short, question_id: "string", answers: "strings", category: "string" },
    row: (n, image) => ({
      ...{
        question_id: `VizWiz_val_${n}`,
        question: question(n),
        answers: people(n),
        category: "other",
        image: image(),
      },
    }),
    replies: wordReplies,
    metrics: [["exact_match", "accuracy"]],
  },
];

/** Short answers to documents, charts and scenes. */
const shorts: readonly Comparison[] = [
  {
    theirs: "docvqa_val",
    ours: "docvqa@val",
    config: "DocVQA",
    split: "validation",
    columns: {
      ...{ ...short, questionId: "string", question_types: "strings", docId: "int64", ucsf_document_id: "string" },
      ...{ ucsf_document_page_no: "string", answers: "strings", data_split: "string" },
    },
    row: (n, image) => ({
      ...{ questionId: String(100 + n), question: question(n), question_types: ["table/list"], docId: n },
      ...{ ucsf_document_id: "x", ucsf_document_page_no: "1", answers: [word(n), word(n + 1)], data_split: "val" },
      image: image(),
    }),
    replies: wordReplies,
    metrics: [["anls", "anls"]],
  },
  {
    theirs: "infovqa_val",
    ours: "infovqa@val",
    config: "InfographicVQA",
    split: "validation",
    columns: { ...short, questionId: "string", answers: "strings", answer_type: "strings", data_split: "string" },
    row: (n, image) => ({
      ...{ questionId: String(n), question: question(n), answers: [word(n)], answer_type: ["x"] },
      ...{ data_split: "val", image: image() },
    }),
    replies: wordReplies,
    metrics: [["anls", "anls"]],
  },
  {
    theirs: "chartqa",
    ours: "chartqa",
    split: "test",
    columns: { ...short, type: "string", answer: "string" },
    row: (n, image) => ({
      ...{ type: n % 2 ? "augmented_test" : "human_test", question: question(n), image: image() },
      answer: fromTo(n, ["red", "2010", "0", "0.05", "1,000", "12.5%", "Stop", "13", "-3", "left", "0.5", "3.0"]),
    }),
    replies: [
      ...[
        "Red",
        "2011",
        "0.0",
        "0.0525",
        "1000",
        "0.125",
        "stop.",
        "13.7",
        "<think>a</think>-3.1",
        "left ",
        "50%",
        "3",
      ],
      ...["", "1990", "0", "0.06", "1,049", "12.5", "STOP", "thirteen", "-2.84", "it is left", "0.526", "3.15"],
    ],
    metrics: [
      ["relaxed_overall", "relaxed_overall"],
      ["relaxed_human_split", "half=human relaxed_overall"],
      ["relaxed_augmented_split", "half=augmented relaxed_overall"],
    ],
  },
  {
    theirs: "chartqapro",
    ours: "chartqapro",
    split: "test",
    columns: {
      ...{ image: "binary", Question: "strings", Answer: "strings", "Question Type": "string", Year: "strings" },
      Paragraph: "string",
    },
    row: (n, image) => {
      const type = fromTo(n, ["Factoid", "Conversational", "Fact Checking", "Multi Choice", "Hypothetical"]);
      const earlier = type === "Conversational" ? 1 : 0;
      const gold = fromTo(n, ["red", "2010", "['a', 'b']", "0.05", "True", "B", "12.5%", "[2010, 2012]", "No", "13"]);
      return {
        ...{ image: bytesOf(image()), "Question Type": type, Paragraph: n % 4 ? "" : "The chart is of sales." },
        ...{ Question: [...Array.from({ length: earlier }, () => question(n + 1)), question(n)] },
        ...{ Answer: [...Array.from({ length: earlier }, () => word(n)), gold] },
        Year: Array.from({ length: 1 + earlier }, () => (n % 3 ? "NO" : "YES")),
      };
    },
    replies: [
      ...["Red.", "2011", "['a', 'b']", "0.0525", "true", "b", "12", "[2010, 2012]", "no", "13.5", "", "['b', 'a']"],
      ...[
        "<think>a</think>red",
        "2010",
        "[a, b]",
        "0.06",
        "True",
        "B.",
        "12.5 %",
        "[2010]",
        "No",
        "thirteen",
        "[]",
        "x",
      ],
    ],
    metrics: [
      ["relaxed_overall", "relaxed_accuracy"],
      ["relaxed_factoid", "type=Factoid relaxed_accuracy"],
      ["relaxed_conversational", "type=Conversational relaxed_accuracy"],
      ["relaxed_fact_checking", "type=Fact Checking relaxed_accuracy"],
      ["relaxed_multi_choice", "type=Multi Choice relaxed_accuracy"],
      ["relaxed_hypothetical", "type=Hypothetical relaxed_accuracy"],
    ],
  },
  {
    theirs: "gqa",
    ours: "gqa",
    split: "testdev",
    config: "testdev_balanced_instructions",
    imagesApart: { config: "testdev_balanced_images", id: (n) => `n${n}` },
    columns: {
      ...{ id: "string", imageId: "string", question: "string", answer: "string", fullAnswer: "string" },
      isBalanced: "bool",
    },
    row: (n) => ({
      ...{ id: String(n), imageId: `n${n}`, question: question(n), answer: word(n), fullAnswer: "x", isBalanced: true },
    }),
    replies: wordReplies,
    metrics: [["exact_match", "accuracy"]],
  },
  {
    theirs: "ocrbench",
    ours: "ocrbench",
    split: "test",
    columns: { ...short, dataset: "string", question_type: "string", answer: "strings" },
    row: (n, image) => ({
      ...{ dataset: n % 4 === 1 ? "HME100k" : "IIIT5K", question: question(n), answer: [word(n)], image: image() },
      question_type: fromTo(n, [
        ...["Regular Text Recognition", "Handwritten Mathematical Expression Recognition"],
        ...["Scene Text-centric VQA", "Key Information Extraction"],
      ]),
    }),
    replies: wordReplies,
    metrics: [["ocrbench_accuracy", "ocrbench_score", 1 / 1000]],
  },
  {
    theirs: "realworldqa",
    ours: "realworldqa",
    split: "test",
    columns: { ...short, answer: "string", image_path: "string" },
    row: (n, image) => ({
      question: `${question(n)}\nPlease answer directly with a single word or number.`,
      ...{ answer: n % 2 ? letter(n) : word(n), image_path: `${n}.webp`, image: image() },
    }),
    replies: letterReplies.map((reply, n) => (n % 2 ? reply : (wordReplies[n] as string))),
    metrics: [["exact_match", "accuracy"]],
  },
  {
    theirs: "mtvqa",
    ours: "mtvqa",
    split: "test",
    columns: { id: "string", image: "image", lang: "string", qa_pairs: "string" },
    row: (n, image) => ({
      ...{ id: `m${n}`, lang: fromTo(n, ["AR", "DE", "JA", "RU"]), image: image() },
      qa_pairs: `[{'question': ${python(question(n))}, 'answer': ${python(word(n))}}]`,
    }),
    replies: wordReplies,
    metrics: [["mtvqa_score", "accuracy", 100]],
    known: {
      pixels:
        "theirs: `process_docs` makes new rows of decoded images, and JPEG images are written as JPEG a second time (mtvqa/utils.py); ours sends the file",
    },
  },
];

/** A click: in fractions, percent, thousandths or pixels, as a box, in words, nowhere. */
const clickReplies = [
  ...["[0.5, 0.5]", "(0.25, 0.25)", "x=0.5, y=0.5", "<bbox>0.4, 0.4, 0.6, 0.6</bbox>", "[20, 18]", "[500, 500]"],
  ...["50%, 50%", "[50%, 50%]", "The box is 0.1 0.1 0.3 0.3.", "[-1, -1]", "0.5 0.5", '{"x": 0.2, "y": 0.7}'],
  ...["", "nowhere", "[1, 1]", "[0, 0]", "Click at (0.75, 0.75), not at (0.1, 0.1).", "[0.5 0.5]", "1.5, 0.5"],
  ...["<think>[0.1, 0.1]</think>[0.5, 0.5]", "(30,20)", "[0.5]", "[.5, .5]", "bbox: [10, 10, 30, 30]"],
] as const;
/** The middle of an image, its left upper corner, and its right half, in fractions. */
const targets = [
  [0.4, 0.4, 0.6, 0.6],
  [0, 0, 0.3, 0.3],
  [0.5, 0.1, 1, 0.9],
] as const;
/** Of an image that is said to be 40 + n pixels wide. */
const inPixels = (n: number, height: number): readonly [number, number, number, number] => {
  const [left, top, right, bottom] = targets[n % 3] as (typeof targets)[number];
  return [left * (40 + n), top * height, right * (40 + n), bottom * height];
};
const clicks: readonly Comparison[] = [
  {
    theirs: "screenspot_v2",
    ours: "screenspot_v2",
    split: "test",
    columns: { image: "image", instruction: "string", bbox: "doubles", data_type: "string", data_source: "string" },
    row: (n, image) => ({
      ...{ image: image(), instruction: question(n), bbox: targets[n % 3], data_type: n % 2 ? "icon" : "text" },
      data_source: "web",
    }),
    replies: clickReplies,
    value: "action",
    metrics: [
      ["screenspot_v2_action_acc", "action_acc"],
      ["screenspot_v2_text_acc", "text_acc"],
      ["screenspot_v2_icon_acc", "icon_acc"],
    ],
  },
  {
    theirs: "screenspot_pro",
    ours: "screenspot_pro",
    split: "test",
    columns: {
      ...{ image: "image", instruction: "string", bbox: "doubles", img_size: "ints", ui_type: "string" },
      ...{ application: "string", platform: "string", group: "string" },
    },
    row: (n, image) => ({
      ...{ image: image(), instruction: question(n), bbox: inPixels(n, 50), img_size: [40 + n, 50] },
      ...{ ui_type: n % 2 ? "icon" : "text", application: "word", platform: "windows", group: "Office" },
    }),
    replies: clickReplies,
    value: "action",
    metrics: [
      ["screenspot_pro_action_acc", "action_acc"],
      ["screenspot_pro_text_acc", "text_acc"],
      ["screenspot_pro_icon_acc", "icon_acc"],
    ],
  },
  {
    theirs: "osworld_g",
    ours: "osworld_g",
    split: "test",
    columns: {
      ...{ image: "image", instruction: "string", box_type: "string", box_coordinates: "doubles" },
      image_size: "ints",
    },
    row: (n, image) => {
      const [left, top, right, bottom] = inPixels(n, 50);
      const box_coordinates = {
        bbox: [left, top, right - left, bottom - top],
        polygon: [left, top, right, top, right, bottom, left, bottom],
        refusal: [0, 0, 0, 0],
      };
      const box_type = fromTo(n, ["bbox", "polygon", "refusal", "polygon"]) as keyof typeof box_coordinates;
      return {
        ...{ image: image(), instruction: question(n), box_type, image_size: [40 + n, 50] },
        box_coordinates: box_coordinates[box_type],
      };
    },
    replies: clickReplies,
    value: "acc",
    metrics: [
      ["osworld_g_acc", "acc"],
      ["osworld_g_bbox_acc", "bbox_acc"],
      ["osworld_g_polygon_acc", "polygon_acc"],
      ["osworld_g_refusal_acc", "refusal_acc"],
    ],
  },
];

/** Yes or no. */
const yesNo: readonly Comparison[] = [
  {
    theirs: "pope",
    ours: "pope",
    split: "test",
    columns: {
      ...short,
      id: "string",
      question_id: "string",
      answer: "string",
      image_source: "string",
      category: "string",
    },
    row: (n, image) => ({
      ...{ id: String(n), question_id: String(n + 1), question: question(n), answer: n % 3 ? "no" : "yes" },
      ...{ image_source: `s${n}`, category: fromTo(n, ["adversarial", "popular", "random"]), image: image() },
    }),
    replies: yesNoReplies,
    metrics: [
      ["pope_accuracy", "accuracy"],
      ["pope_precision", "precision"],
      ["pope_recall", "recall"],
      ["pope_f1_score", "f1"],
      ["pope_yes_ratio", "yes_ratio"],
    ],
  },
  {
    theirs: "mme",
    ours: "mme",
    split: "test",
    columns: { ...short, question_id: "string", answer: "string", category: "string" },
    row: (n, image) => ({
      ...{ question_id: `${fromTo(n >> 1, mmeCategories)}/${n >> 1}.png`, category: fromTo(n >> 1, mmeCategories) },
      ...{ question: `${question(n)} Please answer yes or no.`, answer: n % 2 ? "No" : "Yes", image: image() },
    }),
    replies: yesNoReplies,
    metrics: [
      ["mme_perception_score", "mme_perception_score"],
      ["mme_cognition_score", "mme_cognition_score"],
    ],
  },
];
const mmeCategories = ["existence", "count", "OCR", "commonsense_reasoning", "code_reasoning", "landmark"];

const mmmu = {
  draws: true,
  split: "validation",
  columns: {
    ...{ id: "string", question: "string", options: "string", explanation: "string", img_type: "string" },
    ...{ answer: "string", topic_difficulty: "string", question_type: "string", subfield: "string" },
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((nth) => [`image_${nth}`, "image" as const])),
  },
  row: (n: number, image: ImageOf) => {
    const isOpen = n % 4 === 3;
    const images = 1 + (n % 3);
    const marks = Array.from({ length: images }, (_, nth) => `<image ${nth + 1}>`).join(" and ");
    return {
      ...{ id: `validation_${fromTo(n, ["Art", "Accounting", "Art_Theory", "Math"])}_${n}`, explanation: "" },
      ...{ question: n % 2 ? `${marks} ${question(n)}` : `${question(n)} See ${marks}.`, subfield: "x" },
      ...{ options: isOpen ? "[]" : `[${choices(n).map(python).join(", ")}]`, img_type: "['Diagrams']" },
      ...{ answer: isOpen ? word(n) : letter(n), question_type: isOpen ? "open" : "multiple-choice" },
      topic_difficulty: fromTo(n, ["Easy", "Medium", "Hard"]),
      ...Object.fromEntries(
        [1, 2, 3, 4, 5, 6, 7].map((nth) => [`image_${nth}`, nth <= images ? image(nth - 1) : null]),
      ),
    };
  },
  replies: letterReplies.map((reply, n) => (n % 4 === 3 ? (wordReplies[n] as string) : reply)),
  metrics: [["mmmu_acc", "accuracy"]],
  known: {
    metrics: "what cannot be read is drawn in both, there in the order of rows, here by the row's id",
  },
} as const satisfies Partial<Comparison>;

/** Letters. */
const choicesOfOne: readonly Comparison[] = [
  {
    theirs: "ai2d",
    ours: "ai2d",
    split: "test",
    columns: { ...short, options: "strings", answer: "string" },
    row: (n, image) => ({ question: question(n), options: choices(n), answer: String(n % 4), image: image() }),
    replies: letterReplies,
    metrics: [["exact_match", "accuracy"]],
  },
  {
    theirs: "scienceqa_img",
    ours: "scienceqa_img",
    config: "ScienceQA-IMG",
    split: "test",
    columns: {
      ...{ ...short, choices: "strings", answer: "int64", hint: "string", task: "string", grade: "string" },
      ...{ subject: "string", topic: "string", category: "string", skill: "string", lecture: "string" },
      solution: "string",
    },
    row: (n, image) => ({
      ...{ question: question(n), choices: choices(n).slice(0, 2 + (n % 3)), answer: n % 2 },
      ...{
        hint: n % 3 ? "The image shows a room.\nIt is dark." : "",
        task: "closed choice",
        grade: `grade${1 + (n % 12)}`,
      },
      ...{ subject: fromTo(n, ["natural science", "social science", "language science"]), topic: "t", category: "c" },
      ...{ skill: "s", lecture: "l", solution: "s", image: image() },
    }),
    replies: letterReplies,
    metrics: [["exact_match", "accuracy"]],
  },
  {
    theirs: "mmstar",
    ours: "mmstar",
    split: "val",
    columns: {
      ...{ ...short, index: "int64", answer: "string", category: "string", l2_category: "string" },
      meta_info: { struct: { source: "string", split: "string", image_path: "string" } },
    },
    row: (n, image) => ({
      ...{ index: n, answer: letter(n), l2_category: `l${n % 3}`, image: image() },
      question: `${question(n)}\nOptions: ${choices(n)
        .map((option, i) => `${letter(i)}: ${option}`)
        .join(", ")}`,
      category: fromTo(n, ["coarse perception", "math", "logical reasoning", "science & technology"]),
      meta_info: { source: "MMBench", split: "val", image_path: "x" },
    }),
    replies: letterReplies,
    metrics: [
      ["average", "accuracy"],
      ["coarse perception", "category=coarse perception accuracy"],
      ["math", "category=math accuracy"],
    ],
  },
  {
    theirs: "seedbench",
    ours: "seedbench",
    split: "test",
    columns: {
      ...{ question_id: "string", question: "string", choice_a: "string", choice_b: "string", choice_c: "string" },
      ...{ choice_d: "string", answer: "string", data_type: "string", data_id: "string", question_type_id: "int64" },
      ...{ segment: "ints", image: "images" },
    },
    row: (n, image) => {
      const [choice_a, choice_b, choice_c, choice_d] = choices(n);
      const isVideo = n % 4 === 1;
      return {
        ...{ question_id: String(n), question: question(n), choice_a, choice_b, choice_c, choice_d },
        ...{
          answer: letter(n),
          data_type: isVideo ? "video" : "image",
          data_id: String(n),
          question_type_id: 1 + (n % 9),
        },
        ...{ segment: null, image: Array.from({ length: isVideo ? 3 : 1 }, (_, nth) => image(nth)) },
      };
    },
    replies: letterReplies,
    metrics: [
      ["seed_all", "accuracy"],
      ["seed_image", "data_type=image accuracy"],
      ["seed_video", "data_type=video accuracy"],
    ],
  },
  {
    theirs: "seedbench_2_plus",
    ours: "seedbench_2_plus",
    split: "test",
    columns: {
      ...{ ...short, question_id: "string", choice_A: "string", choice_B: "string", choice_C: "string" },
      ...{ choice_D: "string", answer: "string", question_image_type: "string" },
    },
    row: (n, image) => {
      const [choice_A, choice_B, choice_C, choice_D] = n % 6 === 5 ? ["a.jpg", "b.png", "c", "d"] : choices(n);
      return {
        ...{ question_id: `q${n}`, question: question(n), choice_A, choice_B, choice_C, choice_D, answer: letter(n) },
        ...{ question_image_type: fromTo(n, ["chart", "map", "web"]), image: image() },
      };
    },
    replies: letterReplies,
    metrics: [
      ["seedbench_2_plus_all", "accuracy"],
      ["seedbench_2_plus_Chart", "image_type=chart accuracy"],
      ["seedbench_2_plus_Map", "image_type=map accuracy"],
      ["seedbench_2_plus_Web", "image_type=web accuracy"],
    ],
  },
  {
    theirs: "mmbench_en_dev_static",
    ours: "mmbench_en@dev",
    config: "en",
    split: "dev",
    columns: {
      ...{ ...short, index: "int64", hint: "string", answer: "string", A: "string", B: "string", C: "string" },
      ...{ D: "string", category: "string", source: "string", "L2-category": "string", comment: "string" },
      split: "string",
    },
    // Twelve questions, each in two rotations.
    row: (n, image) => {
      const [A, B, C, D] = choices(n >> 1);
      return {
        ...{ index: (n >> 1) + 1 + (n % 2) * 1_000_000, question: `${question(n >> 1)} #${n >> 1}`, A, B, C, D },
        ...{ hint: n % 4 < 2 ? "The image shows a room." : null, answer: letter(n), category: `c${(n >> 1) % 3}` },
        ...{ source: "s", "L2-category": "relation", comment: null, split: "dev", image: image() },
      };
    },
    replies: letterReplies,
    metrics: [["gpt_eval_score", "circular_accuracy", 100]],
  },
  {
    theirs: "vstar_bench",
    ours: "vstar_bench",
    split: "test",
    columns: { image: "image", text: "string", category: "string", label: "string", question_id: "string" },
    row: (n, image) => ({
      text: `${question(n)}${n % 2 ? "\n" : " "}${choices(n)
        .map((option, i) => `(${letter(i)}) ${option}`)
        .join(n % 2 ? "\n" : " ")}`,
      ...{ category: n % 2 ? "relative_position" : "direct_attributes", label: letter(n), question_id: String(n) },
      image: image(),
    }),
    replies: letterReplies,
    metrics: [["vstar_overall_acc", "accuracy", 100]],
  },
  {
    theirs: "VisualPuzzles_direct",
    ours: "visualpuzzles_direct",
    draws: true,
    split: "test",
    theirSplit: "train",
    columns: {
      ...{ id: "int64", image: "image", question: "string", options: "strings", answer: "string" },
      ...{ category: "string", difficulty: "string" },
    },
    row: (n, image) => ({
      ...{ id: n, image: image(), question: question(n), options: n % 3 ? choices(n) : null, answer: letter(n) },
      ...{ category: fromTo(n, ["spatial", "deductive"]), difficulty: fromTo(n, ["easy", "medium", "hard"]) },
    }),
    replies: letterReplies,
    metrics: [["exact_match", "accuracy"]],
    known: { metrics: "what cannot be read is drawn in both, there in the order of rows, here by the row's id" },
  },
  {
    theirs: "muirbench",
    ours: "muirbench",
    split: "test",
    columns: {
      ...{ idx: "string", task: "string", image_relation: "string", image_type: "string", question: "string" },
      ...{ options: "strings", answer: "string", image_list: "images" },
    },
    row: (n, image) => {
      const images = 1 + (n % 3);
      return {
        ...{
          idx: String(n),
          task: fromTo(n, ["Counting", "Ordering"]),
          image_relation: "Ordered",
          image_type: "Others",
        },
        ...{ question: `${question(n)} ${"<image> ".repeat(images)}`.trim(), options: choices(n), answer: letter(n) },
        image_list: Array.from({ length: images }, (_, nth) => image(nth)),
      };
    },
    replies: letterReplies,
    metrics: [["muirbench_score_overall", "accuracy"]],
    known: {
      words:
        "theirs leaves the text `<image>` in the words to an endpoint; its LLaVA backends put the images there, and so does ours",
      places: "theirs puts all images first for an endpoint; ours puts them at their marks, as its LLaVA backends do",
    },
  },
  {
    theirs: "cv_bench",
    ours: "cv_bench",
    split: "test",
    columns: {
      ...{ idx: "int64", type: "string", task: "string", image: "image", question: "string", choices: "strings" },
      ...{ answer: "string", prompt: "string", filename: "string", source: "string", source_dataset: "string" },
    },
    row: (n, image) => {
      const options = choices(n).slice(0, 2 + (n % 3));
      const listed = options.map((option, i) => `(${letter(i)}) ${option}`).join("\n");
      return {
        ...{ idx: n, type: n % 2 ? "3D" : "2D", task: fromTo(n, ["Count", "Depth", "Relation", "Distance"]) },
        ...{ question: question(n), choices: options, answer: `(${letter(n % 2)})`, filename: "x" },
        prompt: `${question(n)} Select from the following choices.\n${listed}`,
        ...{ source: fromTo(n, ["ADE20K", "Omni3D", "COCO"]), source_dataset: "x", image: image() },
      };
    },
    replies: letterReplies,
    metrics: [["cv_bench_acc", "accuracy"]],
  },
  {
    theirs: "mmvp",
    ours: "mmvp",
    split: "train",
    columns: { Index: "int64", Question: "string", Options: "string", "Correct Answer": "string", image: "image" },
    row: (n, image) => ({
      ...{ Index: n + 1, Question: question(n), Options: `(a) ${choices(n)[0]} (b) ${choices(n)[1]}` },
      ...{ "Correct Answer": n % 2 ? "(b)" : "(a)", image: image() },
    }),
    replies: letterReplies,
    metrics: [
      ["mmvp_accuracy", "accuracy"],
      ["mmvp_pair_accuracy", "pair_accuracy"],
    ],
  },
  {
    theirs: "embspatial",
    ours: "embspatial",
    split: "test",
    columns: {
      ...{ ...short, question_id: "string", hint: "string", relation: "string", answer_options: "strings" },
      ...{ answer: "int64", data_source: "string", scene_id: "string" },
    },
    row: (n, image) => ({
      ...{ question_id: `mp3d_${n}`, question: question(n), hint: n % 2 ? "Look." : null, image: image() },
      ...{ relation: fromTo(n, ["close", "far", "left"]), answer_options: choices(n), answer: n % 4 },
      ...{ data_source: fromTo(n, ["mp3d", "ai2thor", "scannet"]), scene_id: `s${n % 5}` },
    }),
    replies: letterReplies,
    metrics: [
      ["embspatial_acc", "accuracy"],
      ["mp3d_accuracy", "data_source=mp3d accuracy"],
      ["ai2thor_accuracy", "data_source=ai2thor accuracy"],
      ["scannet_accuracy", "data_source=scannet accuracy"],
    ],
  },
  {
    theirs: "erqa",
    ours: "erqa",
    split: "test",
    columns: {
      ...{ question_id: "string", question_type: "string", images: "images", question: "string", answer: "string" },
      visual_indices: "ints",
    },
    row: (n, image) => ({
      ...{ question_id: `q${n}`, question_type: fromTo(n, ["Pointing", "Trajectory Reasoning"]), answer: letter(n) },
      question: `${question(n)} ${choices(n)
        .map((option, i) => `${letter(i)}. ${option}`)
        .join(" ")}\nPlease answer directly with only the letter of the correct option and nothing else.`,
      images: Array.from({ length: 1 + (n % 3) }, (_, nth) => image(nth)),
      visual_indices: Array.from({ length: 1 + (n % 3) }, (_, nth) => nth * 5),
    }),
    replies: letterReplies,
    metrics: [["erqa_acc", "accuracy"]],
  },
  {
    theirs: "mmsi_bench",
    ours: "mmsi_bench",
    split: "test",
    columns: {
      ...{ id: "int64", images: "binaries", question_type: "string", question: "string", answer: "string" },
      thought: "string",
    },
    row: (n, image) => ({
      ...{ id: n, answer: letter(n), thought: "", images: [image(0), image(1)].slice(0, 1 + (n % 2)).map(bytesOf) },
      question_type: fromTo(n, ["Motion (Cam.)", "Attribute (Meas.)", "MSR", "Positional Relationship (Obj.–Obj.)"]),
      question: `${question(n)}\nOptions: ${choices(n)
        .map((option, i) => `${letter(i)}: ${option}`)
        .join(", ")}`,
    }),
    replies: letterReplies.map((reply, n) => (n % 3 ? reply : `\`\`${reply}\`\``)),
    metrics: [["average", "accuracy"]],
  },
  {
    theirs: "mindcube_tiny",
    ours: "mindcube@tiny",
    config: "tiny",
    split: "combined",
    columns: { id: "string", images: "images", input_prompt: "string", question: "string", gt_answer: "string" },
    row: (n, image) => {
      const images = 1 + (n % 3);
      return {
        ...{ id: `${fromTo(n, ["among", "around", "rotation", "aroundnew"])}_group${n}_q1`, gt_answer: letter(n) },
        input_prompt: `${"<image>".repeat(images)}\n${question(n)}\n${lettered(choices(n))}`,
        ...{ question: question(n), images: Array.from({ length: images }, (_, nth) => image(nth)) },
      };
    },
    replies: letterReplies.map((reply, n) => (n % 4 ? reply : `<Answer>${reply}</Answer>`)),
    metrics: [
      ["overall_accuracy", "accuracy"],
      ["among_accuracy", "setting=among accuracy"],
    ],
  },
  {
    theirs: "3dsrbench",
    ours: "3dsrbench",
    config: "3dsr",
    split: "test",
    columns: {
      ...{ ...short, index: "string", qid: "string", A: "string", B: "string", C: "string", D: "string" },
      ...{ answer: "string", category: "string" },
    },
    row: (n, image) => {
      const [A, B, C, D] = choices(n);
      return {
        ...{ index: `i${n}`, qid: `Q${String(n).padStart(7, "0")}`, question: question(n), A, B, image: image() },
        ...{ C: n % 3 ? C : null, D: n % 3 ? D : n % 2 ? "nan" : null, answer: letter(n % 2) },
        category: fromTo(n, ["height_higher", "location_above", "orientation_viewpoint", "multi_object_facing"]),
      };
    },
    replies: letterReplies,
    metrics: [["vanilla_accuracy", "accuracy"]],
  },
  {
    theirs: "mmerealworld_lite",
    ours: "mme_realworld@lite",
    split: "train",
    columns: {
      ...{ index: "int64", bytes: "string", question: "string", "multi-choice options": "strings", answer: "string" },
      ...{ category: "string", "l2-category": "string" },
    },
    row: (n, image) => ({
      ...{
        index: n,
        bytes: Buffer.from(bytesOf(image())).toString("base64"),
        question: question(n),
        answer: letter(n),
      },
      "multi-choice options": [...choices(n), "The image does not feature the content."].map(
        (option, i) => `(${"ABCDE"[i]}) ${option}`,
      ),
      category: fromTo(n, ["Perception/OCR with Complex Context", "Reasoning/Monitoring", "Perception/Remote Sensing"]),
      "l2-category": fromTo(n, ["scene/attribute", "color"]),
    }),
    replies: letterReplies,
    metrics: [["mme_realworld_score", "accuracy"]],
  },
  {
    theirs: "blink_counting",
    ours: "blink@counting",
    config: "Counting",
    split: "val",
    columns: {
      ...{ idx: "string", question: "string", sub_task: "string", image_1: "image", image_2: "image" },
      ...{ image_3: "image", image_4: "image", choices: "strings", answer: "string", prompt: "string" },
      explanation: "string",
    },
    row: (n, image) => {
      const options = choices(n).slice(0, 2 + (n % 3));
      const listed = options.map((option, i) => `(${letter(i)}) ${option}`).join("\n");
      return {
        ...{ idx: `val_Counting_${n}`, question: question(n), sub_task: "Counting", choices: options },
        ...{ image_1: image(), image_2: n % 3 ? null : image(1), image_3: null, image_4: null, explanation: "" },
        ...{ answer: `(${letter(n % 2)})`, prompt: `${question(n)}\nSelect from the following choices.\n${listed}` },
      };
    },
    replies: letterReplies,
    metrics: [["blink_acc", "accuracy"]],
  },
  { theirs: "mmmu_val", ours: "mmmu@val", promptProfile: "interleaved", ...mmmu },
  { theirs: "mmmu_val_qwen", ours: "mmmu@val", promptProfile: "qwen", ...mmmu },
];

/** Numbers. */
const counts: readonly Comparison[] = [
  {
    theirs: "pixmo_count",
    ours: "pixmo_count",
    split: "test",
    columns: { ...short, answer: "string" },
    row: (n, image) => ({
      ...{ question: `<image>${question(n)}`, answer: n % 2 ? String(n % 11) : `There are ${n % 11}.`, image: image() },
    }),
    replies: numberReplies,
    metrics: [["acc", "accuracy"]],
  },
  {
    theirs: "vlms_are_biased",
    ours: "vlms_are_biased",
    split: "main",
    columns: {
      ...{ ID: "string", image: "image", topic: "string", prompt: "string", ground_truth: "string" },
      expected_bias: "string",
    },
    row: (n, image) => ({
      ...{ ID: `b${n}`, image: image(), topic: fromTo(n, ["Animals", "Logos", "Flags"]), prompt: question(n) },
      ...{ ground_truth: n % 4 ? String(n % 11) : "Yes", expected_bias: n % 4 ? String((n + 1) % 11) : "No" },
    }),
    replies: numberReplies.map((reply, n) => (n % 2 ? `{${reply}}` : n % 4 ? reply : (yesNoReplies[n] as string))),
    value: "accuracy",
    metrics: [
      ["accuracy", "accuracy"],
      ["bias_ratio", "bias_ratio"],
    ],
  },
  {
    theirs: "countbenchqa",
    ours: "countbenchqa",
    promptProfile: "lmms-eval",
    split: "test",
    columns: { image: "image", text: "string", question: "string", number: "int64" },
    row: (n, image) => ({
      ...{ image: image(), text: n % 3 ? `There are ${n} of them.` : null, question: question(n), number: n % 11 },
    }),
    replies: numberReplies,
    metrics: [["acc", "accuracy"]],
  },
  {
    theirs: "vlmsareblind",
    ours: "vlmsareblind",
    split: "valid",
    columns: { image: "image", task: "string", prompt: "string", groundtruth: "string" },
    row: (n, image) => {
      const task = fromTo(n, ["Touching Circles", "Counting Grid - Blank Grids", "Nested Squares", "Circled Letter"]);
      const gold = { "Touching Circles": "Yes", "Counting Grid - Blank Grids": "3,4", "Circled Letter": "o" }[task];
      return { image: image(), task, prompt: `${question(n)} Answer in braces.`, groundtruth: gold ?? String(n % 7) };
    },
    replies: [
      ...[
        "yes",
        "{3}{4}",
        "{2}",
        "{o}",
        "Yes.",
        "(3, 4)",
        "There are 6.",
        "O",
        "no",
        "rows={3} columns={4}",
        "3",
        "{p}",
      ],
      ...[
        "YES",
        "3,4",
        "",
        "the letter o",
        " yes\n",
        "{4}{3}",
        "four",
        "{O}",
        "<think>x</think>Yes",
        "{3} {4}",
        "1",
        "o.",
      ],
    ],
    metrics: [["accuracy", "accuracy"]],
  },
];

const reviews = {
  columns: {
    ...{ question_id: "string", image: "image", question: "string", caption: "string", gpt_answer: "string" },
    ...{ category: "string", image_id: "string" },
  },
  row: (n: number, image: ImageOf) => ({
    ...{ question_id: String(n), image: image(), question: question(n), caption: `A ${word(n)}.`, image_id: `i${n}` },
    ...{ gpt_answer: `It is ${word(n)}.`, category: fromTo(n, ["conv", "detail", "complex"]) },
  }),
  replies: wordReplies,
  value: "model",
  metrics: [
    ["gpt_eval_llava_all", "relative_score"],
    ["gpt_eval_llava_conv", "category=conv relative_score"],
    ["gpt_eval_llava_detail", "category=detail relative_score"],
    ["gpt_eval_llava_complex", "category=complex relative_score"],
  ],
} as const satisfies Partial<Comparison>;

/** A judge decides, or reads what no rule can. */
const judged: readonly Comparison[] = [
  {
    theirs: "mmvet",
    ours: "mmvet",
    split: "test",
    columns: { question_id: "string", image: "image", question: "string", answer: "string", capability: "string" },
    row: (n, image) => ({
      ...{ question_id: `v1_${n}`, image: image(), question: question(n), capability: fromTo(n, ["ocr,math", "rec"]) },
      answer: n % 3 ? word(n) : `${word(n)}<AND>${word(n + 1)}<OR>${word(n + 2)}`,
    }),
    replies: wordReplies,
    judge: {
      mark: "Just complete the last space of the correctness score.",
      verdicts: ["0.0", "0.5", "1.0", "0.3 for the half of it", "1", "0"],
    },
    value: "score",
    metrics: [["gpt_eval_score", "score", 100]],
  },
  {
    theirs: "llava_in_the_wild",
    ours: "llava_in_the_wild",
    split: "train",
    ...reviews,
    judge: {
      mark: "request your feedback on the performance of two AI assistants",
      verdicts: ["8 9", "10 2.5\nThe second is short.", "7, 7", "9;4", "1 10"],
    },
  },
  {
    theirs: "llava_in_the_wild_ko",
    ours: "llava_in_the_wild_ko",
    split: "test",
    ...reviews,
    judge: {
      mark: "두 인공지능 어시스턴트의 성능을",
      verdicts: ["8 9", "10 2.5\n둘째는 짧습니다.", " 7 7 ", "9,4", "1 10"],
    },
  },
  {
    theirs: "hallusion_bench_image",
    ours: "hallusion_bench_image",
    split: "image",
    columns: {
      ...{ category: "string", subcategory: "string", visual_input: "string", set_id: "string", figure_id: "string" },
      ...{ sample_note: "string", question_id: "string", question: "string", gt_answer: "string" },
      ...{ gt_answer_details: "string", filename: "string", image: "image" },
    },
    row: (n, image) => ({
      ...{ category: n % 3 ? "VD" : "VS", subcategory: fromTo(n, ["chart", "map"]), visual_input: n % 2 ? "1" : "2" },
      ...{ set_id: String(n >> 3), figure_id: String((n >> 1) % 4), sample_note: "x", question_id: String(n) },
      ...{ question: question(n), gt_answer: String(n % 2), gt_answer_details: `It is ${word(n)}.`, filename: "x" },
      image: image(),
    }),
    replies: yesNoReplies,
    judge: {
      mark: "Imagine you are an intelligent teacher.",
      verdicts: ["correct", "incorrect", "unclear", "Correct."],
    },
    metrics: [
      ["aAcc", "aAcc"],
      ["fAcc", "fAcc"],
      ["qAcc", "qAcc"],
    ],
    known: { metrics: "theirs is rounded to four decimals" },
  },
  {
    theirs: "mathvista_testmini_cot",
    ours: "mathvista@testmini",
    split: "testmini",
    columns: {
      ...{ pid: "string", question: "string", image: "string", decoded_image: "image", choices: "strings" },
      ...{ unit: "string", precision: "double", answer: "string", question_type: "string", answer_type: "string" },
      ...{ query: "string" },
      metadata: {
        struct: {
          ...{ split: "string", category: "string", context: "string", grade: "string", language: "string" },
          ...{ skills: "strings", source: "string", task: "string" },
        },
      },
    },
    row(n, image) {
      const isChoice = n % 2 === 0;
      const type = isChoice ? "text" : fromTo(n >> 1, ["integer", "list", "float"]);
      return {
        ...{ pid: String(n), question: question(n), image: "x", decoded_image: image(), unit: n % 5 ? null : "cm" },
        ...{
          choices: isChoice ? choices(n) : null,
          precision: 1,
          question_type: isChoice ? "multi_choice" : "free_form",
        },
        ...{ answer: isChoice ? choices(n)[n % 4] : type === "integer" ? String(n % 9) : word(n), answer_type: type },
        ...{ query: `Hint: Reply with ${type}.\nQuestion: ${question(n)}` },
        metadata: {
          ...{ split: "testmini", category: "general-vqa", context: "scene", grade: "daily life", language: "english" },
          ...{ skills: ["arithmetic reasoning"], source: "x", task: "visual question answering" },
        },
      };
    },
    replies: letterReplies.map((reply, n) => (n % 2 ? (numberReplies[n] as string) : reply)),
    judge: {
      mark: "Please read the following example.",
      verdicts: (words) => {
        const kind = /Hint: Reply with (\w+)/.exec(words)?.[1];
        return kind === "text"
          ? ["(B)", "A", "C", "D."]
          : kind === "list"
            ? ["[1, 2]", "['red']"]
            : ["3", "4.0", "0.5"];
      },
    },
    value: "accuracy",
    metrics: [["llm_as_judge_eval", "accuracy", 100]],
    known: { metrics: "theirs is rounded to two decimals" },
  },
  {
    theirs: "mathvision_reason_testmini",
    ours: "mathvision_reason@testmini",
    split: "testmini",
    columns: {
      ...{ id: "string", question: "string", options: "strings", image: "string", decoded_image: "image" },
      ...{ answer: "string", solution: "string", level: "int64", subject: "string" },
    },
    row: (n, image) => ({
      ...{ id: String(n), question: `${question(n)}\n<image1>`, options: n % 2 ? [] : choices(n), image: "x" },
      ...{ decoded_image: image(), answer: n % 2 ? word(n) : letter(n), solution: "", level: 1, subject: "counting" },
    }),
    replies: letterReplies.map((reply, n) => (n % 2 ? (wordReplies[n] as string) : reply)),
    judge: { mark: "You are a strict evaluator assessing answer correctness.", verdicts: ["1", "0", "0", " 1\n"] },
    metrics: [["llm_as_judge_eval", "accuracy"]],
  },
  {
    theirs: "hrbench4k",
    ours: "hrbench@4k",
    config: "hrbench_version_split",
    split: "hrbench_4k",
    columns: {
      ...{ index: "int64", image: "string", question: "string", A: "string", B: "string", C: "string", D: "string" },
      ...{ answer: "string", category: "string", cycle_category: "string" },
    },
    row: (n, image) => {
      const [A, B, C, D] = choices(n);
      return {
        ...{ index: n, image: Buffer.from(bytesOf(image())).toString("base64"), question: question(n), A, B, C, D },
        ...{ answer: letter(n), category: n % 2 ? "single" : "cross", cycle_category: String(n % 4) },
      };
    },
    replies: letterReplies,
    judge: { mark: "You are an AI assistant who will help me to match", verdicts: ["A", "B", "C.", "D", "Z"] },
    metrics: [["average", "average"]],
  },
];

/** Of every task. */
export const knownParameters: Readonly<Record<string, string>> = {
  top_p:
    "theirs sends the `top_p` of its YAML (models/chat/openai.py), ours does not; at temperature 0 it decides nothing",
  seed: "ours sends a seed of the row's own where the temperature is not 0, theirs sends none",
};

export const comparisons: readonly Comparison[] = [
  ...peoples,
  ...shorts,
  ...clicks,
  ...yesNo,
  ...choicesOfOne,
  ...counts,
  ...judged,
];

/** A text as Python prints it. */
function python(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
}

function bytesOf(image: object): Uint8Array {
  return (image as { bytes: Uint8Array }).bytes;
}
