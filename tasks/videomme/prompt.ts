/** Words of Video-MME and Video-MME-v2. Sources: the authors' README and script; lmms-eval `videomme/utils.py`, `videomme_v2/utils.py`; VLMEvalKit. */

import { NO_SUBTITLES } from "./subtitles.js";

export interface VideoMmeWords {
  readonly question: string;
  /** "A. text" each. */
  readonly options: readonly string[];
}

const select = (basis: string): string =>
  `Select the best answer to the following multiple-choice question based on the ${basis}. Respond with only the letter (A, B, C, or D) of the correct option.`;

const lines = ({ question, options }: VideoMmeWords): string => [question, ...options].join("\n");

/** lmms-eval's speak of subtitles whether there are any or not. */
const last: Readonly<Record<string, string>> = {
  default: "\nAnswer with the option's letter from the given choices directly.",
  gpt4v: "Answer the question with A, B, C, or D.",
  llava_vid: "The best answer is:",
  xcomposer2_4khd: " Answer this question with A, B, C, or D.[UNUSED_TOKEN_145]\n[UNUSED_TOKEN_146]assistant\n",
};

export const profiles = ["default", "official", "gpt4v", "llava_vid", "qwen3_vl", "xcomposer2_4khd"] as const;

const qwen3 = ({ question, options }: VideoMmeWords): string =>
  `Question: ${question}\nOptions:\n${options.join("\n")}\nAnswer with the option letter only.`;

export function videoMmeWords(row: VideoMmeWords, profile: string): string {
  if (profile === "official") return `${select("video")}\n${lines(row)}\nThe best answer is:`;
  if (profile === "qwen3_vl") return qwen3(row);
  return `${select("video and the subtitles")}\n${lines(row)}\n${last[profile] ?? last.default}`;
}

export const subtitledProfiles = ["default", "official", "llava_vid", "qwen3_vl", "gemini_api"] as const;

/** Behind the subtitles. */
export function subtitledWords(row: VideoMmeWords, profile: string): string {
  if (profile === "official" || profile === "qwen3_vl") return videoMmeWords(row, profile);
  return `${select("video and the subtitles")}\n${lines(row)}\nThe best answer is:`;
}

/** lmms-eval says so where a video has none. */
export function subtitleBlock(subtitles: string | undefined, profile: string): string {
  if (profile !== "official") return `This video's subtitles are listed below: \n${subtitles ?? NO_SUBTITLES}\n`;
  return subtitles === undefined ? "" : `This video's subtitles are listed below:\n${subtitles}\n`;
}

export interface V2Words {
  readonly question: string;
  /** Eight lines, "A. text" each. */
  readonly options: string;
}

const selectOfEight =
  "Select the best answer to the following multiple-choice question based on the video. Respond with only the letter (A, B, C, D, E, F, G, or H) of the correct option.";
const reasonFirst =
  "Please perform a detailed reasoning based on the provided video frames to answer the following multiple-choice question selecting the best option from A through H and providing your final response strictly in the format: 'Final Answer: <letter>.";

const shown = "These are the frames of a video.";
const shownBetween =
  "These are the frames of a video with corresponding subtitles shown between frames. The subtitles indicate what is being said during the time interval between adjacent frames.";

/** Video-MME-v2's question. */
function v2Question({ question, options }: V2Words, profile: string): string {
  const asked = `Question: ${question}\n${options}\n`;
  return asked + (profile === "qwen3_vl" ? "Answer with the option letter only." : selectOfEight);
}

/** The authors' script puts a sentence between frames and question. */
export function v2Words(row: V2Words, profile: string): string {
  return (profile === "official" ? shown : "") + v2Question(row, profile);
}

export function v2ReasoningWords({ question, options }: V2Words, profile: string): string {
  return `${profile === "official" ? shown : ""}Question: ${question}\n${options}\n${reasonFirst}`;
}

/** Behind the subtitles. */
export function v2SubtitledWords(row: V2Words, profile: string): string {
  return (profile === "interleaved" ? shownBetween : "") + v2Question(row, profile);
}

/** Before the question. The authors speak of subtitles whether there are any or not. */
export function v2SubtitleBlock(words: readonly { readonly text: string }[] | undefined, profile: string): string {
  const listed = (text: string) => `This video's subtitles are listed below:\n${text}\n`;
  const text = words?.map((word) => word.text).join(" ");
  if (profile === "official") return `${shown} ${listed(text ?? "")}`;
  return text === undefined ? "" : `${listed(text)}\n`;
}
