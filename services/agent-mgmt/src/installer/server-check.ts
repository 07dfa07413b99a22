/** An installer against a server: what its agent last said and what Citrus put there. */
import { mayBeIgnored, preflight, type CheckedRequirement, type InputValue, type Installer, type InstallerAction, type Machine, type Requirement, type Sources } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import type { AgentRow } from '../agent/agent.store.ts';

export type AskedOfServer = { readonly action: InstallerAction; readonly values: Readonly<Record<string, InputValue>> };

/** The agent looks again, at the machine itself, before it runs anything. */
export const machineOf = ({ facts }: Pick<AgentRow, 'facts'>, apps: Machine['apps']): Machine => ({ ...facts, apps });

export const requirementsOf = (installer: Installer, machine: Machine, asked: AskedOfServer): CheckedRequirement[] =>
  preflight(installer, machine, asked).map((requirement) => ({ ...requirement, mayBeIgnored: mayBeIgnored(requirement) }));

/** Left out by whoever queues the dependency before; nobody else can ask for that. */
const isDependency = (id: string): boolean => id.startsWith('depends-');

export const unmetOf = <R extends Pick<CheckedRequirement, 'id' | 'state'>>(requirements: readonly R[], ignored: readonly string[]): R[] =>
  requirements.filter(({ id, state }) => state === 'unmet' && !((mayBeIgnored({ id }) || isDependency(id)) && ignored.includes(id)));

type Told = Pick<Requirement, 'text' | 'remedy'> & { readonly id: string };
const sentence = ({ text, remedy }: Told): string => `${text}. ${remedy}`;

/** @throws Refusal that tells all of them at once. */
export const refuseUnmet = ({ name }: Installer, unmet: readonly Told[]): void => {
  if (unmet.length === 0) return;
  const told = unmet.length === 1 ? `Not met: ${sentence(unmet[0] as Told)}` : unmet.map((each, at) => `${at + 1}. ${sentence(each)}`).join(' ');
  throw new Refusal(unmet.every(({ id }) => isDependency(id)) ? 'dependency.missing' : 'requirements.unmet', `This server does not have what ${name} needs. ${told}`, unmet.map(({ id, text, remedy }) => ({ path: `requirements.${id}`, message: `${text}. ${remedy}` })));
};

/** The lists that choices can be made of, as they are for this server. */
export const sourcesOn = (installer: Installer, { facts }: Pick<AgentRow, 'facts'>, { apps, servers }: { apps: Machine['apps']; servers: readonly string[] }): Sources => ({
  versions: installer.versions, addresses: facts?.addresses ?? [], apps: apps?.map(({ installer: id }) => id) ?? [], servers,
});
