/** What a cloud has to offer at the moment, for forms: only what a server could really be made of. */
import type { CloudCatalog } from '@citrus/contracts';

export type CloudOffers = Pick<CloudCatalog, 'regions' | 'sizes' | 'images'>;
