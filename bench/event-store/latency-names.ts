/** Where the limit of the machine publishes what it inserts. */
export const DUAL_WRITE_STREAM = 'DUAL_WRITE';
export const DUAL_WRITE_SUBJECT = 'dual.write';
