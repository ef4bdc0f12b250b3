import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { output } from "./programs.js";

/** `server.pem` and `server.key`, signed by itself, for localhost and these addresses. */
export async function certificate(folder: string, addresses: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = ["DNS:localhost", ...addresses.map((address) => `IP:${address}`)];
  output("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost"],
    ...["-addext", `subjectAltName=${names.join(",")}`],
    ...["-keyout", join(folder, "server.key"), "-out", join(folder, "server.pem")],
  ]);
}
