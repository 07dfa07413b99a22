/**
 * The one door to addresses that people enter. It resolves a name once, refuses what is not public unless the operator
 * allows it, and connects to exactly what it checked, so that a name that changes its mind changes nothing. It follows no
 * redirect: where one leads was not checked, and whoever entered the address is told (docs/adr/0039).
 */
import { Refusal, Unavailable } from '@citrus/kit-domain';
import { z } from 'zod';
import { createAddressRule, parseSubnet, type Subnet } from './addresses.ts';
import { exchange, USUAL_LIMITS, type Limits, type Message, type Outcome } from './exchange.ts';
import { checkedAddresses, resolveWithNameServers, type Resolve } from './resolve.ts';
import { parseTarget } from './target.ts';

const subnets = z.string().default('').transform((text, context): readonly Subnet[] => {
  try {
    return text.split(/[\s,]+/).filter(Boolean).map(parseSubnet);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof RangeError ? error.message : 'is no list of networks' });
    return z.NEVER;
  }
});

/** What an operator sets for a service that calls addresses of people. */
export const outboundConfig = {
  /** Networks that are not public and may be called all the same: `10.1.0.0/16 fd00::/8`. */
  CITRUS_OUTBOUND_ALLOW: subnets,
  /** Whether addresses may begin with http://. */
  CITRUS_OUTBOUND_ALLOW_HTTP: z.enum(['true', 'false']).default('false').transform((text) => text === 'true'),
};

export type OutboundPolicy = { readonly allow: readonly Subnet[]; readonly allowHttp: boolean };
/** `ca`: certificates to trust instead of the usual ones. */
type Parts = { readonly resolve?: Resolve; readonly limits?: Limits; readonly ca?: string };

export type Outbound = {
  /** Whether the address could be called now; gives it in its one form. @throws Refusal that says why not, Unavailable when nobody can say */
  check(url: string): Promise<string>;
  /** @throws never for the address or its answer: that is the outcome */
  post(url: string, message: Message): Promise<Outcome>;
};

export const createOutbound = ({ allow, allowHttp }: OutboundPolicy, { resolve = resolveWithNameServers(), limits = USUAL_LIMITS, ca }: Parts = {}): Outbound => {
  const isAllowed = createAddressRule(allow);
  const open = async (url: string) => {
    const target = parseTarget(url, { allowHttp });
    return { target, addresses: await checkedAddresses(target, { resolve, isAllowed }) };
  };
  return {
    check: async (url) => (await open(url)).target.url.href,
    post: async (url, message) => {
      try {
        return await exchange({ ...(await open(url)), message, limits, ca });
      } catch (error) {
        if (error instanceof Refusal) return { kind: 'failed', code: error.code, reason: error.message, durationMs: 0 };
        if (error instanceof Unavailable) return { kind: 'failed', code: 'name.unavailable', reason: error.message, durationMs: 0 };
        throw error;
      }
    },
  };
};
