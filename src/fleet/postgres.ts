/** PostgreSQL as a fleet's server: BullMQ's tables in their schema, and beside them one of ours. */
import { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { BackendFactory, ConnectionOptions, RedisQueueBackend } from "bullmq";
import type { Client, Pool, PoolClient } from "pg";
import { messageOf, UserError } from "../core/errors.js";
import { noWayIn, type Way } from "./connect.js";
import { connectMs, installed, type Lock, prefix, type Server, type Space, silenceMs } from "./server.js";

const packages = ["bullmq@6.7.0", "pg@8.23.1"];
/** One of them hears of new blocks. */
const mostConnections = 3;
/** To make what others make or drop at the same time, and to do without what is missing still. */
const mostTries = 5;
/** For connections that wait for the server's last word. */
const partingMs = 1000;
const schema = "llava_eval";
const kept = `${schema}.kept`;
/** BullMQ's queries find their tables by it; a holder whose host is gone loses its lock after 25 s. */
const session =
  "-c search_path=bullmq -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";

/**
 * Connects, and makes the tables where there are none.
 * @param mostApart  seconds between this machine's clock and the server's: leases are reckoned by each worker's own
 * @throws UserError  it does not answer, does not let us in, is too old, has tables of another version, or another time
 */
export async function openPostgres(way: Way, mostApart: number): Promise<Server> {
  const [bullmq, { default: pg }] = await installed(() => Promise.all([import("bullmq"), import("pg")]), packages);
  const sockets = new Set<Socket>();
  const settings = {
    ...addressOf(way),
    options: session,
    ...{ connectionTimeoutMillis: connectMs, query_timeout: silenceMs, keepAlive: true },
    application_name: "llava-eval",
    stream: () => {
      const socket = new Socket();
      sockets.add(socket);
      return socket.once("close", () => sockets.delete(socket));
    },
  };
  const pool = new pg.Pool({ ...settings, max: mostConnections });
  // Of idle connections: whoever asks next gets another.
  pool.on("error", () => {}).setMaxListeners(0);
  const { where } = way;
  const server = new PostgresServer({ pool, bullmq, sockets, where, client: () => new pg.Client(settings) });
  try {
    await prepare(pool, bullmq);
    requireClock(await apart(server), mostApart, where);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    if (error instanceof UserError) throw error;
    throw refusal(error, where, bullmq);
  }
}

/** Never the URL itself: the driver would read more of it than was looked at. */
function addressOf({ url, isEncrypted, ca }: Way) {
  const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decodeURIComponent);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || 5432),
    ...(user ? { user } : {}),
    ...(password ? { password } : {}),
    ...(database ? { database } : {}),
    ssl: isEncrypted ? { rejectUnauthorized: true, ...(ca ? { ca } : {}) } : false,
  };
}

/** Several may begin at once: whoever finds that another has just made something looks again. */
async function prepare(pool: Pool, bullmq: typeof import("bullmq")): Promise<void> {
  for (let tries = 1; ; tries++) {
    const client = await pool.connect();
    try {
      await makeTables(client, bullmq);
      client.release();
      return;
    } catch (error) {
      // It may be in the middle of a transaction.
      client.release(true);
      if (tries >= mostTries || !isMeanwhile(error)) throw error;
    }
  }
}

async function makeTables(client: PoolClient, bullmq: typeof import("bullmq")): Promise<void> {
  if ((await versionOf(client, bullmq)) < bullmq.LATEST_SCHEMA_VERSION) await bullmq.runMigrations(client);
  const { rows } = await client.query<{ it: string | null }>("SELECT to_regclass($1) AS it", [kept]);
  if (rows[0]?.it != null) return;
  await client.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtext('${schema}'));
