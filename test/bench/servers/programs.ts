/** Programs of others: installed where they are missing, started, waited for, ended with all that they started. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Runs to its end. @throws with what the program said, when it fails */
export function output(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = process.env): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    env: environment,
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${error?.message ?? stderr.slice(-2000)}`);
  return stdout + stderr;
}

/** The `bin` of a virtual environment with these packages of PyPI. */
export async function pythonWith(work: string, name: string, packages: readonly string[]): Promise<string> {
  const folder = join(work, `venv-${name}`);
  const bin = join(folder, "bin");
  await mkdir(work, { recursive: true });
  if (!existsSync(bin)) output("python3", ["-m", "venv", folder]);
  output(join(bin, "pip"), ["install", "--quiet", "--no-cache-dir", ...packages]);
  return bin;
}

/** `name version` of installed packages of PyPI. */
export function versionsIn(bin: string, names: readonly string[]): string {
  const shown = output(join(bin, "pip"), ["show", ...names]);
  const of = (field: string) => [...shown.matchAll(new RegExp(`^${field}: (.*)$`, "gm"))].map(([, value]) => value);
  const versions = of("Version");
  return of("Name")
    .map((name, i) => `${name} ${versions[i]}`)
    .join(", ");
}

/** Installs the Debian packages whose programs are not on the path. */
export function debianPrograms(packages: Readonly<Record<string, string>>): void {
  const missing = Object.entries(packages).flatMap(([program, name]) =>
    spawnSync("which", [program], { env: daemonEnvironment }).status === 0 ? [] : [name],
  );
  if (missing.length === 0) return;
  const sudo = process.getuid?.() === 0 ? [] : ["sudo"];
  const [command = "", ...args] = [...sudo, "apt-get", "install", "-y", "--no-install-recommends", ...missing];
  output(command, args);
}

/** Daemons lie in /usr/sbin, which is not on everybody's path. */
export const daemonEnvironment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Start {
  readonly port: number;
  /** What it says goes there. */
  readonly log: string;
  readonly cwd?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly seconds?: number;
}

/** A server of one's own process group, ready when its port takes connections. @throws with the end of its log */
export async function started(command: string, args: readonly string[], start: Start): Promise<AsyncDisposable> {
  const log = openSync(start.log, "w");
  const child = spawn(command, args, {
    cwd: start.cwd,
    env: start.environment ?? daemonEnvironment,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const server = { [Symbol.asyncDispose]: () => ended(child) };
  let problem = "";
  child.on("error", (error) => {
    problem = error.message;
  });
  const deadline = Date.now() + (start.seconds ?? 30) * 1000;
  while (!(await listens(start.port))) {
    if (problem !== "" || child.exitCode !== null || Date.now() > deadline) {
      await ended(child);
      throw new Error(`${command} did not start: ${problem} ${readFileSync(start.log, "utf8").slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return server;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const over = new Promise((resolve) => child.on("close", resolve));
  process.kill(-child.pid, "SIGTERM");
  const hard = setTimeout(() => process.kill(-(child.pid as number), "SIGKILL"), 5000);
  await over;
  clearTimeout(hard);
}
