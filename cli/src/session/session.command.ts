/** Signing in and out, as the command line says it. */
import { Command } from 'commander';

export type LoginOptions = { readonly url?: string; readonly email?: string; readonly code?: string };
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
    .action(async (_: LogoutOptions, command: Command) => (await import('./login.ts')).logout(command.optsWithGlobals()));

export const whoamiCommand = (): Command =>
  new Command('whoami')
    .description('Who is signed in, and where')
    .action(async (_: object, command: Command) => (await import('./login.ts')).whoami(command.optsWithGlobals()));
