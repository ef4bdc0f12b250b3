/** BLINK's question to its judge, word for word. */

import { OPTION_MATCHER } from "llava-eval";

const blinkExamples =
  "Example 1: \nQuestion: Which point is closer to the camera?\nSelect from the following choices.\nOptions: (A) Point A\n(B) Point B\n(Z) Failed\nAnswer: Point B, where the child is sitting, is closer to the camera.\nYour output: (B)\nExample 2: \nQuestion: Which point is closer to the camera?\nSelect from the following choices.\nOptions: (A) Point A\n(B) Point B\n(Z) Failed\nAnswer: I'm sorry, but I can't assist with that request.\nYour output: (Z)\nExample 3: \nQuestion: Which point is corresponding to the reference point?\nSelect from the following choices.\nOptions: (A) Point A\n(B) Point B\n(Z) Failed\nAnswer:The reference point (REF) on the first image is at the tip of the pot, which is the part used to Poke if the pots were used for that action. Looking at the second image, we need to find the part of the object that would correspond to poking.\n(A) Point A is at the tip of the spoon's handle, which is not used for poking.\n(B) Point B is at the bottom of the spoon, which is not used for poking.\n(C) Point C is on the side of the pspoonot, which is not used for poking.\n(D) Point D is at the tip of the spoon, which is not used for poking.\n\nTherefore, there is no correct answer in the choices\nYour output: (Z)\nExample 4: \n";

/** BLINK's. @param options lines `(A) cat` joined by breaks */
export function blinkMatching(question: string, options: string, prediction: string): string {
  const rule =
    "If the answer says things like refuse to answer, I'm sorry cannot help, etc., output (Z)If the meaning of all options are significantly different from the answer, or the answer does not select any option, output (Z)Your should output one of the choices, (A),(B),(C),(D),(E) (if they are valid options), or (Z)\n";
  const asked = `Question: ${question}\nSelect from the following choices?\nOptions: ${options}\n(Z) Failed\nAnswer: ${prediction}\nYour output: `;
  return OPTION_MATCHER + rule + blinkExamples + asked;
}
