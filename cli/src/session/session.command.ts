/** Signing in and out, as the command line says it. */
import { Command } from 'commander';

export type LoginOptions = { readonly url?: string; readonly email?: string; readonly code?: string };
export type SessionsOptions = { readonly json?: true };
export type LogoutOptions = { readonly everywhere?: true };

export const loginCommand = (): Command =>
  new Command('login')
    .description('Sign in; the session is kept in ~/.config/citrus/session.json, readable by you alone')
    .option('--url <url>', 'where Citrus is, e.g. https://citrus.example.com')
    .option('--email <address>', 'who you are')
    .option('--code <code>', 'of your authenticator app, or a recovery code; asked for if you have a second factor')
    .addHelpText('after', `
The password is asked for, or read from stdin when that is no terminal. It is never an argument: other users of the
machine can read those.

Examples:
  citrus login --url https://citrus.example.com --email you@example.com
  pass citrus | citrus login --url https://citrus.example.com --email you@example.com
  pass citrus | citrus login --url https://citrus.example.com --email you@example.com --code 123456

Programs do not sign in: they set CITRUS_TOKEN (and CITRUS_URL) instead; see citrus token --help.`)
    .action(async (_: LoginOptions, command: Command) => (await import('./login.ts')).login(command.optsWithGlobals()));

export const logoutCommand = (): Command =>
  new Command('logout')
    .description('End the session that citrus login began')
    .option('--everywhere', 'end all your sessions, in browsers too')
    .addHelpText('after', `
Examples:
  citrus logout
  citrus logout --everywhere`)
    .action(async (_: LogoutOptions, command: Command) => (await import('./login.ts')).logout(command.optsWithGlobals()));

export const whoamiCommand = (): Command =>
  new Command('whoami')
    .description('Who is signed in, and where')
    .addHelpText('after', `
Examples:
  citrus whoami
  citrus whoami --json | jq -r '.memberships[].projectId'`)
    .action(async (_: object, command: Command) => (await import('./login.ts')).whoami(command.optsWithGlobals()));

export const sessionsCommand = (): Command => {
  const load = () => import('./own-sessions.ts');
  const sessions = new Command('sessions').description('Where you are signed in; end one of your sessions');
  sessions
    .command('list', { isDefault: true })
    .description('Your sessions that are still good; * is this one')
    .action(async (_: SessionsOptions, command: Command) => (await load()).listSessions(command.optsWithGlobals()));
  sessions
    .command('end')
    .description('End a session; another one than this only soon after signing in')
    .argument('<session>', 'its id, or the beginning of it')
    .action(async (session: string, _: SessionsOptions, command: Command) => (await load()).endSession(session, command.optsWithGlobals()));
  return sessions.addHelpText('after', `
All of them at once: citrus logout --everywhere.

Examples:
  citrus sessions
  citrus sessions end 0198c0de`);
};

export const passwordCommand = (): Command =>
  new Command('password')
    .description('Change your password; all your other sessions end')
    .addHelpText('after', `
Both are asked for, or read from stdin when that is no terminal: the present one is the first line, the new one the second.

Examples:
  citrus password
  printf '%s\\n' "$old" "$new" | citrus password`)
    .action(async (_: SessionsOptions, command: Command) => (await import('./own-sessions.ts')).changePassword(command.optsWithGlobals()));
