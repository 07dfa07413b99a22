import { z } from 'zod';
import { openApi } from '../api/api.ts';
import { usageFailure } from '../failure.ts';
import { processTerminal } from '../output/terminal.ts';
import { KEYS, type Keys, type KeysOptions } from './keys.command.ts';

const isKeys = (text: string): text is Keys => text in KEYS;

export const rotateKeys = async (which: string, options: KeysOptions): Promise<void> => {
  if (!isKeys(which)) throw usageFailure(`there are no keys called ${which}`, `Write one of: ${Object.keys(KEYS).join(', ')}`);
  if (options.compromised && which !== 'commands') throw usageFailure('--compromised is about the keys of commands', 'Say it of them: citrus keys rotate commands --compromised');
  const reply = await openApi().json({ method: 'POST', path: KEYS[which], body: options.compromised ? { compromised: true } : {} }, z.record(z.string(), z.unknown()));
  await processTerminal().out(options.json ? JSON.stringify(reply) : which === 'commands' ? 'Commands are signed with a new key now.' : 'Access tokens are signed with the next key now.');
};
