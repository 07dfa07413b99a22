// check.mjs <url>: waits up to ten seconds until the page says that it is up; exit code 0 or 1.
const [url] = process.argv.slice(2);

const isGood = async () => {
  try {
    const response = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
};

const until = Date.now() + 10_000;
while (!(await isGood())) {
  if (Date.now() > until) process.exit(1);
  await new Promise((resolve) => setTimeout(resolve, 200));
}
