// format.js - numbers, durations and times as people read them. Times are shown relative ("3 min ago"); the exact
// instant, in UTC and in the reader's zone, is the title of <Time> (components/basics.js).
import { t } from './texts.js';

const plain = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** 12,345 */
export const number = (value) => (value === null || value === undefined ? t('none') : plain.format(value));
/** 12.3K from ten thousand on, else 1,234 */
export const shortNumber = (value) => (Math.abs(value) < 10_000 ? plain.format(value) : compact.format(value));
/** 99.7 %: never rounded up to 100, never down to 0. */
export function percent(value) {
  const rounded = value > 99.9 && value < 100 ? 99.9 : value > 0 && value < 0.1 ? 0.1 : value;
  return `${oneDigit.format(rounded)}\u202f%`;
}

/** 12 ms, 1.2 s, 4 min 5 s, 3 h 2 min, 2 d 4 h; of milliseconds. */
export function duration(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return t('none');
  const sign = ms < 0 ? '−' : '';
  const left = Math.abs(ms);
  if (left < 1000) return `${sign}${Math.round(left)} ms`;
  if (left < 59_950) return `${sign}${oneDigit.format(left / 1000)} s`;
  const seconds = Math.round(left / 1000);
  const pair = (big, bigUnit, small, smallUnit) => `${sign}${big} ${bigUnit}${small ? ` ${small} ${smallUnit}` : ''}`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  if (seconds < 86_400) return pair(Math.floor(seconds / 3600), 'h', Math.floor(seconds / 60) % 60, 'min');
  return pair(Math.floor(seconds / 86_400), 'd', Math.floor(seconds / 3600) % 24, 'h');
}

/** 1.2 KiB */
export function bytes(count) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = count;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit++; }
  return `${oneDigit.format(value)} ${units[unit]}`;
}

const steps = [[60, 1, 's'], [3600, 60, 'min'], [86_400, 3600, 'h'], [30 * 86_400, 86_400, 'd'], [365 * 86_400, 30 * 86_400, 'mo'], [Infinity, 365 * 86_400, 'y']];

/** "3 min ago", "in 2 h", "now"; beyond a year the date. TIME is anything that Date takes. */
export function relative(time, now = Date.now()) {
  const seconds = (new Date(time).getTime() - now) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 1) return t('time.now');
  const [, size, unit] = steps.find(([limit]) => distance < limit);
  const amount = `${Math.floor(distance / size)} ${unit}`;
  return seconds < 0 ? t('time.ago', { amount }) : t('time.in', { amount });
}

const two = (value) => String(value).padStart(2, '0');
/** 2026-01-02 03:04:05 in the reader's own zone. */
export function local(time) {
  const d = new Date(time);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}
/** 03:04 today, else 2026-01-02 03:04. */
export function localShort(time, now = Date.now()) {
  const text = local(time);
  return text.slice(0, 10) === local(now).slice(0, 10) ? text.slice(11, 16) : text.slice(0, 16);
}
/** 2026-01-02 03:04:05.678 UTC */
export const utc = (time) => `${new Date(time).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
export const localZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
/** Both, for a title. */
export const exact = (time) => t('time.exact', { utc: utc(time), local: local(time), zone: localZone });
/** How many milliseconds until what relative() says of TIME can change. */
export function changesIn(time, now = Date.now()) {
  const distance = Math.abs(new Date(time).getTime() - now);
  return distance < 60_000 ? 1000 : distance < 3_600_000 ? 15_000 : 60_000;
}
