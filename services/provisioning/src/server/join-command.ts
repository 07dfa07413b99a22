/**
 * The one line that makes a machine a server of ours. The token stands in no argument list, where every user of the
 * machine could read it: `echo` is the shell's own, and its text goes into the shell that runs the script. The script
 * alone does nothing, so that half of it does nothing too.
 */
const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

export const joinCommandOf = ({ hubUrl, token }: { readonly hubUrl: string; readonly token: string }): string => {
  const hub = hubUrl.replace(/\/+$/, '');
  return `(curl -fsSL ${quoted(`${hub}/api/agents/install.sh`)} && echo "citrus_join ${quoted(hub)} ${quoted(token)}") | sudo sh`;
};
