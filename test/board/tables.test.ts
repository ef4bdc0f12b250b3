/** The tables that people look at and paste: in a terminal of any width, in Markdown, in LaTeX, in a chat. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { latexText } from "../../src/board/format/latex-table.js";
import { markdownCode, markdownWords } from "../../src/board/format/markdown.js";
import type { Table } from "../../src/board/format/table.js";
import { terminalTable } from "../../src/board/format/terminal-table.js";
import { columnsOf } from "../../src/board/format/text-table.js";
import { boardLatex } from "../../src/board/leaderboard/as-latex.js";
import { boardMarkdown } from "../../src/board/leaderboard/as-markdown.js";
import { boardTable } from "../../src/board/leaderboard/as-table.js";
import { boardText } from "../../src/board/leaderboard/as-text.js";
import { makeBoard } from "../../src/board/leaderboard/board.js";
import { screenOf } from "../../src/cli/look.js";
import type { MetricResult } from "../../src/core/metric-result.js";
import type { LeaderboardEntry } from "../../src/record/leaderboard-entry.js";
import { invented, inventedTimeout } from "../invented.js";
import { entry } from "./leaderboard-entry.js";
import { temporaryFolder } from "./run-fixture.js";

const plain = { include: [], suites: [] };
const tasks = ["chartqa", "docvqa", "mmbench_en", "mme", "mmmu", "pope", "textvqa", "vqav2"];
const models = [
  ...["local:checkpoint-1000", "local:checkpoint-2000", "local:checkpoint-3000", "local:checkpoint-4000"],
  ...["llava-v1.5-7b", "llava-v1.5-13b", "llava-v1.6-mistral-7b", "llava-v1.6-34b", "llava-next-72b"],
  ...["org/a-very-long-name-of-a-model-32b", "openai:gpt-4o-mini", "qwen_2"],
];
const large = makeBoard(
  models.flatMap((model, m) =>
    tasks.map((task, t) =>
      entry(model, task, 0.3 + (((m + 1) * (t + 3) * 37) % 60) / 100, m === 2 && t === 5 ? { flags: ["partial"] } : {}),
    ),
  ),
  { ...plain, include: ["partial"] },
);

/** What people or others may call a model. */
const hostile = [
  "a | b `c` **d** <b>e</b> [f](http://evil.example) ![g](h) @everyone #1 &amp; ~~i~~",
  "\\input{/etc/passwd} $x^2_3$ % comment & # ~ {brace} \\\\[1cm] *star",
  "[looks like an argument",
  "*so does this",
  '--dashes--- ?`!` <<quotes>> "',
  "日本語 模型 🦙 ﬁ ß é",
  "\u202egnp.exe\n::error::owned\x1b[31m",
  "</code><script>alert(1)</script>",
  "`",
  "||",
];
const evil = makeBoard(
  hostile.flatMap((model, i) => [entry(model, "vqav2", 0.5 + i / 100), entry(model, "my_task", 0.4 + i / 50)]),
  plain,
);

for (const width of [80, 120, 200]) {
  test(`a board of 12 models and 8 tasks fits ${width} columns, with every value, and says what it leaves out`, () => {
    const text = boardTable(large, { width });
    for (const line of text.split("\n")) expect(columnsOf(line), line).toBeLessThanOrEqual(width);
    for (const { cells } of large.rows)
      for (const { main } of cells.values()) expect(text).toContain((100 * (main.value as number)).toFixed(1));
    for (const task of tasks) expect(text).toContain(task);
    if (!/±\d/.test(text)) expect(text).toMatch(/left out to fit \d+ columns: .*±/);
  });
}

