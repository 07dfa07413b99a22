/** What somebody wrote into a field of a form that the panel does not follow letter by letter. */
export const valueOf = (form: HTMLFormElement, name: string): string => {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value : '';
};
