// render.mjs <file>: writes the page from the inputs, which are in the environment, in one step.
import { renameSync, writeFileSync } from 'node:fs';

const escape = (text = '') => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
const { SITE_TITLE, SITE_TEXT, HAS_NOTICE, NOTICE } = process.env;
const notice = HAS_NOTICE === 'true' ? `<p class="notice">${escape(NOTICE)}</p>\n` : '';

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(SITE_TITLE)}</title>
<style>
  body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1rem; white-space: pre-line }
  .notice { border-left: .3rem solid #e58e00; padding-left: 1rem }
</style>
<h1>${escape(SITE_TITLE)}</h1>
${notice}<p>${escape(SITE_TEXT)}</p>
</html>
`;

const file = process.argv[2];
writeFileSync(`${file}.new`, page, { mode: 0o644 });
renameSync(`${file}.new`, file);
