/** The way to the queue's server: who may be spoken to, how, and what must hold there. `bullmq` and `ioredis` come in when they are needed. */
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { Redis } from "ioredis";
import { messageOf, UserError } from "../core/errors.js";

export interface FleetSettings {
  /** Speak to a server on another machine without TLS. */
  readonly insecure?: boolean;
  /** Seconds after which a worker that has not been heard of loses its blocks. */
  readonly leaseSeconds?: number;
  /** Workers that differ from the run's in their model's set-up, or in their rows' digest, may answer too. */
  readonly admit?: boolean;
  /** What all workers together may have in hand, and take. */
  readonly limits?: FleetLimits;
  /** HOST:PORT where a coordinator serves rows and images to workers that have no data. */
  readonly listen?: string;
}

export interface FleetLimits {
  /** Blocks in workers' hands at once. */
  readonly blocks?: number;
  /** Questions a second; they are taken in blocks. */
  readonly rate?: number;
}

const urlVariable = "LLAVA_EVAL_FLEET";
const fileVariable = "LLAVA_EVAL_FLEET_FILE";
const caVariable = "LLAVA_EVAL_FLEET_CA";

/**
 * The server's URL. It has a password in it, so it is no flag: those are seen by everybody on the machine.
 * @throws UserError  there is none, it is readable for others, or the way to it is not safe
 */
export function serverUrl(environment: NodeJS.ProcessEnv, { insecure = false }: FleetSettings): URL {
  const file = environment[fileVariable];
  const where = file === undefined ? urlVariable : file;
  const text = (file === undefined ? environment[urlVariable] : ownFile(file))?.trim();
  if (!text) {
    throw new UserError(
      "no queue was named",
      urlVariable,
      `export ${urlVariable}=rediss://USER:TOKEN@HOST:PORT, or ${fileVariable}=FILE with that line in it; docs/fleet.md starts one`,
    );
  }
  if (!URL.canParse(text) || !/^rediss?:$/.test(new URL(text).protocol)) {
    throw new UserError("this is no URL of a Redis server", where, "write rediss://USER:TOKEN@HOST:PORT");
  }
  const url = new URL(text);
  const isHere = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol === "redis:" && !isHere && !insecure) {
    throw new UserError(
      "the way to the queue is not encrypted, and its password and the answers would go over the network as they are",
      where,
      "use rediss:// (docs/fleet.md), or --insecure-fleet where the network itself is trusted",
    );
  }
  return url;
}

function ownFile(path: string): string {
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new UserError("others on this machine can read the queue's password", path, `chmod 600 ${path}`);
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`the file cannot be read: ${messageOf(error)}`, path, `correct ${fileVariable}`);
  }
}

/** @throws UserError  the file cannot be read, or is no certificate */
function authority(path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    const pem = readFileSync(path);
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    throw new UserError(
      `this is no certificate that can be read: ${messageOf(error)}`,
      path,
      `let ${caVariable} name the file (PEM) of the authority that signed the queue's certificate`,
    );
  }
}

/** The two packages, which only fleets need. */
export async function packages() {
  try {
    const [bullmq, ioredis] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { Queue: bullmq.Queue, Worker: bullmq.Worker, Redis: ioredis.Redis };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UserError(
      "the packages that speak to the queue are not installed",
      "bullmq, ioredis",
      "npm install bullmq@6.7.0 ioredis@5.11.1",
    );
  }
}

/**
 * Connects, and looks whether the server is one that loses nothing.
 * @throws UserError  it does not answer, does not let us in, is too old, or throws away what it should keep
 */
