// A process of the lock test: takes each lock that it is told at the moment it is told, and says whether it got it.
const { lockFile } = await import(process.env.LOCK_MODULE);

process.on("message", async ({ path, at }) => {
  while (Date.now() < at);
  try {
    await lockFile(path, "the lock of a test");
    process.send({ got: true });
  } catch (error) {
    process.send({ got: false, message: error.message });
  }
});
process.send({ ready: true });
