/** Signing in with a provider of one's own (OpenID Connect): the browser goes there and comes back with a code. */
import { z } from 'zod';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { Address, Device, TokenPair } from './session.ts';

/** A place in our own panel: one slash first, so that no browser reads it as another host. */
export const ReturnPath = z.string().max(500).regex(/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/, 'must be a path of this installation, e.g. /servers');

export const OidcProvider = z.object({ isOn: z.boolean(), name: z.string().nullable() });
export type OidcProvider = z.infer<typeof OidcProvider>;

const rpc = (verb: string) => subjects.rpc('auth', 'oidc', verb);

export const readOidc = defineRequest({ subject: rpc('read'), input: z.strictObject({}), reply: OidcProvider, access: { by: 'anyone' } });
export const startOidc = defineRequest({
  subject: rpc('start'),
  input: z.strictObject({ redirectUri: z.url({ protocol: /^https?$/ }), returnTo: ReturnPath }),
  /** Send the browser to `url`; `browser` is a secret for its cookie, without which the answer is worth nothing. */
  reply: z.object({ url: z.url(), browser: z.string(), expiresInSeconds: z.int().positive() }),
  access: { by: 'anyone' },
});
export const finishOidc = defineRequest({
  subject: rpc('finish'),
  /** `answer`: the query that the provider sent the browser back with. */
  input: z.strictObject({ answer: z.string().max(8192), browser: z.string().max(200), redirectUri: z.url({ protocol: /^https?$/ }), address: Address, device: Device.optional() }),
  reply: z.object({ tokens: TokenPair, returnTo: ReturnPath }),
  access: { by: 'anyone' },
});
