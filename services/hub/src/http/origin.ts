/** Whether a page of somebody else made the browser send this. Cookies travel by themselves, so changes ask for our Origin. */
import { Forbidden } from '@citrus/kit-domain';

export type Sent = { readonly method: string; readonly origin: string | undefined; readonly host: string | undefined; readonly isByCookie: boolean };

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);

export const refuseForeignOrigin = ({ method, origin, host, isByCookie }: Sent, publicUrl: string): void => {
  if (method === 'GET' || method === 'HEAD') return;
  if (origin === undefined && !isByCookie) return;
  const isOurs = origin !== undefined && (origin === new URL(publicUrl).origin || (host !== undefined && hostOf(origin) === host));
  if (!isOurs) throw new Forbidden('This request comes from a page that is not ours.', 'origin.foreign');
};
