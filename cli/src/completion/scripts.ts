/** The shells' own parts. They only hand the words over: what fits is decided by the command itself, so they never get old. */
import type { Shell } from './completion.command.ts';

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_citrus() {
  local IFS=$'\\n'
  COMPREPLY=($(citrus complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _citrus citrus`,
  zsh: `#compdef citrus
_citrus() {
  local -a offers
  offers=(\${(f)"$(citrus complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  (( \${#offers} )) && compadd -- $offers || _files
}
if [ "$funcstack[1]" = _citrus ]; then _citrus "$@"; else compdef _citrus citrus; fi`,
  fish: `complete -c citrus -f -a '(citrus complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'`,
};

export const scriptFor = (shell: Shell): string => SCRIPTS[shell];
