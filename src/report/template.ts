import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../core/errors.js";
import { packageRoot } from "../core/package-root.js";
import type { PageData, PageSample } from "./page-data.js";

/** The built page: one HTML file with its script and style inline. */
const builtPage = join(packageRoot, "dist", "src", "report", "page", "index.html");

export class PageTemplate {
  private constructor(
    private readonly html: string,
    /** Strict: scripts and styles by hash, scripts that those make (chunks) by 'strict-dynamic', nothing else. */
    readonly policy: string,
  ) {}

  static async load(): Promise<PageTemplate> {
    if (!existsSync(builtPage)) {
      throw new UserError("the report page is not built", builtPage, "run `npm run build` in the package's folder");
    }
    const html = await readFile(builtPage, "utf8");
    const scripts = [...html.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = ""]) => hashOf(text));
    const styles = [...html.matchAll(/<style\b[^>]*>([\s\S]*?)<\/style>/g)].map(([, text = ""]) => hashOf(text));
    const policy = [
      "default-src 'none'",
      `script-src ${scripts.join(" ")} 'strict-dynamic'`,
      `style-src ${styles.join(" ")}`,
      // On disk a page has no origin that 'self' could mean.
      "img-src 'self' file: data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
    ].join("; ");
    return new PageTemplate(html, policy);
  }

  /** The page with its data inside; `chunks` too when it is to be one file. */
  render(data: PageData, inline: ReadonlyMap<string, string> = new Map()): string {
    const blocks = [
      `<script type="application/json" id="page-data">${embed(data)}</script>`,
      ...[...inline].map(
        ([name, json]) =>
          `<script type="application/json" data-name="${escapeAttribute(name)}">${escapeScript(json)}</script>`,
      ),
    ];
    return this.html
      .replace(
        "<!--policy-->",
        () => `<meta http-equiv="Content-Security-Policy" content="${escapeAttribute(this.policy)}">`,
      )
      .replace("<!--title-->", () => escapeText(`${data.title} · llava-eval`))
      .replace("<!--data-->", () => blocks.join("\n"));
  }
}

/** A chunk as a script file: from disk a page may load scripts, and nothing else. */
export function chunkScript(name: string, samples: readonly PageSample[]): string {
  return `llavaEvalChunk(${embed(name)},${embed(samples)});\n`;
}

/** JSON that is also safe inside a script element. */
const embed = (value: unknown) => escapeScript(JSON.stringify(value));
const escapeScript = (json: string) =>
  json.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
const escapeText = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const escapeAttribute = (text: string) => escapeText(text).replaceAll('"', "&quot;");
const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
