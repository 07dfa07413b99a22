// settings.mjs <file>: writes what to watch from the inputs, which are in the environment, in one step. Of a password only a hash.
import { randomBytes, scryptSync } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';

const { WATCH_URL, PAGE_TITLE, EVERY_SECONDS, PAGE_PASSWORD } = process.env;
const salt = randomBytes(16);
const password = PAGE_PASSWORD ? { salt: salt.toString('base64'), hash: scryptSync(PAGE_PASSWORD, salt, 32).toString('base64') } : null;

const file = process.argv[2];
writeFileSync(`${file}.new`, JSON.stringify({ url: WATCH_URL, title: PAGE_TITLE, everySeconds: Number(EVERY_SECONDS), password }), { mode: 0o600 });
renameSync(`${file}.new`, file);
