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
const Start = {
  input: z.strictObject({ redirectUri: z.url({ protocol: /^https?$/ }), returnTo: ReturnPath }),
  /** Send the browser to `url`; `browser` is a secret for its cookie, without which the answer is worth nothing. */
  reply: z.object({ url: z.url(), browser: z.string(), expiresInSeconds: z.int().positive() }),
};
export const startOidc = defineRequest({ subject: rpc('start'), ...Start, access: { by: 'anyone' } });
/** The same for somebody who is signed in: it ends in that account or is refused, and no other way in ends by it. */
export const linkOidc = defineRequest({ subject: rpc('link'), ...Start, access: { by: 'person', with: 'session' } });

/** What the first sign-in of an identity did: `linked` it, or linked it `alone`: every other way in ended, because nobody knows who had them. */
export const OidcNotice = z.enum(['linked', 'alone']);
export type OidcNotice = z.infer<typeof OidcNotice>;
export const finishOidc = defineRequest({
  subject: rpc('finish'),
  /** `answer`: the query that the provider sent the browser back with. */
  input: z.strictObject({ answer: z.string().max(8192), browser: z.string().max(200), redirectUri: z.url({ protocol: /^https?$/ }), address: Address, device: Device.optional() }),
  reply: z.object({ tokens: TokenPair, returnTo: ReturnPath, notice: OidcNotice.optional() }),
  access: { by: 'anyone' },
});