test("without a width nothing is left out", () => {
  const text = boardTable(large);
  expect(text.split("\n")[0]).toMatch(/^model +chartqa v1 accuracy +docvqa v1 accuracy/);
  expect(text).toMatch(/^local:checkpoint-1000 +\d+\.\d ±0\.5 #\d/m);
  expect(text).not.toContain("left out to fit");
});

test("few models and many tasks are turned round where that fits", () => {
  const board = makeBoard(
    ["a", "b"].flatMap((model) => Array.from({ length: 14 }, (_, i) => entry(model, `task_${i}`, 0.5 + i / 100))),
    plain,
  );
  const text = boardTable(board, { width: 60 });
  expect(text.split("\n")[0]).toMatch(/^task +a +b$/);
  for (const line of text.split("\n")) expect(columnsOf(line)).toBeLessThanOrEqual(60);
});

test("names that would be the same when they are cut are not cut", () => {
  const names = ["a-very-long-prefix-one-and-a-long-end", "a-very-long-prefix-two-and-a-long-end"];
  const table: Table = {
    axes: ["model", "task"],
    columns: [{ title: "x" }],
    sections: [{ rows: names.map((name) => ({ name, cells: [{ value: "1" }] })) }],
    notes: [],
    transposable: false,
  };
  const lines = terminalTable(table, { width: 24 }).split("\n").slice(1);
  expect(new Set(lines).size).toBe(2);
});

const shownIn = (text: string, model: string) => text.split("\n").find((line) => line.includes(model)) ?? "";

test("the best of a column is bold, the second in italics or underlined, equal numbers alike, flagged ones never", () => {
  const board = makeBoard(
    [
      entry("one", "t", 0.9001),
      entry("two", "t", 0.9004),
      entry("three", "t", 0.8),
      entry("four", "t", 0.99, { flags: ["partial"] }),
      entry("one", "alone", 0.9),
    ],
    { ...plain, include: ["partial"] },
  );
  const md = boardMarkdown(board, { rank: false, stderr: false });
  expect(shownIn(md, "| one")).toContain("| 90.0 | **90.0** |");
  expect(shownIn(md, "two")).toContain("**90.0**");
  expect(shownIn(md, "three")).toContain("*80.0*");
  expect(shownIn(md, "four")).toContain("| 99.0ᵃ |");
  // With another digit the two are no longer one number.
  expect(shownIn(boardMarkdown(board, { rank: false, stderr: false, digits: 2 }), "| one")).toContain("*90.01*");
  const tex = boardLatex(board);
  expect(shownIn(tex, "two &")).toContain("\\textbf{90.0}");
  expect(shownIn(tex, "three &")).toContain("\\underline{80.0}");
});

test("captions are printed a hundredfold, as papers do, and the head says so; numbers of an unknown scale are not", () => {
  const caption = (name: string): LeaderboardEntry => {
    const metric: MetricResult = { name, unit: "ratio", direction: "higher", value: 1.1524, stderr: 0.0123, n: 9 };
    return { ...entry("m", `${name}_task`, 0), metrics: [metric] };
  };
  const board = makeBoard([caption("CIDEr"), caption("unknown")], plain);
  const [head = "", , row = ""] = boardMarkdown(board).split("\n");
  expect(head).toContain("CIDEr ×100");
  expect(row).toContain("| 115.2 ±1.2 (1) | 1.152 ±0.012 (1) |");
});

test("Markdown has no entity, and what others wrote stands in code that nothing of it can end", () => {
  const md = boardMarkdown(evil);
  expect(md).not.toMatch(/&#?\w+;(?!.*`)/);
  const outside = md.replace(/`[^`\n]*`/g, "code");
  expect(outside).not.toMatch(/[<>`@#[\]!]|http|script|&/);
  for (const line of md.split("\n").filter((line) => line.startsWith("|"))) expect(line.split("|")).toHaveLength(5);
  expect(markdownWords("mme_perception_score, 3 of 4 (val): [-1.2, +0.4] <0.001")).not.toContain("`");
  expect(markdownCode("a`b|c")).toBe("`aˋb∣c`");
});

test("in a chat a board has at most twelve lines, and no model is lost without a word", () => {
  const lines = boardText(large).trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(12);
  expect(lines[0]).toContain("12 models, 8 tasks");
  expect(lines.find((line) => line.startsWith("and "))).toMatch(/^and \d more$/);
  const few = boardText(makeBoard([entry("a", "t", 0.5), entry("b", "t", 0.7)], plain));
  expect(few).toBe("2 models, 1 task; ▲ the best of a task\nb: t 70.0▲\na: t 50.0\n");
});

test("published rows stand above ours in a group of their own, with keys to cite", () => {
  const source = {
    ...{ name: "X paper", title: "X: a paper", url: "https://x.example/p", cite: "x2024" },
    status: "transcribed",
  };
  const theirs: LeaderboardEntry = {
    ...entry("theirs", "t", 0.6, { version: 0, origin: "published", source }),
    metrics: [{ name: "accuracy", unit: "percent", direction: "higher", value: 60, n: 0 }],
  };
  const board = makeBoard([entry("ours", "t", 0.7), theirs], plain);
  const tex = boardLatex(board);
  expect(tex).toMatch(
    /emph\{Published\}[\s\S]*theirs~\\cite\{x2024\} & \\underline\{60\.0\}[\s\S]*emph\{Ours\}[\s\S]*ours & /,
  );
  expect(tex).toMatch(/^% x2024: X: a paper; transcribed from a copy of it, https:\/\/x\.example\/p$/m);
  expect(boardLatex(board, { stderr: true })).toContain("\\textbf{70.0}{\\scriptsize\\,$\\pm$\\,0.5}");
  expect(boardMarkdown(board)).toMatch(/\| \*Published\* \|[\s\S]*theirs[\s\S]*\| \*Ours\* \|[\s\S]*ours/);
});

test("where none is the best, no caption says which is", () => {
  const flagged = makeBoard([entry("a", "t", 0.5, { flags: ["demo"] })], { ...plain, include: ["demo"] });
  expect(boardLatex(flagged)).toContain("\\caption{1 model on 1 task.}");
  expect(boardText(flagged)).toMatch(/^1 model, 1 task\n/);
  expect(boardLatex(large)).toContain("12 models on 8 tasks. The best of each task is bold");
});

test("LaTeX prints what it is given and does nothing else", () => {
  expect(latexText("50 % of a_b & {c} \\input $x^2$ ~#")).toBe(
    "50 \\% of a\\_b \\& \\{c\\} \\textbackslash{}input \\$x\\textasciicircum{}2\\$ \\textasciitilde{}\\#",
  );
  expect(latexText("[a]*")).toBe("{[}a{]}{*}");
  expect(latexText("a--b-c")).toBe("a-{}-b-c");
  expect(latexText("模 é")).toBe("{[}U+6A21{]} é");
});

test(
  "whatever a model is called, no Markdown begins in its name, no LaTeX command and no argument",
  () => {
    const marks = fc.constantFrom(..."`|\\\\<>[](){}*_~#@!&$%^\"'-\n\r\t\u202e:/w.模 a1");
    const names = fc.oneof(fc.string({ unit: marks, maxLength: 30 }), fc.string({ unit: "binary", maxLength: 30 }));
    fc.assert(
      fc.property(names, (name) => {
        expect(markdownCode(name)).toMatch(/^(`[^`|\n\r]+`)?$/);
        const words = markdownWords(name);
        if (!words.startsWith("`")) expect(words).not.toMatch(/[`|\\*~#@!&{}]|<(?!\d)|:\/\/|www\./i);
        // What is left without the commands that latexText itself writes are letters that TeX sets as they are.
        const tex = latexText(name);
        const left = tex
          .replace(/\\(text[a-z]+|dots)\{\}|\$\\?[a-z-]+\$|\\[{}$&#%_]|\{[[\]*]\}|-\{\}/g, "x")
          .replace(/''/g, "x");
        expect(left).not.toMatch(/[\\{}$&#%_^~<>|"`[\]*]|[^ -~À-ÿ]/);
        if (!/[–—]/.test(name)) expect(tex).not.toContain("--");
      }),
      invented(),
    );
  },
  inventedTimeout,
);

const packages = spawnSync("kpsewhich", ["booktabs.sty", "graphicx.sty"], { encoding: "utf8" }).stdout ?? "";
const hasLatex = packages.trim().split("\n").length === 2 && spawnSync("pdflatex", ["--version"]).status === 0;

test.skipIf(!hasLatex)(
  "pdfLaTeX sets a large board, a hostile one and one turned round (skipped without it: apt install texlive-latex-base texlive-latex-recommended)",
  async () => {
    await using folder = await temporaryFolder();
    const file = (name: string) => join(folder.dir, name);
    const parts = [
      boardLatex(large),
      boardLatex(evil, { stderr: true, rank: true }),
      boardLatex(evil, { transpose: true }),
    ];
    const document = [
      "\\documentclass{article}",
      "\\usepackage{booktabs,graphicx}",
      "\\begin{document}",
      ...parts,
      "\\end{document}",
    ];
    await writeFile(file("board.tex"), document.join("\n"));
    const run = spawnSync("pdflatex", ["-interaction=nonstopmode", "-halt-on-error", "board.tex"], {
      cwd: folder.dir,
      encoding: "utf8",
    });
    expect(run.status, run.stdout).toBe(0);
    expect(existsSync(file("board.pdf"))).toBe(true);
    const log = await readFile(file("board.log"), "latin1");
    // A letter that the fonts lack, or a table wider than the page.
    expect(log).not.toMatch(/Missing character|Overfull|Undefined/);
  },
  60_000,
);

test("a terminal has a width and colours; NO_COLOR, a dumb terminal, a pipe and a file have none", () => {
  const terminal = { isTTY: true, columns: 80 } as NodeJS.WriteStream;
  const before = { ...process.env };
  const screen = (stream: NodeJS.WriteStream, environment: Record<string, string>) => {
    for (const name of ["NO_COLOR", "FORCE_COLOR", "TERM"]) delete process.env[name];
    Object.assign(process.env, environment);
    try {
      return screenOf(stream);
    } finally {
      for (const name of ["NO_COLOR", "FORCE_COLOR", "TERM"]) delete process.env[name];
      Object.assign(process.env, before);
    }
  };
  const { width, paint } = screen(terminal, { TERM: "xterm" });
  expect(width).toBe(80);
  expect(boardTable(large, { width: 200, ...(paint ? { paint } : {}) })).toContain("\x1b[1m\x1b[32m");
  expect(screen(terminal, { NO_COLOR: "1" })).toEqual({ width: 80 });
  expect(screen(terminal, { TERM: "dumb" })).toEqual({ width: 80 });
  expect(screen({} as NodeJS.WriteStream, {})).toEqual({});
});