export async function connect(settings: FleetSettings, environment = process.env): Promise<Redis> {
  const url = serverUrl(environment, settings);
  const where = `${url.protocol}//${url.host}`;
  const { Redis } = await packages();
  const ca = url.protocol === "rediss:" ? authority(environment[caVariable]) : undefined;
  let wasReady = false;
  const redis = new Redis(url.href, {
    lazyConnect: true,
    // A blocking connection may not give up, and a cut is waited out; what never was there is told at once.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => (wasReady ? Math.min(100 * 2 ** Math.min(attempt, 5), 2000) : null),
    // A question without an answer for so long: the way is gone, and another is tried. Longer than any call waits for a block.
    socketTimeout: 10_000,
    ...{ connectTimeout: 5000, keepAlive: 5000, connectionName: "llava-eval" },
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
  let last: unknown;
  redis.on("error", (error) => {
    last = error;
  });
  try {
    await redis.connect();
    wasReady = true;
    requireServer(await redis.info(), where);
    return redis;
  } catch (error) {
    redis.disconnect();
    if (error instanceof UserError) throw error;
    throw refused(messageOf(last ?? error), where);
  }
}

function requireServer(info: string, where: string): void {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const [major = 0, minor = 0] = (field("redis_version") ?? "").split(".").map(Number);
  if (major < 6 || (major === 6 && minor < 2)) {
    throw new UserError(
      `the server is Redis ${field("redis_version") ?? "of an unknown version"}, and the queue needs 6.2 or newer`,
      where,
      "install a newer one (Debian 12 has 7.0)",
    );
  }
  const policy = field("maxmemory_policy") ?? "noeviction";
  if (policy !== "noeviction") {
    throw new UserError(
      `the server throws keys away when its memory is full (maxmemory-policy ${policy})`,
      where,
      "start it with --maxmemory-policy noeviction: then work waits, and nothing is lost",
    );
  }
}

function refused(why: string, where: string): UserError {
  if (/NOAUTH|WRONGPASS|invalid username-password|NOPERM/i.test(why)) {
    return new UserError(
      `the queue does not let us in: ${why}`,
      where,
      `check user and password in ${urlVariable}, and the user's rights (docs/fleet.md)`,
    );
  }
  if (/certificate|self.signed|issuer|SSL|TLS|wrong version number/i.test(why)) {
    return new UserError(
      `the queue's certificate is not trusted: ${why}`,
      where,
      `name the authority that signed it with ${caVariable}=ca.crt, and speak rediss:// to a TLS port only`,
    );
  }
  return new UserError(
    `there is no queue that answers: ${why}`,
    where,
    "start the server (docs/fleet.md), or correct the URL",
  );
}

const tokenVariable = "LLAVA_EVAL_FLEET_TOKEN";
const dataVariable = "LLAVA_EVAL_FLEET_DATA";
const certVariable = "LLAVA_EVAL_FLEET_CERT";
const keyVariable = "LLAVA_EVAL_FLEET_KEY";
const loopback = ["localhost", "127.0.0.1", "[::1]", "::1"];

/** Where a coordinator serves rows and images. */
export interface DataDoor {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** Absent: only this machine is served. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
}

/** @throws UserError  it would serve others without TLS, or anybody without a token */
export function dataDoor(listen: string, environment = process.env): DataDoor {
  const [, host = "", port = ""] = /^(.+):(\d{1,5})$/.exec(listen) ?? [];
  if (host === "" || Number(port) > 65_535)
    throw new UserError(`"${listen}" is no address to listen at`, "--listen", "write HOST:PORT, 0.0.0.0:7443");
  const { [certVariable]: cert, [keyVariable]: key } = environment;
  const token = tokenOf(environment);
  if (cert !== undefined && key !== undefined) {
    authority(cert);
    return { host, port: Number(port), token, tls: { cert: readFileSync(cert), key: Buffer.from(ownFile(key)) } };
  }
  if (loopback.includes(host)) return { host, port: Number(port), token };
  throw new UserError(
    "without a certificate only this machine is served",
    "--listen",
    `let ${certVariable} and ${keyVariable} name a certificate and its key (one openssl line in docs/fleet.md), or listen at 127.0.0.1`,
  );
}

/** Where a worker gets rows and images. */
export interface DataSource {
  readonly url: URL;
  readonly token: string;
  readonly ca?: Buffer;
}

/** @throws UserError  nobody says where, or the way is not safe */
export function dataSource(environment = process.env): DataSource {
  const text = environment[dataVariable] ?? "";
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new UserError(
      "nobody says where the coordinator serves its data",
      dataVariable,
      `export ${dataVariable}=https://HOST:PORT, which its --listen names`,
    );
  const url = new URL(text);
  if (url.protocol === "http:" && !loopback.includes(url.hostname))
    throw new UserError(
      "the way to the coordinator's data is not encrypted",
      dataVariable,
      "use https:// (docs/fleet.md)",
    );
  const ca = authority(environment[caVariable]);
  return { url, token: tokenOf(environment), ...(ca ? { ca } : {}) };
}

function tokenOf(environment: NodeJS.ProcessEnv): string {
  const token = environment[tokenVariable] ?? "";
  if (/^[\x21-\x7e]{32,}$/.test(token)) return token;
  throw new UserError(
    token === "" ? "no token was named" : "the token is too short to be a secret",
    tokenVariable,
    `export ${tokenVariable}=$(openssl rand -hex 32), the same for the coordinator and its workers`,
  );
}
