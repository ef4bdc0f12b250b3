import { WORD_OR_PHRASE } from "llava-eval";

/** VizWiz's instruction in LLaVA: some questions cannot be answered. */
export const UNANSWERABLE = `When the provided information is insufficient, respond with 'Unanswerable'.\n${WORD_OR_PHRASE}`;
