/** An address as it is looked up, however a person writes it. */
export const normalEmail = (email: string): string => email.trim().toLowerCase();
