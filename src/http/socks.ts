/** SOCKS5 with or without a password (RFC 1928, 1929); names are resolved by the proxy. */
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { HttpProxy } from "./proxy.js";

export interface Target {
  readonly hostname: string;
  readonly protocol: string;
  readonly port?: string | null;
}

/** A connection to `target` through the proxy, with TLS where the target has it. */
export async function connectThrough(proxy: HttpProxy, target: Target, timeoutMs: number): Promise<Socket> {
  const { hostname, port } = proxy.url;
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 1080), noDelay: true });
  const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  try {
    await once(socket, "connect");
    const read = reader(socket);
    await greet(socket, read, proxy);
    const host = Buffer.from(target.hostname.replace(/^\[|\]$/g, ""));
    const number = Number(target.port || (target.protocol === "https:" ? 443 : 80));
    socket.write(Buffer.from([5, 1, 0, 3, host.length, ...host, number >> 8, number & 255]));
    const [, status = 0, , kind] = await read(4);
    if (status !== 0)
      throw new SocksRefusal(`cannot reach this address: ${replies[status] ?? `SOCKS reply ${status}`}`);
    // The address that the proxy is bound to, and a port: of no use here.
    await read((kind === 1 ? 4 : kind === 4 ? 16 : ((await read(1))[0] ?? 0)) + 2);
    read.stop();
    if (target.protocol !== "https:") return socket;
    const servername = isIP(host.toString()) === 0 ? { servername: host.toString() } : {};
    const secure = connectTls({ socket, host: host.toString(), ...servername, ALPNProtocols: ["http/1.1"] });
    await once(secure, "secureConnect");
    return secure;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The proxy answered, and will not. */
export class SocksRefusal extends Error {
  /** @param status  as an HTTP proxy would say it: 407, or absent where asking again may help */
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

const replies: Readonly<Record<number, string>> = {
  1: "general failure",
  2: "not allowed by its rules",
  3: "network unreachable",
  4: "host unreachable",
  5: "connection refused",
  6: "TTL expired",
  7: "command not supported",
  8: "address type not supported",
};

type Read = ((bytes: number) => Promise<Buffer>) & { stop(): void };

async function greet(socket: Socket, read: Read, { user, password = "" }: HttpProxy): Promise<void> {
  socket.write(Buffer.from(user === undefined ? [5, 1, 0] : [5, 2, 0, 2]));
  const [version, method] = await read(2);
  if (version !== 5) throw new SocksRefusal("does not speak SOCKS5", 505);
  if (method === 0) return;
  if (method !== 2 || user === undefined) throw new SocksRefusal("wants a user and a password", 407);
  const [name, word] = [Buffer.from(user), Buffer.from(password)];
  if (name.length > 255 || word.length > 255)
    throw new SocksRefusal("takes at most 255 bytes of a user or password", 407);
  socket.write(Buffer.from([1, name.length, ...name, word.length, ...word]));
  if ((await read(2))[1] !== 0) throw new SocksRefusal("does not take this user and password", 407);
}

/** Exactly so many bytes of what arrives. */
function reader(socket: Socket): Read {
  let held = Buffer.alloc(0);
  let wake = () => {};
  let fault: Error | undefined;
  const onData = (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    wake();
  };
  const onEnd = (error?: unknown) => {
    fault = error instanceof Error ? error : new SocksRefusal("closed the connection");
    wake();
  };
  socket.on("data", onData).on("error", onEnd).on("close", onEnd);
  const read = async (bytes: number) => {
    while (held.length < bytes) {
      if (fault) throw fault;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const taken = held.subarray(0, bytes);
    held = held.subarray(bytes);
    return taken;
  };
  const stop = () => {
    socket.off("data", onData).off("error", onEnd).off("close", onEnd).pause();
    if (held.length > 0) socket.unshift(held);
  };
  return Object.assign(read, { stop });
}

function once(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      socket.off(event, onEvent).off("error", onError).off("close", onClose);
      end();
    };
    const onEvent = () => settle(resolve);
    const onError = (error: Error) => settle(() => reject(error));
    const onClose = () => settle(() => reject(new SocksRefusal("closed the connection")));
    socket.on(event, onEvent).on("error", onError).on("close", onClose);
  });
}
