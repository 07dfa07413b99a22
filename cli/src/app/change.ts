/** Changes an app, and waits until it is known what came of it. */
import { App, AppChange, type ChangeAction, type ChangeStep } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CliFailure, EXIT } from '../failure.ts';
import { confirmed } from '../output/confirm.ts';
import { meanwhile } from '../output/meanwhile.ts';
import { startProgress } from '../output/progress.ts';
import { parseInputs } from '../run/start.ts';
import type { ChangeOptions } from './app.command.ts';
import { pathOf, serverCalled, stageOf, type Named, type Parts, type Stage } from './apps.ts';

const STEPS: Readonly<Record<ChangeStep, string>> = { 'back-up': 'backing up', verify: 'proving the backup', change: 'changing', check: 'checking its health', restore: 'going back to the backup', recheck: 'checking its health again' };

const ended = async ({ api, everyMs }: Stage, path: string, asked: AppChange): Promise<AppChange> => {
  const progress = startProgress(`${asked.action} ${asked.installer}`);
  try {
    for (let change = asked; ; change = await api.json({ path: `${path}/${asked.id}` }, AppChange)) {
      if (change.finishedAt !== null) return change;
      const step = change.steps.at(-1)?.step;
      progress.at(change.steps.length, undefined, step ? STEPS[step] : '');
      await delay(everyMs);
    }
  } finally {
    progress.end();
  }
};

/** @throws CliFailure unless it was changed */
const tell = async (change: AppChange, server: string, { terminal, options }: Stage & { options: ChangeOptions }): Promise<void> => {
  const name = `${change.installer} on ${server}`;
  if (change.status === 'rolled-back' || change.status === 'failed') {
    throw new CliFailure(`${name}: ${change.action} ${change.status}. ${change.reason ?? ''}`, { exit: EXIT.failed, code: `change.${change.status}`, advice: `${change.advice ?? ''} See: citrus apps show ${server} ${change.installer}`.trim() });
  }
  const said = change.status === 'running' ? `being changed (${change.id})` : `${change.appIs ?? 'changed'}${change.isHealthy ? ' and healthy' : ''}`;
  await terminal.out(options.json ? JSON.stringify(change) : `${name} is ${said}.`);
};

export const change = async (action: ChangeAction, [wanted, app]: Named, options: ChangeOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const server = await serverCalled(stage, wanted);
  const found = await stage.api.json({ path: pathOf(server, app) }, App);
  const risk = options.withoutBackup ? ' without a backup: what goes wrong cannot be undone' : '';
  if (!options.yes && (action === 'uninstall' || options.withoutBackup)) await confirmed(stage.terminal, `${action} ${found.installer} on ${server.name}${risk}?`, options.yes);
  const body = { action, inputs: parseInputs(options.input), withoutBackup: options.withoutBackup ?? false };
  const path = pathOf(server, app, '/changes');
  const asked = await stage.api.json({ method: 'POST', path, body, headers: { 'idempotency-key': randomUUID() } }, AppChange);
  await tell(options.follow === false ? asked : await meanwhile(`The ${action} goes on without this command, backup and way back included. See: citrus apps show ${server.name} ${app}`, () => ended(stage, path, asked)), server.name, { ...stage, options });
};
