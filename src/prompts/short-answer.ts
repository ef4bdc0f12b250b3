/** Instructions after a question, as LLaVA and lmms-eval word them. */

/** LLaVA's instruction for short answers. */
export const WORD_OR_PHRASE = "Answer the question using a single word or phrase.";
