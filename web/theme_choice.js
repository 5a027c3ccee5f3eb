// theme_choice.js - light, dark, or as the system has it. The choice is a cookie, so that the server writes it into the page
// and the first thing painted is right.
import { createStore } from './store.js';
import { base } from './router.js';

const root = document.documentElement;
export const themeChoice = createStore(root.dataset.theme); // system, light or dark
/** Changes whenever colours do: what is drawn on a canvas is drawn again. */
export const colours = createStore(0);

export function chooseTheme(choice) {
  const life = choice === 'system' ? 0 : 365 * 86_400;
  document.cookie = `alphabet-theme=${choice}; Path=${base}; Max-Age=${life}; SameSite=Strict`;
  root.dataset.theme = choice;
  themeChoice.set(choice);
  colours.set(colours.get() + 1);
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => colours.set(colours.get() + 1));
export const lessMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
