import {
  bracketedOptions,
  defineTask,
  mean,
  rowDigest,
  type Static,
  type Task,
  Type,
  userPrompt,
  Video,
} from "llava-eval";
import { goldLetter, mvbenchScore } from "./score.js";

const row = Type.Object({
  video: Video(), // "ZS9XR.mp4"
  question: Type.String(),
  candidates: Type.Array(Type.String()),
  answer: Type.String(), // one of them
});
type Row = Static<typeof row>;

/** Where the clips of each kind of question lie, cut to the moment that is asked about. */
const folders = {
  action_sequence: "star/Charades_segment",
  moving_count: "clevrer/video_validation",
  action_prediction: "star/Charades_segment",
  episodic_reasoning: "tvqa/video_fps3_hq_segment",
  action_antonym: "ssv2_video_mp4",
  action_count: "perception/videos",
  scene_transition: "scene_qa/video",
  object_shuffle: "perception/videos",
  object_existence: "clevrer/video_validation",
  fine_grained_pose: "nturgbd_convert",
  unexpected_action: "FunQA_test/test",
  moving_direction: "clevrer/video_validation",
  state_change: "perception/videos",
  object_interaction: "star/Charades_segment",
  character_order: "perception/videos",
  action_localization: "sta/sta_video_segment",
  counterfactual_inference: "clevrer/video_validation",
  fine_grained_action: "Moments_in_Time_Raw/videos",
  moving_attribute: "clevrer/video_validation",
  egocentric_navigation: "vlnqa",
} as const;

const official =
  "Carefully watch the video and pay attention to the cause and sequence of events, the detail and movement of objects, and the action and pose of persons. Based on your observations, select the best option that accurately addresses the question.\n";

/** `Fine-grained Action` */
const theirName = (kind: string) =>
  kind
    .replace("fine_grained", "fine-grained")
    .split("_")
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join(" ");

const task = (kind: string, folder: string): Task<Row> => ({
  name: `mvbench_${kind}`,
  version: 1,
  about: `MVBench's ${kind.replaceAll("_", " ")}, one of twenty kinds of questions that a single frame cannot answer (Li et al. 2024).`,
  cite: "https://arxiv.org/abs/2311.17005; official scoring follows OpenGVLab/Ask-Anything video_chat2/mvbench.ipynb, where an empty answer is right; lmms-eval mvbench/utils.py leaves empty answers out of the average",
  splits: {
    train: {
      sources: ["OpenGVLab/MVBench"],
      ...{ configs: [kind], split: "train", revision: "video", rows: 200, licence: "MIT", answers: "public" },
    },
  },
  row,
  id: ({ video, question, candidates }) => rowDigest(video.path, question, ...candidates),
  imageKey: ({ video }) => video.path,
  profiles: ["default", "official"],
  prompt({ video, question, candidates }, profile) {
    const clip = video.named(`${folder}/${video.path}`);
    if (profile !== "official")
      return userPrompt(
        clip,
        `Question:${question}\nOption:\n${bracketedOptions(candidates)}Only give the best option.\n`,
      );
    return {
      messages: [
        { role: "system", parts: [{ type: "text", text: official }] },
        ...userPrompt(
          clip,
          `Question: ${question}\nOptions:\n${bracketedOptions(candidates)}Only give the best option.\nBest option:(`,
        ).messages,
      ],
    };
  },
  options: { in: ["candidates"], right: "answer", as: "text" },
  generation: { maxNewTokens: 16, temperature: 0 },
  hasReference: (row) => goldLetter(row) !== undefined,
  defects: {
    official: ["an empty reply is right"],
    "lmms-eval": ['the article "a" is an A', "empty replies leave the average"],
    vlmevalkit: ["an empty reply is right"],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: theirName(kind) } },
  score: mvbenchScore,
  metrics: [mean("accuracy", { of: "accuracy" }), mean("answered", { of: "answered" })],
});

export default Object.entries(folders).map(([kind, folder]) => defineTask(task(kind, folder)));
