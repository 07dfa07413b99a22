// check.mjs <url> [title]: waits up to ten seconds until the page answers, with that title; exit code 0 or 1.
const [url, title = ''] = process.argv.slice(2);
const escape = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

const isGood = async () => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return response.ok && (await response.text()).includes(title === '' ? '<title>' : `<title>${escape(title)}</title>`);
  } catch {
    return false;
  }
};

const until = Date.now() + 10_000;
while (!(await isGood())) {
  if (Date.now() > until) process.exit(1);
  await new Promise((resolve) => setTimeout(resolve, 200));
}
