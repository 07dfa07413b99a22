/** The panel: one page that reads what the hub tells and asks the hub to act. It decides nothing by itself. */
import { render } from 'preact';
import { Shell } from './shell/shell.tsx';

const place = document.getElementById('panel');
if (place) render(<Shell />, place);
