/** What a droplet would have done with its user data: the hub's address and the one-time token are read from the real script. */
export type FirstBoot = { readonly hubUrl: string; readonly token: string };

const HUB = /^export CITRUS_HUB_URL='([^']+)'$/m;
const TOKEN = /^printf '%s\\n' '([^']+)' >"\$CITRUS_ENROLMENT_TOKEN_FILE"$/m;

/** Undefined when the script is none that installs an agent: such a droplet stays without one. */
export const readFirstBoot = (userData: string): FirstBoot | undefined => {
  const [hubUrl, token] = [HUB.exec(userData)?.[1], TOKEN.exec(userData)?.[1]];
  return hubUrl !== undefined && token !== undefined ? { hubUrl, token } : undefined;
};
