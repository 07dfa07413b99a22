/** How the panel looks and listens in this browser. */
import { strings } from '../strings.ts';
import { overlay } from '../palette/keys.ts';
import { Panel } from '../ui/page.tsx';
import { areKeysOn, chooseTheme, switchKeys, theme, THEMES } from '../ui/preferences.ts';

const t = strings.appearance;

export const AppearancePanel = () => (
  <Panel title={t.title}>
    <div class="appearance">
      <fieldset class="segments">
        <legend>{t.theme}</legend>
        {THEMES.map((one) => (
          <label key={one} class="segment"><input type="radio" name="theme" value={one} checked={theme.value === one} onChange={() => chooseTheme(one)} />{t.themes[one]}</label>
        ))}
      </fieldset>
      <div>
        <label class="tick"><input type="checkbox" checked={areKeysOn.value} aria-describedby="keys-help" onChange={(event) => switchKeys(event.currentTarget.checked)} />{t.keys}</label>
        <p class="help" id="keys-help">{t.keysHelp} <button type="button" class="plain small inline" onClick={() => { overlay.value = 'help'; }}>{t.showKeys}</button></p>
      </div>
    </div>
  </Panel>
);
