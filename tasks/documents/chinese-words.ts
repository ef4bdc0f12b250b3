/** Chinese text in words, as Python's jieba 0.42.1 cuts it by default: jieba-rs with its own dictionary, which is jieba's. */

import { createRequire } from "node:module";

interface Jieba {
  cut(text: string, hmm: boolean): string[];
}

let loaded: Jieba | undefined;

/** A dictionary of five megabytes: read when the first text is cut. */
function jieba(): Jieba {
  if (loaded === undefined) {
    const require = createRequire(import.meta.url);
    const { Jieba } = require("@node-rs/jieba") as { Jieba: { withDict(dict: Uint8Array): Jieba } };
    const { dict } = require("@node-rs/jieba/dict") as { dict: Uint8Array };
    loaded = Jieba.withDict(dict);
  }
  return loaded;
}

/** What is looked up at all; jieba-rs reads more as words. */
const block = /([\u4e00-\u9fd5a-zA-Z0-9+#&._%-]+)/;
const chinese = /([\u4e00-\u9fd5]+)/;
const marked = /[+#&._%-]/;
const latin = /[a-zA-Z0-9]+(?:\.\d+)?%?|[\s\S]/g;
const blanks = /\r\n|[\s\S]/gu;

/** `jieba.lcut(text)`. */
export function chineseWords(text: string): string[] {
  return text.split(block).flatMap((piece, i) => {
    if (i % 2 === 0) return piece.match(blanks) ?? [];
    const parts = piece.split(chinese);
    // A mark between letters parts them, where jieba-rs does not.
    if (!parts.some((part, at) => at % 2 === 0 && marked.test(part))) return jieba().cut(piece, true);
    return parts.flatMap((part, at) => (at % 2 === 1 ? jieba().cut(part, true) : (part.match(latin) ?? [])));
  });
}
