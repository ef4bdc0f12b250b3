import { htmlText } from "./html.js";

// XML 1.0 production 2: no other control character, surrogate or non-character, not even as a reference.
const invalid = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text for an XML element or a quoted attribute; what XML cannot hold becomes U+FFFD. Line breaks survive in attributes. */
export function xmlText(text: string): string {
  return htmlText(text.replace(invalid, "\ufffd")).replace(/[\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`);
}
