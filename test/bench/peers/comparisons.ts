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
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly row: (n: number, image: ImageOf) => Readonly<Record<string, unknown>>;
  readonly replies: readonly string[];
  /** Where the published data has its images in a configuration of their own. */
  readonly imagesApart?: { readonly config: string; readonly id: (n: number) => string };
  /** Their metric, ours (`group=value metric` of a sub-score), and how many times ours theirs is. */
  readonly metrics: readonly (readonly [theirs: string, ours: string, times?: number])[];
  /** What cannot be read is drawn: such a row's scores are not compared. */
  readonly draws?: true;
  /** Differences that are known, by what differs: why, and who is right. */
  readonly known?: Readonly<Partial<Record<"words" | "places" | "pixels" | "sent" | "scores" | "metrics", string>>>;
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
    known: {
      scores:
        'the letter after "the answer is", the last one in brackets: 0.7.3 reads them (blink/utils.py), 0.7.2 the first letter alone',
      metrics: "the rows above",
    },
  },
  {
    theirs: "mmmu_val",
    ours: "mmmu@val",
    draws: true,
    promptProfile: "interleaved",
    split: "validation",
    columns: {
      ...{ id: "string", question: "string", options: "string", explanation: "string", img_type: "string" },
      ...{ answer: "string", topic_difficulty: "string", question_type: "string", subfield: "string" },
      ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((nth) => [`image_${nth}`, "image" as const])),
    },
    row: (n, image) => {
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
      metrics:
        "what cannot be read is drawn in both, there in the order of rows, here by the row's id; of an open answer 0.7.3 keeps all candidates (mmmu/utils.py), 0.7.2 the letters of the first",
    },
  },
];

/** Numbers. */
const counts: readonly Comparison[] = [
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

/** Of every task. */
export const knownParameters: Readonly<Record<string, string>> = {
  top_p:
    "0.7.3 sends the `top_p` of its YAML (models/chat/openai.py), 0.7.2 did not; at temperature 0 it decides nothing",
};

export const comparisons: readonly Comparison[] = [...peoples, ...shorts, ...yesNo, ...choicesOfOne, ...counts];

/** A text as Python prints it. */
function python(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
}

function bytesOf(image: object): Uint8Array {
  return (image as { bytes: Uint8Array }).bytes;
}
