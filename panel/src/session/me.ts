import { signal } from '@preact/signals';
import type { Me } from '../api/types.ts';

/** Who is signed in: undefined while that is not known yet, null when nobody is. */
export const me = signal<Me | null | undefined>(undefined);
