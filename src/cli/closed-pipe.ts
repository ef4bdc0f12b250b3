/**
 * The reader of what we print is gone: `llava-eval tasks | head -3` has its three lines. That is no error. What would last
 * is interrupted as by Ctrl-C (a run keeps what it has); whatever else ends by itself, unheard, with its own exit code, so
 * that `compare ... | head` still closes its gate.
 */
export function endQuietlyUnread(): void {
  let unread = false;
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
    if (unread) return;
    unread = true;
    if (process.listenerCount("SIGINT") > 0) process.emit("SIGINT");
  };
  process.stdout.on("error", onError);
  process.stderr.on("error", onError);
}