CREATE SCHEMA IF NOT EXISTS ${schema};
CREATE TABLE IF NOT EXISTS ${kept} (shelf text, name text, content text NOT NULL, gone timestamptz, PRIMARY KEY (shelf, name));
COMMIT`);
}

async function versionOf(client: Client | PoolClient, bullmq: typeof import("bullmq")): Promise<number> {
  try {
    return await bullmq.assertSchemaCompatibility(client);
  } catch (error) {
    if (error instanceof bullmq.SchemaMigrationRequiredError) return 0;
    throw error;
  }
}

/** Seconds by which this machine is ahead of the server; what the question itself took is given to it. */
async function apart(server: PostgresServer): Promise<number> {
  const before = Date.now() / 1000;
  const there = await server.now();
  const after = Date.now() / 1000;
  if (there >= before && there <= after) return 0;
  return there < before ? before - there : after - there;
}

function requireClock(ahead: number, mostApart: number, where: string): void {
  if (Math.abs(ahead) <= mostApart) return;
  const far = `${Math.abs(ahead).toFixed(0)} s ${ahead > 0 ? "ahead of" : "behind"}`;
  throw new UserError(
    `this machine's clock is ${far} the queue's, and blocks in hand are lost by it`,
    where,
    "set it (NTP); with Redis, whose own clock decides, clocks may differ",
  );
}

function refusal(error: unknown, where: string, bullmq: typeof import("bullmq")): UserError {
  const why = messageOf(error);
  if (error instanceof bullmq.UnsupportedPostgresVersionError) {
    const needed = `the queue needs ${error.minimumVersion} or newer`;
    return new UserError(
      `the server is PostgreSQL ${error.serverVersion}, and ${needed}`,
      where,
      "install a newer one (Debian 12 has 15)",
    );
  }
  if (error instanceof bullmq.SchemaVersionMismatchError) {
    return new UserError(
      `the queue's tables are of a newer BullMQ: ${why}`,
      where,
      "install the version of llava-eval that made them, or name another database",
    );
  }
  if (codeOf(error) === "3D000")
    return new UserError(`there is no such database: ${why}`, where, "make it (docs/fleet.md), or correct the URL");
  return noWayIn(why, where);
}

interface Parts {
  /** For messages. */
  readonly where: string;
  readonly pool: Pool;
  readonly bullmq: typeof import("bullmq");
  readonly sockets: ReadonlySet<Socket>;
  /** A connection beside the pool. */
  client(): Client;
}

/** Tables are shelves of one. */
class PostgresServer implements Server {
  constructor(private readonly parts: Parts) {}

  queue: Server["queue"] = (name, options) => {
    const { bullmq, pool } = this.parts;
    return new bullmq.Queue(name, { ...options, connection: asRedis(pool) }, backendOf(bullmq));
  };

  worker: Server["worker"] = (name, options) => {
    const { bullmq, pool } = this.parts;
    return new bullmq.Worker(name, null, { ...options, connection: asRedis(pool) }, backendOf(bullmq));
  };

  async read(table: string): Promise<Readonly<Record<string, string>>> {
    const rows = await this.ask(
      `SELECT name, content FROM ${kept} WHERE shelf = $1 AND (gone IS NULL OR gone > now())`,
      [table],
    );
    return Object.fromEntries(rows.map(({ name, content }) => [name, String(content)]));
  }

  async write(table: string, name: string, text: string): Promise<void> {
    await this.ask(`${insert} DO UPDATE SET content = excluded.content, gone = NULL`, [table, name, text]);
  }

  async writeFirst(table: string, name: string, text: string): Promise<string> {
    await this.ask(`${insert} DO NOTHING`, [table, name, text]);
    return (await this.read(table))[name] ?? text;
  }

  async remove(table: string, names: readonly string[]): Promise<void> {
    await this.ask(`DELETE FROM ${kept} WHERE shelf = $1 AND name = ANY($2)`, [table, names]);
  }

  async drop(table: string): Promise<void> {
    await this.ask(`DELETE FROM ${kept} WHERE shelf = $1`, [table]);
  }

  async expire(table: string, seconds: number): Promise<void> {
    await this.ask(`DELETE FROM ${kept} WHERE gone < now()`, []);
    await this.ask(`UPDATE ${kept} SET gone = now() + make_interval(secs => $2) WHERE shelf = $1`, [table, seconds]);
  }

  async dropSettings(queue: string): Promise<void> {
    await this.ask("DELETE FROM bullmq.meta WHERE queue = $1", [queue]);
  }

  async now(): Promise<number> {
    const [row] = await this.ask("SELECT extract(epoch FROM clock_timestamp())::float8 AS now", []);
    return Number(row?.now);
  }

  async space(): Promise<Space> {
    const [row] = await this.ask(
      "SELECT sum(pg_total_relation_size(c.oid))::float8 AS used FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname = ANY($1)",
      [["bullmq", schema]],
    );
    return { used: Number(row?.used ?? 0) };
  }

  lock(name: string): Lock {
    return new SessionLock(this, `${prefix}:${name}`, () => this.parts.client());
  }

