import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import { messageOf } from "../core/errors.js";
import type { HttpResponse } from "./exchange.js";
import { TransportError } from "./transport-error.js";

/** Sent with every request whose body is read whole. Without the header RFC 9110 (12.5.3) lets a server choose any coding. */
export const acceptedEncodings = "gzip, deflate, br";

const decoders = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

/** The codings of a body, in the order in which they were applied. */
export function encodingsOf(headers: HttpResponse["headers"]): readonly string[] {
  return (headers["content-encoding"] ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
}

/** The response with its body as it was before compression. @param most  bytes, decompressed */
export async function decodeBody(response: HttpResponse, most: number): Promise<HttpResponse> {
  let { body } = response;
  if (body.length === 0) return response;
  for (const name of encodingsOf(response.headers).toReversed()) {
    if (!isKnown(name)) {
      throw new TransportError("malformed", `the reply is compressed in a way that was not asked for (${name})`, {
        status: response.status,
      });
    }
    try {
      body = await decoders[name](body, { maxOutputLength: most });
    } catch (error) {
      if ((error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE") {
        throw new TransportError("too-large", `the response has more than ${most} bytes decompressed`);
      }
      throw new TransportError("malformed", `the reply says it is ${name}, and it is not: ${messageOf(error)}`, {
        status: response.status,
        cause: error,
      });
    }
  }
  return body === response.body ? response : { ...response, body };
}

const isKnown = (name: string): name is keyof typeof decoders => Object.hasOwn(decoders, name);
