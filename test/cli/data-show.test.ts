import { mkdir, readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { asBlocks } from "../../src/images/as-blocks.js";
import { Workplace } from "../e2e/cli.js";
import { drawnImage } from "../fakes/images.js";

const task = 'task: mine\ncolumns: { id: nr, image: photo, answer: a }\nprompt: "{q} One word."\nscorer: exact\n';

test("data show prints rows, words and images, says what is wrong with one, and writes the same as a page", async () => {
  await using place = await Workplace.make();
  await mkdir(place.file("rows"));
  await writeFile(place.file("rows", "0.png"), await drawnImage({ seed: 0, width: 20, height: 10 }));
  const rows = [
    { nr: "one", photo: "0.png", q: "Is <b>it</b> red?\u001b[2J", a: "yes" },
    { nr: "two", photo: "gone.png", q: "And this?", a: "no" },
  ];
  await writeFile(place.file("rows", "mine.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await writeFile(place.file("mine.yaml"), task);

  const shown = await place.run("data", "show", "./mine.yaml", "--data", "rows");
  // A row that cannot be used: as `data verify` ends.
  expect(shown.exitCode).toBe(3);
  expect(shown.stdout).toMatch(/^mine #0 one\n {2}image 20 × 10 jpeg, 1 KB\n {2}<image>Is <b>it<\/b> red\?/);
  expect(shown.stdout).toContain("  a: yes\n");
  expect(shown.stdout).toMatch(/mine #1 two\n {2}problem: .*gone\.png/);
  expect(shown.stdout).not.toContain("\u001b");

  const page = await place.run(
    "data",
    "show",
    "./mine.yaml",
    "--data",
    "rows",
    "--rows",
    "1",
    "--out",
    "new/rows.html",
  );
  expect([page.exitCode, page.stdout]).toEqual([0, "new/rows.html\n"]);
  const html = await readFile(place.file("new", "rows.html"), "utf8");
  expect(html).toContain("img-src data:");
  expect(html).toContain('<img src="data:image/webp;base64,UklG');
  expect(html).toContain("Is &lt;b&gt;it&lt;/b&gt; red?");

  const over = await place.run("data", "show", "./mine.yaml", "--data", "rows", "--out", "rows/mine.jsonl");
  expect([over.exitCode, over.stderr]).toEqual([1, expect.stringContaining("this is a file of rows already")]);
  expect(await readFile(place.file("rows", "mine.jsonl"), "utf8")).toContain('"nr":"one"');
});

test("data show names a group that no row has: its column's name is misspelt, as a rule", async () => {
  await using place = await Workplace.make();
  await mkdir(place.file("rows"));
  const rows = [
    { nr: 1, q: "What?", a: "b", kind: "flat" },
    { nr: 2, q: "Why?", a: "b" },
  ];
  await writeFile(place.file("rows", "mine.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const columns = "columns: { id: nr, answer: a }";
  await writeFile(
    place.file("mine.yaml"),
    `task: mine\n${columns}\nprompt: "{q}"\nscorer: exact\ngroups: [kind, knid]\n`,
  );
  const { stderr, exitCode } = await place.run("data", "show", "./mine.yaml", "--data", "rows");
  expect([stderr, exitCode]).toEqual(['warning: mine: no row of the 2 shown has a value for the group "knid"\n', 0]);
});

test("an image becomes two pixels to a letter, each in its colour", async () => {
  const lines = await asBlocks(await drawnImage({ seed: 1, width: 40, height: 30 }), 20);
  expect(lines).toHaveLength(8);
  for (const line of lines) expect([...line].filter((letter) => letter === "▀")).toHaveLength(20);
  expect(lines[0]).toMatch(/^\u001b\[38;2;\d+;\d+;\d+m\u001b\[48;2;\d+;\d+;\d+m▀/);
  // 15 rows: below the last there is none.
  expect(lines[7]).toContain("\u001b[49m▀");
});
