/** What works on this machine, and what to do about the rest. */
import { existsSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { messageOf, UserError } from "../core/errors.js";
import { packageRoot } from "../core/package-root.js";
import { loadAddon } from "../runners/local/addon.js";
import type { NativeAddon } from "../runners/local/native.js";
import { cudaBuildCommand, findToolkit } from "../runners/local/toolkit.js";
import { ffmpegVersion } from "../video/version.js";
import { versions } from "./versions.js";

export interface Finding {
  readonly what: string;
  readonly state: "good" | "missing" | "note";
  readonly detail: string;
  /** What to do, when something is missing. */
  readonly fix?: string;
}

export async function examine(): Promise<Finding[]> {
  const all = versions();
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB memory`;
  return [
    { what: "llava-eval", state: "good", detail: all["llava-eval"] ?? "" },
    nodeVersion(),
    {
      what: "machine",
      state: "note",
      detail: `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${memory}`,
    },
    ...(await engine()),
    demoModel(),
    await clips(),
    await resultsFolder(),
    ...environment(),
  ];
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const good = major > 20 || (major === 20 && minor >= 19);
  return {
    what: "node",
    state: good ? "good" : "missing",
    detail: process.version,
    ...(good ? {} : { fix: "llava-eval needs Node 20.19 or newer" }),
  };
}

/** Everything but local models works without the engine. */
async function engine(): Promise<Finding[]> {
  try {
    const addon = loadAddon();
    const devices = addon
      .devices()
      .map(({ name, model, memoryFree }) => `${name} (${model}, ${(memoryFree / 2 ** 30).toFixed(0)} GiB free)`);
    return [
      {
        what: "engine",
        state: "good",
        detail: `${addon.version}${addon.hasCuda ? " with CUDA" : ""}: ${devices.join(", ")}`,
      },
      await cuda(addon.cuda()),
    ];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ what: "engine", state: "missing", detail: `${error.message} (${error.where})`, fix: error.fix }];
  }
}

/** Whether local models run on a GPU, and else the one command that is in the way. Exported for its test. */
export async function cuda(
  built: ReturnType<NativeAddon["cuda"]>,
  hasDriver = existsSync("/proc/driver/nvidia/version"),
): Promise<Finding> {
  const what = "CUDA";
  if (built?.problem)
    return {
      what,
      state: "missing",
      detail: built.problem,
      fix: "install that NVIDIA driver; until then local models run on the CPU",
    };
  if (built)
    return built.cublasLt
      ? { what, state: "good", detail: built.cublasLt }
      : {
          what,
          state: "missing",
          detail: "no cuBLASLt here: prompts go through slower products of our own",
          fix: "pip install nvidia-cublas",
        };
  if (!hasDriver) return { what, state: "note", detail: "the engine is built without it; no NVIDIA driver here" };
  const { found, wheelsCommand } = await findToolkit();
  const build = cudaBuildCommand();
  return {
    what,
    state: "missing",
    detail: `there is an NVIDIA driver, but the engine is built without CUDA; ${
      found ? `toolkit ${found.version} from ${found.from}, for driver ${found.driver} or newer` : "no toolkit here"
    }`,
    fix: found ? build : `${wheelsCommand} && ${build}`,
  };
}

/** Only tasks with clips need it. */
async function clips(): Promise<Finding> {
  const what = "clips";
  try {
    return { what, state: "good", detail: `decoded by ${await ffmpegVersion()}` };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { what, state: "note", detail: `${error.message}; tasks of images do without. To ${error.fix}` };
  }
}

function demoModel(): Finding {
  const there = existsSync(join(packageRoot, "configs", "demo", "model", "model.safetensors"));
  return there
    ? { what: "demo model", state: "good", detail: "configs/demo/model" }
    : {
        what: "demo model",
        state: "missing",
        detail: "not in this package",
        fix: "the demo runs with the stub; its scores mean nothing",
      };
}

async function resultsFolder(): Promise<Finding> {
  const folder = resolve("results");
  const target = existsSync(folder) ? folder : resolve(".");
  try {
    await access(target, constants.W_OK);
    return { what: "results", state: "good", detail: `${folder} can be written` };
  } catch (error) {
    return {
      what: "results",
      state: "missing",
      detail: `${folder} cannot be written: ${messageOf(error)}`,
      fix: "run elsewhere, or name a folder with --out",
    };
  }
}

/** Names only: a value may be a secret. */
function environment(): Finding[] {
  const known = [
    "HF_HOME",
    "HF_ENDPOINT",
    "HF_TOKEN",
    "HF_HUB_OFFLINE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
  ];
  const set = known.filter((name) => process.env[name] || process.env[name.toLowerCase()]);
  return [
    {
      what: "environment",
      state: "note",
      detail: set.length > 0 ? `set: ${set.join(", ")}` : "no hub, proxy or key variables are set",
    },
  ];
}
