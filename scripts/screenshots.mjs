// npm run screenshots: takes the images of docs/images again, from real runs: the demo model, and copies of it with noise in their weights.
// Needs the built engine, Chromium (Debian package chromium) and script (bsdutils).
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("..", import.meta.url));
const images = join(root, "docs", "images");
const columns = 108;
const place = mkdtempSync(join(tmpdir(), "llava-eval-screenshots-"));
const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** What a command leaves on a terminal of that width. */
function typed(command) {
  const program = `${process.execPath} ${join(root, "bin", "llava-eval.js")}`;
  const line = `stty cols ${columns} rows 50; ${command.replace(/^npx llava-eval/, program)}`;
  const env = { ...process.env, HOME: place, TERM: "xterm-256color", FORCE_COLOR: "1" };
  const { stdout, status } = spawnSync("script", ["-qec", line, "/dev/null"], { cwd: place, encoding: "utf8", env });
  if (status !== 0) throw new Error(`${command}: exit ${status}\n${stdout}`);
  return { command, screen: screenOf(stdout.replaceAll(place, "~")) };
}

/** Enough of a terminal for what our program writes: colours, carriage returns, cleared lines, a cursor that moves. */
function screenOf(output) {
  const lines = [[]];
  let [row, column, style] = [0, 0, ""];
  const styles = {
    1: "bold",
    2: "dim",
    4: "line",
    31: "red",
    32: "green",
    33: "yellow",
    34: "blue",
    36: "cyan",
    90: "dim",
  };
  const set = new Set();
  for (const [, csi, end, character] of output.matchAll(/\u001b\[([\d;?]*)([A-Za-z])|([\s\S])/gu)) {
    const n = Number(csi || 1);
    if (character === "\n") row++;
    else if (character === "\r") column = 0;
    else if (character !== undefined) {
      lines[row] ??= [];
      for (let i = lines[row].length; i < column; i++) lines[row][i] = { character: " ", style: "" };
      lines[row][column++] = { character, style };
    } else if (end === "A") row = Math.max(0, row - n);
    else if (end === "G") column = n - 1;
    else if (end === "K" && csi === "2") lines[row] = [];
    else if (end === "K") lines[row] = (lines[row] ?? []).slice(0, column);
    else if (end === "J") {
      lines.length = row + 1;
      lines[row] = (lines[row] ?? []).slice(0, column);
    } else if (end === "m") {
      for (const code of (csi || "0").split(";").map(Number)) {
        if (code === 0) set.clear();
        else if (code === 22) for (const name of ["bold", "dim"]) set.delete(name);
        else if (code === 39) for (const name of ["red", "green", "yellow", "blue", "cyan"]) set.delete(name);
        else if (code === 24) set.delete("line");
        else if (styles[code]) set.add(styles[code]);
      }
      style = [...set].join(" ");
    }
    lines[row] ??= [];
  }
  return lines;
}

const html = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

function terminalPage(commands) {
  const body = commands.map(({ command, screen }) => {
    const lines = screen.map((cells) =>
      cells
        .map(({ character, style }) => (style ? `<i class="${style}">${html(character)}</i>` : html(character)))
        .join(""),
    );
    return `<b class="green">$</b> <b>${html(command)}</b>\n${lines.join("\n").trimEnd()}`;
  });
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: #16181d; } pre { margin: 0; padding: 18px 22px; color: #d8dae0; width: max-content;
    font: 14px/1.45 "DejaVu Sans Mono", monospace; } i { font-style: normal } .bold, b { font-weight: bold; color: #fff } .dim { color: #8b909c }
    .red { color: #ff7b72 } .green { color: #6fd08c } .yellow { color: #e3b341 } .blue { color: #79b8ff } .cyan { color: #76d9e6 } .line { text-decoration: underline }
    </style><pre>${body.join("\n\n")}</pre>`;
}

/** The demo checkpoint with its decoder's matrices multiplied by 1 + noise: real models, better and worse. */
function noisyCopy(name, amount) {
  const target = join(place, name);
  cpSync(join(root, "configs", "demo", "model"), target, { recursive: true });
  const file = readFileSync(join(target, "model.safetensors"));
  const start = 8 + Number(file.readBigUInt64LE(0));
  const { __metadata__, ...tensors } = JSON.parse(file.toString("utf8", 8, start));
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const number = new DataView(new ArrayBuffer(4));
  for (const [tensor, { dtype, data_offsets }] of Object.entries(tensors)) {
    if (dtype !== "BF16" || !/layers\.\d+\.(mlp|self_attn)/.test(tensor)) continue;
    for (let at = start + data_offsets[0]; at < start + data_offsets[1]; at += 2) {
      number.setUint32(0, file.readUInt16LE(at) << 16);
      number.setFloat32(0, number.getFloat32(0) * (1 + amount * random()));
      file.writeUInt16LE(number.getUint32(0) >>> 16, at);
    }
  }
  writeFileSync(join(target, "model.safetensors"), file);
}

const tasks = "--tasks vqav2,pope,mmmu --data demo";
noisyCopy("step-1000", 1.3);
noisyCopy("step-2000", 1.1);
noisyCopy("step-3000", 0);
const first = typed("npx llava-eval run --tasks vqav2,mmmu");
for (const name of ["step-1000", "step-2000", "step-3000"])
  typed(`npx llava-eval run ${tasks} --model local:./${name} --out results/${name}`);
const compared = typed("npx llava-eval compare results/step-3000 results/step-1000 --flips 4");
typed("npx llava-eval leaderboard results/step-1000 results/step-2000 results/step-3000 --include demo --site site");
typed("npx llava-eval view results/step-3000 results/step-1000 --out report");
// Ten nights of one model, which got worse after the fifth.
for (let night = 0; night < 10; night++) {
  const model = `--model local:./step-${night < 5 ? 3000 : 2000} --name nightly-model`;
  typed(`npx llava-eval run --tasks vqav2,pope --data demo ${model} --out results/nightly --fresh`);
}
typed("npx llava-eval view results/step-3000 results/nightly --out nights");
typed("npx llava-eval history --models nightly-model --format html --out history.html");

mkdirSync(images, { recursive: true });
const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5 });
  for (const [name, commands] of [
    ["run", [first]],
    ["compare", [compared]],
  ]) {
    await page.setContent(terminalPage(commands));
    await page.locator("pre").screenshot({ path: join(images, `${name}.png`) });
  }
  await page.goto(pathToFileURL(join(place, "site", "index.html")).href);
  await page.screenshot({ path: join(images, "board.png"), clip: await cropped(page) });
  await page.goto(`${pathToFileURL(join(place, "report", "index.html")).href}#task=vqav2`);
  await page.click('.filters button:has-text("worse")');
  await page.locator(".list button, .list a, [role=option]").first().click();
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(images, "report.png") });
  for (const [name, address] of [
    ["overview", "nights/index.html"],
    ["samples", "report/index.html#task=vqav2&sample=4"],
    ["board", "site/index.html"],
    ["board-model", "site/models/local-step-3000.html"],
    ["board-task", "site/tasks/vqav2.html"],
    ["history", "history.html"],
  ])
    await contactSheet(browser, name, `${pathToFileURL(place).href}/${address}`);
} finally {
  await browser.close();
  rmSync(place, { recursive: true, force: true });
}

/** The page at three widths, light and dark, on one image: what a change of style does is seen at once. */
async function contactSheet(browser, name, url) {
  const shots = [];
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [390, 768, 1280]) {
      const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme });
      await page.goto(url);
      await page.waitForTimeout(700);
      shots.push({ width, image: (await page.screenshot()).toString("base64") });
      await page.close();
    }
  }
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.setContent(
    `<style>body { margin: 0 } main { display: grid; grid-template-columns: repeat(3, max-content); gap: 12px; padding: 12px; width: max-content;
    background: #888 }</style><main>${shots
      .map(({ width, image }) => `<img width="${width / 2}" src="data:image/png;base64,${image}">`)
      .join("")}</main>`,
  );
  mkdirSync(join(images, "pages"), { recursive: true });
  await page.locator("main").screenshot({ path: join(images, "pages", `${name}.png`) });
  await page.close();
}

/** As much of the page as has something on it. */
async function cropped(page) {
  const height = await page.evaluate("document.body.getBoundingClientRect().bottom");
  return { x: 0, y: 0, width: 1280, height: Math.min(800, Math.ceil(height)) };
}
