/** Rows of a benchmark as a page that opens from disk. */
import { htmlPage, htmlText } from "../format/html.js";

export interface HtmlRow {
  readonly title: string;
  readonly prompt?: string;
  /** Data URIs, with what each image is. */
  readonly images: readonly { readonly uri: string; readonly words: string }[];
  readonly columns: readonly (readonly [name: string, value: string])[];
  readonly problems: readonly string[];
}

const style = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --soft: light-dark(#57606a, #9198a1); --bad: light-dark(#b83232, #ff7b7b); }
body { font: 15px/1.5 system-ui, sans-serif; background: Canvas; margin: 0 auto; padding: 1rem; max-width: 60rem; }
article { border-top: 1px solid var(--line); padding: .75rem 0; }
h2 { font-size: 1rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
figure { display: inline-block; margin: 0 .75rem .5rem 0; max-width: 100%; }
figure img { display: block; max-width: 100%; }
figcaption, dt { color: var(--soft); font-size: 13px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; border-left: 3px solid var(--line); margin: .25rem 0; padding-left: .75rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0; }
dd { margin: 0; overflow-wrap: anywhere; }
.problem { color: var(--bad); }
@media (max-width: 600px) { dl { grid-template-columns: 1fr; } }
`;

/** @param lead  HTML that stands before the rows */
export function rowsHtml(title: string, rows: readonly HtmlRow[], lead?: string): string {
  const body = [...(lead === undefined ? [] : [lead]), ...rows.map(article)];
  return htmlPage(title, style, body.join("\n"), { images: true });
}

function article({ title, prompt, images, columns, problems }: HtmlRow): string {
  const figures = images.map(
    ({ uri, words }) =>
      `<figure><img src="${htmlText(uri)}" alt="${htmlText(words)}"><figcaption>${htmlText(words)}</figcaption></figure>`,
  );
  const list = columns.map(([name, value]) => `<dt>${htmlText(name)}</dt><dd>${htmlText(value)}</dd>`);
  return `<article>
<h2>${htmlText(title)}</h2>
${problems.map((problem) => `<p class="problem">${htmlText(problem)}</p>`).join("\n")}
${figures.join("\n")}
${prompt === undefined ? "" : `<pre>${htmlText(prompt)}</pre>`}
<dl>${list.join("")}</dl>
</article>`;
}
