import { mkdir, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { chooseTasks } from "../../src/api/tasks/catalogue.js";
import { UserError } from "../../src/core/errors.js";
import { drawnImage } from "../fakes/images.js";
import { chat, type Question, startScripted } from "../fakes/scripted.js";
import { Workplace } from "./cli.js";

const colours = ["red", "green", "blue", "grey"];

/** Rows with an image each, questions with options and open ones, and answers of which some are right. */
async function writeData(place: Workplace, name: string, n = 24): Promise<void> {
  await mkdir(place.file(name), { recursive: true });
  const rows = [];
  const answers = [];
  for (let i = 0; i < n; i++) {
    await writeFile(place.file(name, `${i % 6}.png`), await drawnImage({ seed: i % 6, width: 16, height: 16 }));
    const right = colours[i % 4] as string;
    rows.push({
      ...{
        nr: i,
        photo: `${i % 6}.png`,
        question: `What colour is shape ${i}?`,
        kind: i % 3 === 0 ? "round" : "flat",
      },
      ...{ options: colours, letter: "ABCD"[i % 4], colour: right, all: [right, `${right}ish`] },
    });
    const said = [
      right,
      `${right}ish`,
      "ABCD"[i % 4],
      `The answer is ${"ABCD"[i % 4]}.`,
      "As an AI I see nothing",
      `${right[0]}x`,
    ];
    answers.push({ id: String(i), text: said[i % 6] });
  }
  const lines = (values: readonly object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");
  await writeFile(place.file(name, "shapes.jsonl"), lines(rows));
  await writeFile(place.file("shapes.samples.jsonl"), lines(answers));
}

const code = (prompt: string, score: string, judge = "") => `
import { anls, binaryJudge, chosen, defineTask, Image, letteredOptions, looselyEqual, mean, notJudged, optionLetters, rightOrWrong, robustChoice, Type, userPrompt } from "llava-eval";
const row = Type.Object({ nr: Type.Number(), photo: Image(), question: Type.String(), kind: Type.String(), letter: Type.String(),
  options: Type.Array(Type.String()), colour: Type.String(), all: Type.Array(Type.String()) });
export default defineTask({
  name: "shapes", version: 1, about: "Shapes.", cite: "none",
  splits: { test: { sources: ["shapes"], split: "test", licence: "CC0-1.0", answers: "public" } },
  row, id: ({ nr }) => String(nr), hasReference: () => true,
  prompt: (row) => userPrompt(row.photo, ${prompt}),
  generation: { maxNewTokens: 64, temperature: 0 },
  ${judge}
  score(row, output, { verdicts }) { const said = output.text.trim(); ${score} },
  metrics: [mean("accuracy")], groups: { kind: ({ kind }) => kind },
});`;

const yaml = (columns: string, rest: string) => `task: shapes
licence: CC0-1.0
columns: { id: nr, image: photo, ${columns} }
groups: [kind]
${rest}
`;

const forms = {
  exact: [
    yaml("answers: all", 'prompt: "{question} One word."\nscorer: exact'),
    code(
      "row.question + ' One word.'",
      "return rightOrWrong(row.all.some((one) => looselyEqual(said, one)), said, row.all);",
    ),
  ],
  mcq: [
    yaml("answer: letter, options: options", "prompt: |\n  {question}\n  {options}\nscorer: mcq"),
    code(
      "[row.question, letteredOptions(row.options)].join(String.fromCharCode(10))",
      "const { letter, guessed } = robustChoice(said, optionLetters(4)); return chosen(guessed ? undefined : letter, row.letter);",
    ),
  ],
  anls: [
    yaml("answer: colour", 'prompt: "{question}"\nscorer: anls'),
    code(
      "row.question",
      'return { status: "scored", value: anls([row.colour], said) ?? 0, answer: said, targets: [row.colour] };',
    ),
  ],
} as const;

test.each(Object.entries(forms))(
  "a benchmark in YAML with the scorer %s scores as the same in TypeScript",
  async (_, [text, source]) => {
    await using place = await Workplace.make();
    await writeData(place, "rows");
    const results = [];
    for (const [file, content] of [
      ["shapes.yaml", text],
      ["shapes.ts", source],
    ] as const) {
      await writeFile(place.file(file), content);
      const run = await place.run(
        ...[
          "run",
          "--tasks",
          `./${file}`,
          "--data",
          "rows",
          "--model",
          "replay:shapes.samples.jsonl",
          "--out",
          file.replace(".", "-"),
        ],
      );
      expect([run.exitCode, run.stderr]).toEqual([0, expect.any(String)]);
      const { metrics, groups, remarks, n } = await place.result(file.replace(".", "-"), "shapes");
      const samples = (await place.samples(file.replace(".", "-"), "shapes")).map(({ id, prompt, score, cluster }) => ({
        id,
        prompt,
        score,
        cluster,
      }));
      results.push({ metrics, groups, remarks, n, samples });
    }
    expect(results[0]).toEqual(results[1]);
    const value = results[0]?.metrics[0]?.value ?? 0;
    expect(value).toBeGreaterThan(0.1);
    expect(value).toBeLessThan(0.9);
  },
);

/** Right or wrong by the words that it is shown, but for shapes that it cannot speak about. */
function judgeOf(isOut: (nr: number) => "HTTP 503" | "prose" | undefined) {
  return ({ text, ...question }: Question) => {
    const asked = String(question.body.messages.at(-1).content);
    const nr = Number(/shape (\d+)\?/.exec(asked)?.[1]);
    const block = (name: string) => new RegExp(`${name}:\n\`{3}\n(.*)\n\`{3}`).exec(asked)?.[1] ?? `no ${name}`;
    const out = isOut(nr);
    if (out === "HTTP 503") return { status: 503, body: { error: { message: "overloaded" } } };
    if (out === "prose") return chat("1 request is queued before yours", { text });
    return chat(block("Model Prediction").startsWith(block("Ground Truth Answer")) ? "1" : "0", { text });
  };
}

test("one whose answers a judge grades scores as the same in TypeScript; while the judge is out, a sample is unscored", async () => {
  await using place = await Workplace.make();
  await writeData(place, "rows");
  const outOf = (nr: number) => (nr < 3 ? "HTTP 503" : nr === 6 ? "prose" : undefined);
  let isWell = false;
  await using server = await startScripted(judgeOf((nr) => (isWell ? undefined : outOf(nr))));
  await writeFile(
    place.file("judge.yaml"),
    `runner: openai\nmodel: j\nurls: [${server.url}]\nattempts: 1\nconcurrency: 1\n`,
  );
  await writeFile(place.file("shapes.yaml"), yaml("answer: colour", 'prompt: "{question} One word."\nscorer: judge'));
  const words = "binaryJudge.words(row.question + ' One word.', row.colour, output.text.trim())";
  await writeFile(
    place.file("shapes.ts"),
    code(
      "row.question + ' One word.'",
      "return verdicts[0] === undefined ? notJudged : rightOrWrong(verdicts[0] === 1, said, row.colour);",
      `judge: { model: "not stated", template: binaryJudge.words("{question}", "{answer}", "{prediction}"),
        ask: (row, output, verdicts, scoring) => verdicts.length > 0 ? undefined :
          { prompt: userPrompt(${words}), options: { temperature: 0 }, parse: (reply) => binaryJudge.verdict(reply, scoring) } },`,
    ),
  );
  /** What a run comes to, and what the judge was asked for it. */
  const graded = async (form: "yaml" | "ts") => {
    const before = server.asked.length;
    // Verdicts are cached, and a question is the same in both forms: each has a cache of its own.
    const { exitCode } = await place.startWith(
      { XDG_CACHE_HOME: place.file("cache", form) },
      ...["run", "--tasks", `./shapes.${form}`, "--data", "rows", "--model", "replay:shapes.samples.jsonl"],
      ...["--judge", "judge.yaml", "--out", form],
    ).ended;
    const { metrics, groups, remarks, n, judge } = await place.result(form, "shapes");
    const samples = (await place.samples(form, "shapes")).map(({ id, state, score }) => ({ id, state, score }));
    // Besides a question whether it is there at all; answers come to the judge in any order.
    const asked = server.asked
      .slice(before)
      .flatMap(({ body, text }) => (/shape \d/.test(text) ? [JSON.stringify(body.messages)] : []))
      .sort();
    return { exitCode, metrics, groups, remarks, n, judge, samples, asked };
  };
  const out = { yaml: await graded("yaml"), ts: await graded("ts") };
  expect(out.yaml).toEqual(out.ts);
  expect(out.yaml).toMatchObject({ exitCode: 2, n: { total: 24, scored: 20, unscored: { judge: 4 } } });
  isWell = true;
  const well = { yaml: await graded("yaml"), ts: await graded("ts") };
  expect(well.yaml).toEqual(well.ts);
  // Only what it had not said. Of six kinds of answers two begin with the colour.
  expect(well.yaml.asked).toHaveLength(4);
  expect(well.yaml).toMatchObject({ exitCode: 0, n: { total: 24, scored: 24 } });
  expect(well.yaml.metrics[0]?.value).toBeCloseTo(8 / 24);
});

test("a row may have fewer options than there are columns, and an option without text is none", async () => {
  await using place = await Workplace.make();
  await mkdir(place.file("rows"));
  const options = { question: "Which?", a: "one", b: "two", c: "three", right: "B" };
  const rows = [
    ...[options, { ...options, c: null }, { ...options, a: "" }, { ...options, right: "b" }],
    ...[
      { ...options, c: null, right: "C" },
      { ...options, b: "nan" },
      { ...options, b: null, c: null, right: "A" },
    ],
  ];
  const lines = rows.map((row, nr) => `${JSON.stringify({ nr, ...row })}\n`);
  await writeFile(place.file("rows", "mine.jsonl"), lines.join(""));
  const columns = "columns: { id: nr, answer: right, options: [a, b, c] }";
  await writeFile(place.file("mine.yaml"), `task: mine\n${columns}\nprompt: "{question} {options}"\nscorer: mcq\n`);
  await place.run("run", "--tasks", "./mine.yaml", "--data", "rows", "--model", "stub:B", "--out", "o");
  const samples = await place.samples("o", "mine");
  expect(samples.map(({ state }) => state)).toEqual([...Array(4).fill("scored"), ...Array(3).fill("failed")]);
  expect(samples.slice(0, 4).map(({ score }) => score)).toEqual(Array(4).fill(expect.objectContaining({ value: 1 })));
  expect(samples[1]?.prompt).toBe("Which? A. one\nB. two");
  expect(samples[2]?.prompt).toBe("Which? B. two\nC. three");
});

test("a mistake in the file is told with its line, its column and what was meant; what does not go together with its file", async () => {
  await using place = await Workplace.make();
  const told = async (text: string): Promise<string> => {
    await writeFile(place.file("mine.yaml"), text);
    const error: unknown = await chooseTasks(["./mine.yaml"], place.path).catch((reason: unknown) => reason);
    return error instanceof UserError ? error.format() : `no UserError: ${error}`;
  };
  const whole = 'task: mine\ncolumns: { id: nr, answer: a }\nprompt: "{q}"\nscorer: exact\n';
  const misspelt = await told(`${whole}gruops: [kind]\n`);
  expect(misspelt).toContain("mine.yaml:5:1");
  expect(misspelt).toContain('did you mean "groups"');
  expect(await told('task: mine\ncolumns: { id: nr, answer: a }\nprompt: "{q}"\nscorer: exakt\n')).toContain(
    "mine.yaml:4:9",
  );
  expect(await told('task: mine\ncolumns: { id: nr }\nprompt: "{q}"\nscorer: exact\n')).toContain(
    "`answer` or `answers`",
  );
  expect(await told('task: mine\ncolumns: { id: nr, answer: a }\nprompt: "{options}"\nscorer: mcq\n')).toContain(
    "mcq needs",
  );
  expect(await told('task: mine\ncolumns: { id: nr, answer: a }\nprompt: "{image}{q}"\nscorer: exact\n')).toContain(
    "the prompt has {image}",
  );
  expect(await told('task: vqav2\ncolumns: { id: nr, answer: a }\nprompt: "{q}"\nscorer: exact\n')).toContain(
    'two tasks are named "vqav2"',
  );
});
