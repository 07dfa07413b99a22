import { Unavailable } from '@citrus/kit-domain';

/** Nothing is wrong: the answer will be cheaper in a while, or it is not this server's turn yet. */
export class ComeBackLater extends Unavailable {}
