// The least that Node's own fetch needs for the same requests: no rows, no prompts, no scores, no journal.
//   node fetch-loop.mjs URL IMAGE REQUESTS CONCURRENCY
import { readFileSync } from "node:fs";

const [url, file, requests, concurrency] = process.argv.slice(2);
const original = readFileSync(file);
let next = 0;

async function ask() {
  while (next < Number(requests)) {
    const id = next++;
    const bytes = Buffer.from(original);
    bytes.writeUInt32LE(id, bytes.length - 40);
    const image = { type: "image_url", image_url: { url: `data:image/jpeg;base64,${bytes.toString("base64")}` } };
    const messages = [{ role: "user", content: [image, { type: "text", text: `Question ${id}?` }] }];
    const response = await fetch(`${url}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer none" },
      body: JSON.stringify({ model: "fake", messages, max_tokens: 16, temperature: 0 }),
    });
    if (typeof (await response.json()).choices?.[0]?.message?.content !== "string") throw new Error("no answer");
  }
}

await Promise.all(Array.from({ length: Number(concurrency) }, ask));
