import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

/** Holds answers of the local cloud against the schemas of DigitalOcean's own document (an extract of it lies beside). */
const file = fileURLToPath(new URL('official-answers.json', import.meta.url));
const document = JSON.parse(readFileSync(file, 'utf8')) as { answers: Record<string, Record<string, object>>; components: object };

/** One pattern of the document is not a legal expression under the `u` flag. */
const ajv = new Ajv({ strict: false, allErrors: true, logger: false, unicodeRegExp: false });
formats.default(ajv);
const compiled = new Map<string, ValidateFunction>();

/** What is wrong with the answer; empty when it is as documented. */
export const deviations = (operation: string, status: number, body: unknown): string[] => {
  const key = `${operation} ${status}`;
  const schema = document.answers[operation]?.[status] ?? document.answers[operation]?.['default'];
  if (!schema) return [`${key} is not in the extract`];
  const validate = compiled.get(key) ?? ajv.compile({ ...schema, components: document.components });
  compiled.set(key, validate);
  return validate(body) ? [] : ajv.errorsText(validate.errors, { separator: '\n' }).split('\n');
};
