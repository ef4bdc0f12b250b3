import { createHash } from "node:crypto";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for an HTML text node or a quoted attribute. */
export function htmlText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

export interface PageParts {
  /** The page has images in it, as data URIs. */
  readonly images?: boolean;
  /** Of ours, the only one that may run. */
  readonly script?: string;
  /** What stands above and below what the page is about. */
  readonly above?: string;
  readonly below?: string;
}

/** A page whose policy allows nothing but its own style and script: it may be mailed, put on a static host, or opened from disk. */
export function htmlPage(
  title: string,
  style: string,
  body: string,
  { images = false, script, above, below }: PageParts = {},
): string {
  const policy = [
    "default-src 'none'",
    `style-src ${digestOf(style)}`,
    ...(script === undefined ? [] : [`script-src ${digestOf(script)}`]),
    ...(images ? ["img-src data:"] : []),
    ...(script === undefined ? [] : ["base-uri 'none'", "form-action 'none'"]),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">
<title>${htmlText(title)}</title>
<style>${style}</style>
</head>
<body>
${above === undefined ? "" : `${above}\n`}<main>
<h1>${htmlText(title)}</h1>
${body}
</main>${below === undefined ? "" : `\n${below}`}${script === undefined ? "" : `\n<script>${script}</script>`}
</body>
</html>
`;
}

const digestOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
