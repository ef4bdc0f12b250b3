/**
 * VLMEvalKit's class for LLaVA-1.6 (`LLaVA_Next`) decodes question and reply as one text, and takes the reply out of it by marks: a question
 * that holds one of them is taken for the reply. Source: `output_process` in `vlmeval/vlm/llava/llava.py` at e8e78f05.
 */

/** In this order; the first that is there decides, and the piece behind its first occurrence (of the last, its second) is the reply. */
const starts: readonly (readonly [mark: string, piece: number])[] = [
  ["[/INST]", 1],
  ["ASSISTANT:", 1],
  ["assistant\n", 1],
  ["<|end_header_id|>\n\n", 2],
];
const ends = ["</s>", "<|im_end|>", "<|eot_id|>"];

/** What it takes for the reply; undefined where it fails. */
export function replyInSequence(sequence: string): string | undefined {
  const whole = sequence.includes("<s>") ? sequence.replaceAll("<s>", "").trim() : sequence;
  const start = starts.find(([mark]) => whole.includes(mark));
  const said = start === undefined ? whole : whole.split(start[0])[start[1]]?.trim();
  const end = ends.find((mark) => said?.includes(mark));
  return end === undefined ? said : said?.split(end)[0]?.trim();
}

const LLAMA_3 =
  "<|start_header_id|>user<|end_header_id|>\n\n<image>\n{}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n?<|eot_id|>";

/** Around the user's words, by the templates of the checkpoints it is used with; `?` is the reply. */
const templates = [
  "<s> [INST] <image>\n{} [/INST] ?</s>",
  "<s> USER: <image>\n{} ASSISTANT: ?</s>",
  "<|im_start|>user\n<image>\n{}<|im_end|><|im_start|>assistant\n?<|im_end|>",
  // With a message of the system before it, the third piece of this is always the question.
  ...["", "<|start_header_id|>system<|end_header_id|>\n\nYou see.<|eot_id|>"].map((system) => `${system}${LLAMA_3}`),
].map((template) => template.split("{}") as [string, string]);

/** Whether a text is what that class takes out of these words, whatever the model said. */
export function isCutFromWords(text: string, words: string): boolean {
  return templates.some(([before, behind]) => {
    const reply = "\u0000";
    const cut = replyInSequence(before + words + behind.replace("?", reply));
    return cut !== undefined && !cut.includes(reply) && bare(cut) === bare(text);
  });
}

const bare = (text: string) => text.replaceAll("<image>", "").trim();
