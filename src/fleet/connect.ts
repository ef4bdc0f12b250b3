/** The ways to the queue's server and to a coordinator's data: who may be spoken to, and how. */
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { defined } from "../core/defined.js";
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
const loopback = ["localhost", "127.0.0.1", "[::1]", "::1"];

/** How the queue's server is reached. */
export interface Way {
  readonly url: URL;
  /** For people: without user and password. */
  readonly where: string;
  readonly isEncrypted: boolean;
  /** Who signed its certificate, where that is none of those whom the machine trusts. */
  readonly ca?: Buffer;
}

/**
 * The server's URL has a password in it, so it is no flag: those are seen by everybody on the machine.
 * @throws UserError  there is none, it is readable for others, or the way to it is not safe
 */
export function wayToQueue({ insecure = false }: FleetSettings, environment = process.env): Way {
  const file = environment[fileVariable];
  const from = file === undefined ? urlVariable : file;
  const text = (file === undefined ? environment[urlVariable] : ownFile(file))?.trim();
  if (!text) {
    throw new UserError(
      "no queue was named",
      urlVariable,
      `export ${urlVariable}=rediss://USER:TOKEN@HOST:PORT, or ${fileVariable}=FILE with that line in it; docs/fleet.md starts one`,
    );
  }
  if (!URL.canParse(text) || !/^(rediss?|postgres|postgresql):$/.test(new URL(text).protocol)) {
    throw new UserError(
      "this is no URL of a Redis or PostgreSQL server",
      from,
      "write rediss://USER:TOKEN@HOST:PORT, or postgres://USER:TOKEN@HOST:PORT/DATABASE",
    );
  }
  const url = new URL(text);
  requireUnescaped(url, from);
  if (!isPostgres(url)) requireNumbered(url, from);
  const isHere = loopback.includes(url.hostname);
  const isEncrypted = isPostgres(url) ? postgresHasTls(url, from, isHere || insecure) : url.protocol === "rediss:";
  if (!isEncrypted && !isHere && !insecure) {
    throw new UserError(
      "the way to the queue is not encrypted, and its password and the answers would go over the network as they are",
      from,
      "use rediss:// or postgres:// (docs/fleet.md), or --insecure-fleet where the network itself is trusted",
    );
  }
  const ca = isEncrypted ? authority(environment[caVariable]) : undefined;
  return { url, where: `${url.protocol}//${url.host}`, isEncrypted, ...defined({ ca }) };
}

/** What a URL cannot have as it is, passwords above all, stands there as escapes. @throws UserError  some of it cannot be read */
function requireUnescaped({ username, password, pathname }: URL, from: string): void {
  for (const [what, part] of Object.entries({ user: username, password, database: pathname })) {
    if (isText(part)) continue;
    // The part itself may be the secret.
    throw new UserError(`its URL's ${what} has a % that begins no escape`, from, "write each % of it as %25");
  }
}

/** Escapes of bytes that are no UTF-8 are none. */
function isText(part: string): boolean {
  try {
    // Its value is used: the bundle has no call whose value nobody wants.
    return decodeURIComponent(part) !== undefined;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
}

/** @throws UserError  the URL of a Redis says more than where its database is */
function requireNumbered({ pathname, searchParams }: URL, from: string): void {
  if (!/^\/?\d{0,5}$/.test(pathname))
    throw new UserError("the databases of a Redis are numbered", from, "write rediss://USER:TOKEN@HOST:PORT/0");
  if (searchParams.size > 0) throw settingsInUrl(searchParams, from, "leave them out");
}

/** By their names: a value may be a password. */
const settingsInUrl = (settings: URLSearchParams, from: string, fix: string) =>
  new UserError(`its URL has settings that are not read here: ${[...settings.keys()].join(", ")}`, from, fix);

export const isPostgres = ({ protocol }: URL) => protocol.startsWith("postgres");

/**
 * Its URL is the same with TLS and without.
 * @param mayBePlain  where the URL does not say
 * @throws UserError  the URL says what is not done here
 */
function postgresHasTls({ searchParams }: URL, from: string, mayBePlain: boolean): boolean {
  const settings = [...searchParams];
  if (settings.length === 0) return !mayBePlain;
  const [[name, value] = []] = settings;
  if (settings.length === 1 && name === "sslmode" && value === "verify-full") return true;
  if (settings.length === 1 && name === "sslmode" && value === "disable") return false;
  // Among others are hosts, users and files that its driver would take from there.
  throw settingsInUrl(
    searchParams,
    from,
    "leave them out: every server but this machine's own is spoken to over TLS, its certificate checked (sslmode=verify-full: this machine's, too)",
  );
}

/** @param why  the server's words, or those of whatever is between */
export function noWayIn(why: string, where: string): UserError {
  if (
    /NOAUTH|WRONGPASS|invalid username-password|NOPERM|authentication failed|pg_hba\.conf|password|permission denied/i.test(
      why,
    )
  ) {
    return new UserError(
      `the queue does not let us in: ${why}`,
      where,
      `check user and password in ${urlVariable}, and the user's rights (docs/fleet.md)`,
    );
  }
  if (/does not match certificate/.test(why)) {
    return new UserError(
      `the queue's certificate is another host's: ${why}`,
      where,
      "speak to it by a name in its certificate, or make one that names this host (docs/fleet.md has the line)",
    );
  }
  if (/certificate|self.signed|issuer|SSL|TLS|wrong version number/i.test(why)) {
    return new UserError(
      `the queue's certificate is not trusted: ${why}`,
      where,
      `name the authority that signed it with ${caVariable}=ca.crt, and speak ${where.startsWith("postgres") ? "to a server with ssl = on" : "rediss:// to a TLS port only"}`,
    );
  }
  return new UserError(
    `there is no queue that answers: ${why}`,
    where,
    `start the server (docs/fleet.md), or correct the URL${where.startsWith("redis:") && /ECONNRESET|EPIPE|closed/.test(why) ? " (a TLS port is spoken to with rediss://)" : ""}`,
  );
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

const tokenVariable = "LLAVA_EVAL_FLEET_TOKEN";
const dataVariable = "LLAVA_EVAL_FLEET_DATA";
const certVariable = "LLAVA_EVAL_FLEET_CERT";
const keyVariable = "LLAVA_EVAL_FLEET_KEY";

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
