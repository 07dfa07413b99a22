/** Signing in and out. The password passes through memory once and is kept nowhere. */
import { password as askPassword, text as askText } from '@clack/prompts';
import { Me, type TokenPair } from '@citrus/contracts';
import { z } from 'zod';
import { openApi } from '../api/api.ts';
import { createHttp, type Http } from '../api/http.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { firstLineOfStdin } from './first-line.ts';
import { placesOf, removeIfThere } from './places.ts';
import { loginFileOf, readJsonFile, StoredSession } from './session-file.ts';
import { requestTokens, storeSession, type Proof } from './session.ts';
import type { LoginOptions, LogoutOptions } from './session.command.ts';

type Json = { readonly json?: true };

const interrupted = (): CliFailure => new CliFailure('stopped', { exit: EXIT.interrupted, code: 'interrupted', advice: 'Nothing was changed.' });

const answerOf = async (question: Promise<string | symbol>): Promise<string> => {
  const answer = await question;
  if (typeof answer === 'symbol') throw interrupted();
  return answer;
};

const given = async (value: string | undefined, terminal: Terminal, { option, question }: { option: string; question: string }): Promise<string> => {
  if (value !== undefined) return value;
  if (!terminal.isInteractive) throw usageFailure(`${option} is missing`, `Say it: citrus login --url https://… --email you@example.com`);
  return answerOf(askText({ message: question, output: process.stderr }));
};

const checked = <T>(schema: z.ZodType<T>, value: string, advice: string): T => {
  const { success, data } = schema.safeParse(value);
  if (!success) throw usageFailure(`${JSON.stringify(value)} is not valid here`, advice);
  return data;
};

const givenPassword = async (terminal: Terminal): Promise<string> => {
  const password = terminal.isInteractive ? await answerOf(askPassword({ message: 'Password', output: process.stderr })) : await firstLineOfStdin();
  if (password === '') throw usageFailure('there is no password', 'Type it when asked, or pass it on stdin: pass citrus | citrus login …');
  return password;
};

/** Whoever has a second factor is asked for a code, where there is somebody to ask. */
const signIn = async (http: Http, proof: Proof, terminal: Terminal): Promise<TokenPair> => {
  try {
    return await requestTokens(http, proof);
  } catch (error) {
    const isAsked = error instanceof CliFailure && error.code === 'session.second_factor_needed' && proof.code === undefined && terminal.isInteractive;
    if (!isAsked) throw error;
    const code = await answerOf(askText({ message: 'Code of your authenticator app, or a recovery code', output: process.stderr }));
    return requestTokens(http, { ...proof, code: code.replaceAll(/\s/g, '') });
  }
};

export const login = async (options: LoginOptions & Json): Promise<void> => {
  const terminal = processTerminal();
  const places = placesOf();
  const file = loginFileOf(places);
  const url = checked(z.url({ protocol: /^https?$/ }), await given(options.url, terminal, { option: '--url', question: 'Where is Citrus?' }), 'Write the whole address: https://citrus.example.com');
  const email = checked(z.email(), await given(options.email, terminal, { option: '--email', question: 'Your e-mail address' }), 'Write the e-mail address that you sign in with.');
  const who = { url: new URL(url).origin, email };
  const tokens = await signIn(createHttp(who.url), { email, password: await givenPassword(terminal), code: options.code?.replaceAll(/\s/g, '') }, terminal);
  storeSession(file, who, tokens);
  await terminal.out(options.json ? JSON.stringify({ ...who, file }) : `Signed in at ${who.url} as ${email}.`);
};

/** Every browser and command line of the person, this one too. */
const logoutEverywhere = async (options: Json, terminal: Terminal): Promise<void> => {
  const { ended } = await openApi().json({ method: 'DELETE', path: '/api/auth/sessions' }, z.object({ ended: z.int() }));
  removeIfThere(loginFileOf(placesOf()));
  await terminal.out(options.json ? JSON.stringify({ ended }) : `Signed out everywhere; ${ended === 1 ? 'one session' : `${ended} sessions`} ended.`);
};

export const logout = async (options: LogoutOptions & Json): Promise<void> => {
  const terminal = processTerminal();
  if (options.everywhere) return logoutEverywhere(options, terminal);
  const file = loginFileOf(placesOf());
  const session = readJsonFile(file, StoredSession);
  if (session) {
    // First here: a session that cannot be ended at the hub must not stay on this machine for that.
    removeIfThere(file);
    await createHttp(session.url).json({ method: 'POST', path: '/api/auth/logout', body: { refreshToken: session.refreshToken } }, z.object({}));
  }
  await terminal.out(options.json ? JSON.stringify({ wasSignedIn: session !== undefined }) : session ? `Signed out at ${session.url}.` : 'Nobody was signed in with citrus login.');
};

export const whoami = async (options: Json): Promise<void> => {
  const terminal = processTerminal();
  const api = openApi();
  const me = await api.json({ path: '/api/auth/me' }, Me);
  if (options.json) return terminal.out(JSON.stringify({ url: api.url, ...me }));
  const rows = [['name', me.name], ['e-mail', me.email ?? 'none: a service account'], ['at', api.url], ...me.memberships.map(({ projectId, role }) => ['project', `${projectId} (${role})`]), ...(me.isAdministrator ? [['runs', 'this installation']] : []), ['signed in', me.signedInBy === 'token' ? 'by CITRUS_TOKEN' : 'in person']];
  await terminal.out(tableOf(['WHO', ''], rows, terminal));
};
