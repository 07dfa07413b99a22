/** The keys that the installation signs with. */
import { Command } from 'commander';

export const KEYS = { 'access-tokens': '/api/keys/access-tokens/rotate', commands: '/api/keys/commands/rotate' } as const;
export type Keys = keyof typeof KEYS;
export type KeysOptions = { readonly compromised?: true; readonly json?: true };

export const keysCommand = (): Command => {
  const keys = new Command('keys').description('The keys that Citrus signs with. For administrators.');
  keys
    .command('rotate')
    .description('Sign with the next key from now on')
    .argument('<keys>', 'access-tokens: what services check people by; commands: what agents check commands by')
    .option('--compromised', 'of commands: the present key may be in other hands; give it and the next one up at once')
    .addHelpText('after', `
Nobody notices. Access tokens that are out stay good for the minutes they live; agents that are offline learn the new
key of commands when they come back, and the old one stays good until they have. With --compromised, commands wait until
an agent has fetched the new keys.

Examples:
  citrus keys rotate access-tokens
  citrus keys rotate commands
  citrus keys rotate commands --compromised`)
    .action(async (which: string, _: KeysOptions, command: Command) => (await import('./keys.ts')).rotateKeys(which, command.optsWithGlobals()));
  return keys;
};
