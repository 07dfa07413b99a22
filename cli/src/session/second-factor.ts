import { password as askPassword, text as askText } from '@clack/prompts';
import { BegunTotp, MOST_GRACE_DAYS, RecoveryCodes, SecondFactor, SecondFactorPolicy } from '@citrus/contracts';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { createHttp } from '../api/http.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { placesOf } from './places.ts';
import type { RequireOptions, SecondFactorOptions } from './second-factor.command.ts';
import { openSession } from './session.ts';

const POLICY = '/api/installation/second-factor';
const plain = (code: string): string => code.replaceAll(/\s/g, '');

/** What was shown stands in the next access token. */
const renew = async (): Promise<void> => {
  const session = openSession(placesOf(), createHttp);
  await session.accessToken(await session.accessToken());
};

const policyWords = ({ isRequired, since, enforcedFrom }: SecondFactorPolicy): string => {
  if (!isRequired) return 'Nobody is asked for a second factor who has none.';
  const grace = enforcedFrom === null || enforcedFrom === since ? 'at once' : `from ${enforcedFrom.slice(0, 16).replace('T', ' ')} UTC on`;
  return `Everybody needs a second factor: at the next sign-in, and who is signed in already ${grace}.`;
};

export const showSecondFactor = async (options: SecondFactorOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  const state = await api.json({ path: '/api/auth/second-factor' }, SecondFactor);
  if (options.json) return terminal.out(JSON.stringify(state));
  const own = state.isOn ? `Yours is on; ${state.recoveryCodesLeft} recovery codes are left.` : 'Yours is off. Set it up: citrus second-factor set-up';
  await terminal.out(`${own}\n${state.isRequired ? 'This installation asks everybody for one.' : 'This installation asks nobody for one who has none.'}`);
};

export const setUpSecondFactor = async (options: SecondFactorOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  if (!terminal.isInteractive) throw usageFailure('setting up a second factor needs a terminal', 'Somebody must type the code that the app shows.');
  const { secret, uri } = await api.json({ method: 'POST', path: '/api/auth/second-factor/begin', body: {} }, BegunTotp);
  terminal.note(`Add this to your authenticator app, as a key based on time:\n\n  ${secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}\n\nor as an address: ${uri}\n`);
  const code = await askText({ message: 'The code that it shows', output: process.stderr });
  if (typeof code === 'symbol') throw new CliFailure('stopped', { exit: EXIT.interrupted, code: 'interrupted', advice: 'Your second factor is not on.' });
  const { recoveryCodes } = await api.json({ method: 'POST', path: '/api/auth/second-factor/confirm', body: { code: plain(code) } }, RecoveryCodes);
  await renew();
  if (options.json) return terminal.out(JSON.stringify({ recoveryCodes }));
  terminal.note('It is on. For the day your phone is gone, each of these is good for one sign-in. They are shown this once:\n');
  await terminal.out(recoveryCodes.join('\n'));
};

export const proveSecondFactor = async (code: string, options: SecondFactorOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  await api.json({ method: 'POST', path: '/api/auth/second-factor/prove', body: { code: plain(code) } }, z.object({}));
  await renew();
  await terminal.out(options.json ? JSON.stringify({ isShown: true }) : 'Shown; go on.');
};

/** Both are asked for: neither belongs on a command line. */
const proof = async (terminal: Terminal): Promise<{ password: string; code: string }> => {
  if (!terminal.isInteractive) throw usageFailure('this needs a terminal', 'Somebody must type the password and the code that the app shows.');
  const password = await askPassword({ message: 'Your password', output: process.stderr });
  const code = typeof password === 'symbol' ? password : await askText({ message: 'A code of your app, or a recovery code', output: process.stderr });
  if (typeof password === 'symbol' || typeof code === 'symbol') throw new CliFailure('stopped', { exit: EXIT.interrupted, code: 'interrupted', advice: 'Nothing was changed.' });
  return { password, code: plain(code) };
};

export const turnOffSecondFactor = async (options: SecondFactorOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  await api.json({ method: 'POST', path: '/api/auth/second-factor/disable', body: await proof(terminal) }, z.object({}));
  await renew();
  await terminal.out(options.json ? JSON.stringify({ isOn: false }) : 'Your second factor is off; the password alone is enough now.');
};

export const newRecoveryCodes = async (options: SecondFactorOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  const { recoveryCodes } = await api.json({ method: 'POST', path: '/api/auth/second-factor/recovery-codes', body: await proof(terminal) }, RecoveryCodes);
  if (options.json) return terminal.out(JSON.stringify({ recoveryCodes }));
  terminal.note('Each is good for one sign-in. They are shown this once, and those before are void:\n');
  await terminal.out(recoveryCodes.join('\n'));
};

const set = async (body: { isRequired: boolean; graceDays?: number }, options: SecondFactorOptions, api: Api): Promise<void> => {
  const policy = await api.json({ method: 'POST', path: POLICY, body }, SecondFactorPolicy);
  await processTerminal().out(options.json ? JSON.stringify(policy) : policyWords(policy));
};

export const requireSecondFactor = async (options: RequireOptions, api: Api = openApi()): Promise<void> => {
  const graceDays = Number(options.graceDays);
  if (!Number.isInteger(graceDays) || graceDays < 0 || graceDays > MOST_GRACE_DAYS) throw usageFailure(`--grace-days ${options.graceDays} is no number of days`, `Write a whole number from 0 to ${MOST_GRACE_DAYS}.`);
  await set({ isRequired: true, graceDays }, options, api);
};

export const makeSecondFactorOptional = async (options: SecondFactorOptions, api: Api = openApi()): Promise<void> => set({ isRequired: false }, options, api);
