/** What this program and `launch.sh` tell each other: short lines that a shell can read, each written in one step. */
import type { AgentUpgrade } from '@citrus/contracts';
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { readIfThere, syncFolder, writeDurably } from '../files.ts';
import { fileOf, type Layout } from './layout.ts';

export type Trial = { readonly folder: string; readonly upgradeId: string; readonly helloWithinSeconds: number; readonly settleAfterSeconds: number };
export type Reverted = { readonly folder: string; readonly upgradeId: string; readonly reason: string };

const TRIAL = /^([0-9a-f-]+) ([0-9a-f-]{36}) (\d{1,7}) (\d{1,7}) (\d{1,7})\n$/;

export const parseTrial = (text: string): Trial | undefined => {
  const [, folder, upgradeId, within, settle] = TRIAL.exec(text) ?? [];
  return folder === undefined || upgradeId === undefined ? undefined : { folder, upgradeId, helloWithinSeconds: Number(within), settleAfterSeconds: Number(settle) };
};

/** The last number is how often the launcher has started it. */
export const trialText = (folder: string, { upgradeId, helloWithinSeconds, settleAfterSeconds }: Pick<AgentUpgrade, 'upgradeId' | 'helloWithinSeconds' | 'settleAfterSeconds'>): string =>
  `${folder} ${upgradeId} ${helloWithinSeconds} ${settleAfterSeconds} 0\n`;

export const readTrial = (layout: Layout): Trial | undefined => parseTrial(readIfThere(fileOf(layout, 'trial')) ?? '');

/** From here on the next start is one of the new version. */
export const beginTrial = (layout: Layout, folder: string, command: AgentUpgrade): void => {
  rmSync(fileOf(layout, 'confirmed'), { force: true });
  rmSync(fileOf(layout, 'reverted'), { force: true });
  writeDurably(fileOf(layout, 'trial'), trialText(folder, command));
};

export const confirmTrial = (layout: Layout): void => writeDurably(fileOf(layout, 'confirmed'), `${layout.running}\n`);

/** `current` is exchanged in one step: whenever the power goes it points at a version that works. */
export const makeCurrent = (layout: Layout): void => {
  const link = fileOf(layout, 'current');
  rmSync(`${link}.new`, { force: true });
  symlinkSync(`versions/${layout.running}`, `${link}.new`);
  renameSync(`${link}.new`, link);
  syncFolder(layout.programDir);
};

export const endTrial = (layout: Layout): void => {
  for (const name of ['trial', 'confirmed'] as const) rmSync(fileOf(layout, name), { force: true });
};

export const readReverted = (layout: Layout): Reverted | undefined => {
  const [first = '', reason = ''] = (readIfThere(fileOf(layout, 'reverted')) ?? '').split('\n');
  const [folder, upgradeId] = first.split(' ');
  return folder === undefined || upgradeId === undefined ? undefined : { folder, upgradeId, reason };
};

export const forgetReverted = (layout: Layout): void => rmSync(fileOf(layout, 'reverted'), { force: true });
