/**
 * Nothing is looked up by a bare id on behalf of a person: a function of a store that takes an id takes a `Scope` before it
 * (`kit/domain/src/scope.ts`), or stands in the list below with the reason why no person's request reaches it, or why the
 * id itself is what the rule was applied to.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const services = fileURLToPath(new URL('../services/', import.meta.url));
const STORE = /\.(store|queries)\.ts$/;

const OURS = 'our own work, from the log or a timer';
const PERSON = 'the id is a person’s, taken from a checked token or found by signing in';
const EXEMPT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'provisioning/src/server/server-work.store.ts': { renew: OURS, defer: OURS },
  'provisioning/src/budget/account.store.ts': { read: OURS, write: OURS },
  'provisioning/src/group/group-work.store.ts': { noteLoad: OURS },
  'provisioning/src/group/group.queries.ts': { readingsOf: OURS },
  'provisioning/src/credential/credential.queries.ts': { serversOf: 'of a credential that was found within the scope, or by our own upkeep' },
  'agent-mgmt/src/agent/agent.store.ts': { noteServerStatus: OURS, noteMaintenance: OURS },
  'agent-mgmt/src/job/lease.store.ts': { find: 'the agent itself asks, by its own subject', claimFor: 'the agent itself asks, by its own subject', started: OURS, checkAt: OURS },
  'agent-mgmt/src/run/run.store.ts': { outcomesOf: 'of runs that were found within the scope, or by our own upkeep' },
  'metrics/src/activity/activity.store.ts': { removeAgents: OURS },
  'auth/src/audit/refusals.store.ts': { told: OURS },
  'auth/src/session/signing-keys.store.ts': { rowId: 'looks nothing up' },
  'auth/src/user/people.store.ts': { membershipsOf: 'for the list of all people, which administrators read' },
  'auth/src/user/users.store.ts': { byId: PERSON, rolesOf: PERSON },
};

type Found = { readonly file: string; readonly name: string; readonly parameter: string };

/** Functions and methods as they are written in stores: `find(agentId: string`, `byId = async (userId`, `nameOf: async (projectId`. */
const FUNCTION = /^\s*(?:readonly |export const |const )?(?:async )?(?<name>\w+)(?:\s*[:=]\s*(?:\([^()]*\)\s*=>\s*)*(?:async\s*)?)?\(\s*(?<parameter>\w+)(?=[:,)?])/gm;
/** A project's id is how far the look-up may see: what is found with it stands in the project in which the rule was applied. */
const isBareId = (parameter: string): boolean => parameter !== 'projectId' && /^(id|ids|\w+Ids?)$/.test(parameter);

const bareLookUpsIn = (file: string): Found[] => {
  const text = readFileSync(join(services, file), 'utf8');
  return [...text.matchAll(FUNCTION)].flatMap(({ groups }) => (groups?.['parameter'] && groups['name'] && isBareId(groups['parameter']) ? [{ file, name: groups['name'], parameter: groups['parameter'] }] : []));
};

const stores = (readdirSync(services, { recursive: true }) as string[]).filter((file) => STORE.test(file) && file.includes('/src/'));

test('T402. a store takes a scope before an id', () => {
  expect(stores.length).toBeGreaterThan(10);
  const bare = stores.flatMap(bareLookUpsIn).filter(({ file, name }) => !EXEMPT[file]?.[name]);
  expect(bare, 'give them a Scope as their first parameter, or say here why they need none').toEqual([]);
});

test('every exemption is still needed', () => {
  const found = new Set(stores.flatMap(bareLookUpsIn).map(({ file, name }) => `${file} ${name}`));
  const listed = Object.entries(EXEMPT).flatMap(([file, names]) => Object.keys(names).map((name) => `${file} ${name}`));
  expect(listed.filter((one) => !found.has(one))).toEqual([]);
});

test('the scan sees a bare look-up', () => {
  const written = ['  find(agentId: string): Promise<Row>;', '  async find(agentId: string) {', 'const byId = async (userId: string) =>', '    nameOf: async (jobId) =>', '  find(scope: Scope, agentId: string) {'].join('\n');
  expect([...written.matchAll(FUNCTION)].filter(({ groups }) => isBareId(groups?.['parameter'] ?? ''))).toHaveLength(4);
});

test('a scope in a project is made where the caller is known, and nowhere else', () => {
  const files = (readdirSync(services, { recursive: true }) as string[]).filter((file) => file.includes('/src/') && file.endsWith('.ts') && !file.endsWith('.spec.ts'));
  const elsewhere = files.filter((file) => /\bprojectScope\(/.test(readFileSync(join(services, file), 'utf8')) && !/\bcaller\b/.test(readFileSync(join(services, file), 'utf8')));
  expect(elsewhere).toEqual([]);
});