  isAway(error: unknown): boolean {
    // Connection lost or refused, no room, starting or stopping, a read-only stand-in, a deadlock, no database or tables any more, and what the
    // driver says without a code.
    return (
      isBare(error) ||
      /^(08|53|57|40)...$|^(25006|3D000)$|^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/.test(
        codeOf(error),
      ) ||
      /Connection terminated|connection error and is not queryable|timeout expired|timeout exceeded|Query read timeout/.test(
        messageOf(error),
      )
    );
  }

  async mend(error: unknown, tries: number): Promise<void> {
    if (!isBare(error)) return;
    const { pool, bullmq, where } = this.parts;
    if (tries > mostTries) {
      throw new UserError(
        `the queue's tables are not whole, and are taken for whole: ${messageOf(error)}`,
        where,
        "drop what is left of them (DROP SCHEMA bullmq, llava_eval CASCADE) and run the same command again: what is in run folders stays",
      );
    }
    try {
      await prepare(pool, bullmq);
    } catch (failure) {
      throw this.isAway(failure) ? failure : refusal(failure, where, bullmq);
    }
  }

  /** Whoever waits for a connection gets an error after some seconds. */
  outage(): undefined {}

  hangUp(): void {
    for (const socket of this.parts.sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.race([this.parts.pool.end(), wait(partingMs, undefined, { ref: false })]);
    this.hangUp();
  }

  async ask(query: string, values: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.parts.pool.query<Record<string, unknown>>(query, [...values])).rows;
  }
}

// BullMQ's types carry the server that a queue is on, and nothing here depends on it: one type is enough.
const backendOf = ({ createPostgresBackend }: typeof import("bullmq")) =>
  createPostgresBackend as unknown as BackendFactory<RedisQueueBackend>;
const asRedis = (pool: Pool) => pool as unknown as ConnectionOptions;

const insert = `INSERT INTO ${kept} (shelf, name, content) VALUES ($1, $2, $3) ON CONFLICT (shelf, name)`;

/** Tables, schemas, functions or types are missing: somebody dropped them, or made the database anew. */
const isBare = (error: unknown) => /^(42P01|3F000|42883|42704)$/.test(codeOf(error));
/** Somebody else made or dropped the same thing in that moment. */
const isMeanwhile = (error: unknown) =>
  isBare(error) ||
  /^(23505|42P06|42P07|42710|42723)$/.test(codeOf(error)) ||
  /tuple concurrently updated/.test(messageOf(error));

const codeOf = (error: unknown) => String((error as { code?: unknown } | undefined)?.code ?? "");

/** Held for as long as a connection is, so that the server itself knows when its holder died. */
class SessionLock implements Lock {
  private session: Promise<Client> | undefined;
  /** The connection that has the lock, as far as is known here. */
  private holding: Client | undefined;

  constructor(
    private readonly server: PostgresServer,
    private readonly name: string,
    private readonly client: () => Client,
  ) {}

  async take(mine: string): Promise<string> {
    const session = await this.connected();
    const { rows } = await session.query<{ got: boolean }>(`SELECT pg_try_advisory_lock(${key}) AS got`, [this.name]);
    if (rows[0]?.got) {
      this.holding = session;
      await this.server.write(locks, this.name, mine);
    }
    return await this.holder();
  }

  async renew(mine: string): Promise<string> {
    const session = await this.connected();
    if (this.holding !== session) return await this.take(mine);
    await session.query("SELECT 1");
    // A server that lost everything hears it again.
    await this.server.write(locks, this.name, mine);
    return mine;
  }

  async release(mine: string): Promise<void> {
    try {
      if ((await this.holder()) === mine) await this.server.remove(locks, [this.name]);
      await (await this.session)?.end();
    } catch (error) {
      // Its session is the lock, and ends with this process.
      if (!this.server.isAway(error)) throw error;
    }
  }

  async holder(): Promise<string> {
    const [row] = await this.server.ask(isHeld, [this.name]);
    return row === undefined ? "" : ((await this.server.read(locks))[this.name] ?? "");
  }

  async left(): Promise<number> {
    return Number.POSITIVE_INFINITY;
  }

  /** The connection there is, or a new one where it was lost. */
  private connected(): Promise<Client> {
    if (this.session) return this.session;
    const client = this.client();
    // Whatever is said of a lost connection, it ends.
    client.on("error", () => {});
    const session = client.connect();
    const lost = () => {
      if (this.session === session) this.session = undefined;
    };
    session.then(() => client.once("end", lost), lost);
    this.session = session;
    return session;
  }
}

const locks = "locks";
const key = "hashtextextended($1, 0)";
const isHeld = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
 AND (classid::bigint << 32 | objid::bigint) = ${key}`;
