/** A PostgreSQL of a test's own. It refuses to be root's: then it is nobody's. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { QueueServer } from "./queue-server.js";
import { freePort } from "./redis.js";

const nobody = 65_534;
const owner = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

/** Debian has its programs outside the PATH. */
const programs = await (async () => {
  const folder = "/usr/lib/postgresql";
  const versions = await readdir(folder).catch(() => []);
  return versions.map((version) => join(folder, version, "bin")).at(-1);
})();

/** Why there can be none. What only proves a release is no test of every change. */
export const noPostgres: string | undefined =
  process.env.LLAVA_EVAL_TEST_QUEUE !== "postgres"
    ? 'in the soak: npm run soak -- "PostgreSQL"'
    : programs === undefined
      ? "no PostgreSQL: apt-get install postgresql"
      : undefined;

/** Where its tables lie, when they have a disk of their own. */
const disk = "disk";
const diskMegabytes = 24;
const page = Buffer.alloc(4096);
/** Why no test can have a full disk: nothing is mounted by somebody else than root. */
export const noDisk: string | undefined = owner.uid === undefined ? "needs root" : undefined;

export class TestPostgres implements QueueServer {
  private hasDisk = false;
  private server: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly more: readonly string[],
  ) {}

  /** @param more  settings, as `ssl=on` */
  static async start(...more: readonly string[]): Promise<TestPostgres> {
    const folder = await mkdtemp(join(tmpdir(), "llava-eval-postgres-"));
    TestPostgres.own(folder);
    const password = join(folder, "password");
    await writeFile(password, "TOKEN\n", { mode: 0o644 });
    const made = [
      "-D",
      join(folder, "data"),
      "-U",
      "llava",
      "-A",
      "scram-sha-256",
      `--pwfile=${password}`,
      "--no-sync",
    ];
    execFileSync(join(programs ?? "", "initdb"), made, { ...owner, cwd: folder, stdio: "pipe" });
    const postgres = new TestPostgres(folder, await freePort(), more);
    await postgres.up();
    return postgres;
  }

  /** Its tables get a small disk of their own, in memory. */
  async ownDisk(): Promise<void> {
    const path = join(this.folder, disk);
    await mkdir(path);
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${diskMegabytes}m,uid=${nobody}`, "tmpfs", path]);
    this.hasDisk = true;
    await mkdir(join(path, "space"));
    TestPostgres.own(join(path, "space"));
    this.sql(`CREATE TABLESPACE small LOCATION '${join(path, "space")}'`);
    this.sql("ALTER DATABASE postgres SET default_tablespace = small");
  }

  /** Nothing is left of the disk. @returns gives it back, and says what the server had to do without */
  fillDisk(): () => string {
    const path = join(this.folder, disk, "ballast");
    const file = openSync(path, "w");
    try {
      while (writeSync(file, page) > 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    } finally {
      closeSync(file);
    }
    return () => {
      rmSync(path);
      return readFileSync(this.log, "utf8").match(/^.*could not extend file.*$/m)?.[0] ?? "";
    };
  }

  private get log(): string {
    return join(this.folder, "log");
  }

  /** The server may read these. */
  static own(...paths: readonly string[]): void {
    if (owner.uid !== undefined) for (const path of paths) chownSync(path, owner.uid, owner.gid);
  }

  get url(): string {
    return this.urlOf("postgres");
  }

  private urlOf(database: string): string {
    return `postgres://llava:TOKEN@127.0.0.1:${this.port}/${database}`;
  }

  async up(): Promise<void> {
    const { folder, port, more } = this;
    const settings = ["listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, "fsync=off", ...more];
    const given = ["-D", join(folder, "data"), "-p", String(port), ...settings.flatMap((one) => ["-c", one])];
    const log = openSync(this.log, "a");
    for (;;) {
      const server = spawn(join(programs ?? "", "postgres"), given, {
        ...owner,
        cwd: folder,
        stdio: ["ignore", "ignore", log],
      });
      this.server = server;
      // What is left of one that was killed must be gone first.
      while (server.exitCode === null && server.signalCode === null && !this.answers()) await wait(50);
      if (server.exitCode === null && server.signalCode === null) break;
      await wait(100);
    }
    closeSync(log);
  }

  async kill(): Promise<void> {
    const { server } = this;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  }

  stop(on: boolean): void {
    for (const one of this.processes()) {
      try {
        process.kill(one, on ? "SIGSTOP" : "SIGCONT");
      } catch (error) {
        // A connection that has just ended.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  }

  /** Its own, and one for each connection. */
  private processes(): readonly number[] {
    const { pid } = this.server ?? {};
    if (pid === undefined) return [];
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
    return [pid, ...children.map(Number)];
  }

  /** Hundredths of a second stand in /proc: of a process, and of those that it has seen end. */
  cpuSeconds(): number {
    const fields = this.processes().map((pid) => readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, ""));
    const ticks = fields.flatMap((text) => text.split(" ").slice(11, 15).map(Number));
    return ticks.reduce((sum, one) => sum + one, 0) / 100;
  }

  fill(on: boolean): void {
    this.sql(`ALTER SYSTEM SET default_transaction_read_only = ${on ? "on" : "off"}`, "-c", "SELECT pg_reload_conf()");
  }

  /** @param more  further arguments of psql */
  sql(query: string, ...more: readonly string[]): string {
    return this.psql("postgres", query, ...more);
  }

  private psql(database: string, query: string, ...more: readonly string[]): string {
    // One session may write while others may not.
    const environment = {
      ...process.env,
      PGOPTIONS: "-c default_transaction_read_only=off -c client_min_messages=error",
    };
    const given = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", this.urlOf(database), "-c", query, ...more];
    return execFileSync("psql", given, { encoding: "utf8", env: environment });
  }

  keys(): string {
    // Nobody has come yet.
    if (this.sql("SELECT to_regclass('llava_eval.kept')").trim() === "") return "";
    return this.sql(`SELECT DISTINCT 'le:' || shelf FROM llava_eval.kept WHERE shelf <> 'locks'
UNION SELECT name FROM llava_eval.kept WHERE shelf = 'locks'
UNION SELECT 'le:' || queue || ':' || replace(state::text, 'waiting', 'wait') FROM bullmq.job
UNION SELECT 'le:' || queue || ':' || id FROM bullmq.job`);
  }

  contents(): ReadonlyMap<string, string> {
    const rows = this.sql(`SELECT json_build_array('le:' || shelf, name || ' ' || content) FROM llava_eval.kept
UNION ALL SELECT json_build_array('le:' || queue || ':' || id, to_json(job)::text) FROM bullmq.job
UNION ALL SELECT json_build_array('events', to_json(event)::text) FROM bullmq.event`);
    const all = new Map<string, string>();
    for (const line of rows.split("\n").filter(Boolean)) {
      const [name, text] = JSON.parse(line) as [string, string];
      all.set(name, `${all.get(name) ?? ""}${text}\n`);
    }
    return all;
  }

  flush(): number {
    const tables = "bullmq.job, bullmq.meta, bullmq.event, llava_eval.kept";
    const lost = this.sql(
      `BEGIN; LOCK TABLE bullmq.job; SELECT count(*) FROM bullmq.job WHERE state IN ('active', 'completed'); TRUNCATE ${tables} CASCADE; COMMIT`,
    );
    return Number(lost.trim());
  }

  /** What made a queue of the database is dropped, or the whole database, and made anew without it. @returns as `flush` */
  drop(what: "schemas" | "database"): number {
    const count = "SELECT count(*) FROM bullmq.job WHERE state IN ('active', 'completed')";
    if (what === "schemas")
      return Number(this.sql(`BEGIN; LOCK TABLE bullmq.job; ${count}; DROP SCHEMA bullmq, llava_eval CASCADE; COMMIT`));
    const lost = Number(this.sql(count));
    this.psql("template1", "DROP DATABASE postgres WITH (FORCE)");
    this.psql("template1", "CREATE DATABASE postgres");
    return lost;
  }

  loseLease(run: string, block: string): void {
    this.sql(
      `UPDATE bullmq.job SET state = 'waiting', lock_token = NULL, locked_until_ms = NULL, stalled_count = stalled_count + 1 WHERE queue = '{${run}}' AND id = '${block}'`,
    );
  }

  comeBack(run: string, block: string, times: number): void {
    this.sql(`UPDATE bullmq.job SET stalled_count = ${times} WHERE queue = '{${run}}' AND id = '${block}'`);
  }

  pileUp(run: string, results: number): void {
    this.sql(`DELETE FROM bullmq.job WHERE queue = '{${run}}' AND id LIKE 'r%';
INSERT INTO bullmq.job (queue, id, seq, name, state, added_at_ms)
SELECT '{${run}}', 'r' || n, nextval('bullmq.job_seq'), 'b', 'completed', 0 FROM generate_series(1, ${results}) AS n`);
  }

  limits(run: string): string {
    return this.sql(
      `SELECT value FROM bullmq.meta WHERE queue = '{${run}}' AND field IN ('concurrency', 'max', 'duration')`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop(false);
    await this.kill();
    if (this.hasDisk) spawnSync("umount", ["-l", join(this.folder, disk)]);
    // Its processes leave when they see that it is gone.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  }

  private answers(): boolean {
    return spawnSync(join(programs ?? "", "pg_isready"), ["-h", "127.0.0.1", "-p", String(this.port)]).status === 0;
  }
}
