import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CONTROLLERS } from '../app.module.ts';
import { routesOf } from './every-route-has-a-rule.ts';
import { ruleTable } from './rule-table.ts';

const DOCUMENT = new URL('../../../../docs/authorisation.md', import.meta.url);
const [BEGIN, END] = ['<!-- rules: begin (generated) -->', '<!-- rules: end -->'];

test('docs/authorisation.md has the rules as they are (CITRUS_WRITE_DOCS=1 writes it anew)', () => {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [before, rest = ''] = text.split(BEGIN);
  const present = `${before}${BEGIN}\n${ruleTable(routesOf(CONTROLLERS))}\n${END}${rest.split(END)[1] ?? ''}`;
  if (process.env['CITRUS_WRITE_DOCS']) writeFileSync(DOCUMENT, present);
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(present);
});

test('no route that only reads changes anything by its name', () => {
  const verbs = /\/(create|delete|remove|cancel|retry|reload|rotate|revoke|end|pause|resume|switch|rollback|rebuild|erase|accept|claim)$/;
  expect(routesOf(CONTROLLERS).filter(({ method, path }) => method === 'GET' && verbs.test(path)).map(({ path }) => path)).toEqual([]);
});
