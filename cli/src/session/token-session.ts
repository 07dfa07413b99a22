/**
 * Programs come with an API token in `CITRUS_TOKEN`: never as an argument, because other users of the machine can read
 * those. It wins over every sign-in, so that a script does what its token may and not what whoever runs it may.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import type { Places } from './places.ts';
import { findSignIn } from './session-file.ts';
import type { Session } from './session.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const Address = z.url({ protocol: /^https?$/ });

const addressOf = (env: Environment, places: Places): string => {
  const named = env['CITRUS_URL'];
  if (named) {
    if (!Address.safeParse(named).success) throw usageFailure(`CITRUS_URL is ${JSON.stringify(named)}, which is no address`, 'Write the whole address: CITRUS_URL=https://citrus.example.com');
    return new URL(named).origin;
  }
  const signIn = findSignIn(places);
  if (!signIn) throw usageFailure('CITRUS_TOKEN is set, but not where Citrus is', 'Say it, too: CITRUS_URL=https://citrus.example.com');
  return signIn.url;
};

/** Undefined without a token. */
export const tokenSession = (places: Places, env: Environment = process.env): Session | undefined => {
  const token = env['CITRUS_TOKEN'];
  if (!token) return undefined;
  if (!/^[\x21-\x7e]{1,200}$/.test(token)) throw usageFailure('CITRUS_TOKEN is not a token', 'Set it to what was shown when the token was made, without quotation marks or line ends.');
  return {
    url: addressOf(env, places),
    email: `token-${createHash('sha256').update(token).digest('hex').slice(0, 12)}`,
    accessToken: async (refused) => {
      if (refused === undefined) return token;
      throw new CliFailure('the token in CITRUS_TOKEN is not accepted: it was revoked, has run out, or is of another installation', { exit: EXIT.signedOut, code: 'token.refused', advice: 'Make a new one: citrus token create, or unset CITRUS_TOKEN to come in person.' });
    },
  };
};
