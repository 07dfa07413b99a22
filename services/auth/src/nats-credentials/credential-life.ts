/** How long an agent's NATS credential lives: about a day, spread so that a fleet that enrolled together does not renew together. */
const LIFE_MS = 24 * 3_600_000;
const SPREAD = 0.2;

export const LONGEST_CREDENTIAL_LIFE_MS = LIFE_MS * (1 + SPREAD);
export const credentialLifeMs = (random: number = Math.random()): number => LIFE_MS * (1 - SPREAD + 2 * SPREAD * random);
