/** Web addresses inside plain text: every second part of a split by this is one. */
export const ADDRESS = /(https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]])/;

export const firstAddressIn = (text: string): string | undefined => ADDRESS.exec(text)?.[0];
