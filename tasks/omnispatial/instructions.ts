/** OmniSpatial's instructions, word for word: qizekun/OmniSpatial, and lmms-eval's two tasks on it. */

/** The authors' "manual chain of thought"; two blanks end some of its lines. */
export const MANUAL_COT = [
  "",
  "You are a spatial-reasoning assistant.",
  "",
  "Task",
  "-----",
  "You will receive  ",
  "1. **Image** - a single RGB frame depicting a scene.  ",
  "2. **Question** - a natural-language query about spatial relationships between objects in the image.  ",
  "3. **Options** - ≥2 answer candidates, each tagged by a capital letter (A, B, C, D…).",
  "",
  "Guidelines",
  "----------",
  "Please follow these steps to analyze the image and answer the question:",
  "1. First, carefully observe the image and identify all relevant objects and their spatial relationships.",
  "2. Next, break down the question into key components that need to be addressed.",
  "3. Think through the spatial reasoning step-by-step to arrive at your answer. It may be necessary to transfer perspective to better understand the scene.",
  "4. Finally, select the most appropriate option (A, B, C, or D) based on your analysis.",
  "",
  "Always ground your answer in the visual evidence; do not hallucinate unseen objects.",
  "If uncertain, pick the most plausible option—never refuse or reply “insufficient information.”",
  "",
].join("\n");

/** lmms-eval's copy has lost those blanks. */
export const LMMS_MANUAL_COT = MANUAL_COT.replace(/ +$/gm, "");

/** The form of the answer that the rule reads. */
export const ANSWER_LINE = [
  "",
  "End your answer with a separate line formatted exactly as:",
  "",
  "Answer: X",
  "where X ∈ {A, B, C, D}.",
  "",
].join("\n");

/** `omni_spatial` of lmms-eval: it announces a second image, which is not sent. */
export const LETTER_ONLY = [
  "You are a spatial-reasoning assistant.",
  "",
  "Task",
  "-----",
  "You will receive",
  "1. **Image** - a single RGB frame depicting a scene.",
  "2. **Multi-View Image** - a RGB frame depicting a scene from 6 novel views.",
  "3. **Question** - a natural-language query about spatial relationships between objects in the image.",
  "4. **Options** - >=2 answer candidates, each tagged by a capital letter (A, B, C, D...).",
  "",
  "Based on the image and question, provide your answer.",
  "Always ground your answer in the visual evidence; do not hallucinate unseen objects.",
  'If uncertain, pick the most plausible option---never refuse or reply "insufficient information."',
  "",
  "Note: You only need to respond with A, B, C, or D without providing any additional information.",
  "",
].join("\n");

/** VLMEvalKit's copies of the three ways of asking for it: what stands between the inputs and the last two lines. */
const vlmEvalKitCopy = (guidelines: string): string =>
  LMMS_MANUAL_COT.replace(/^Guidelines\n.*\n\n(?=Always)/ms, `${guidelines}\n`);

/** `OmniSpatialBench_default`, `_zeroshot_cot` and `_manual_cot`, by the name of the profile. A mark of its linter is in the last, so it is sent. */
export const VLMEVALKIT_COPIES: Readonly<Record<string, string>> = {
  vlmevalkit: vlmEvalKitCopy("Based on the image and question, provide your answer."),
  "vlmevalkit-zeroshot-cot": vlmEvalKitCopy("Think step by step and provide the answer."),
  "vlmevalkit-manual-cot": LMMS_MANUAL_COT.replace("understand the scene.", "$&   # noqa: E501"),
};

/** `OmniSpatialBench`. */
export const VLMEVALKIT_DIRECT = "Answer directly with the option letter from the given choices. ";
