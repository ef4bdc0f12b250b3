/**
 * Decoders that would outlive us. Whoever ends this process by SIGKILL leaves it no time to end them, and ffmpeg decodes on although nobody reads; a
 * stopped one stays for ever. A shell is told of each that begins and ends; its input ends with us, and then it kills those that are left.
 */

import { spawn } from "node:child_process";
import type { Socket } from "node:net";

const script = `
left=' '
while read -r what group; do
  case $what in
    began) left="$left$group " ;;
    ended) left="\${left%%" $group "*} \${left#*" $group "}" ;;
  esac
done
for group in $left; do kill -s KILL -- "-$group" 2>/dev/null; done`;

let shell: Socket | undefined;

/** A group of processes begins, or has ended. */
export function tellOf(what: "began" | "ended", group: number): void {
  shell ??= start();
  shell.write(`${what} ${group}\n`);
}

function start(): Socket {
  // A session of its own: what ends our group does not end it.
  const child = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  // Without it (no shell, or somebody ended it) decoders are still ended in all other ways.
  child.on("error", () => {});
  const input = child.stdin as Socket;
  input.on("error", () => {});
  child.unref();
  input.unref();
  return input;
}
