// chart.js - charts, fetched with the first one: uPlot in the colours of the theme, with a legend of marks, what the pointer
// is at, a choice of time by dragging, and its figures as a table for those who do not see it.
//
//   html`<${Chart} label=${…} height=${220} times=${seconds} series=${[{ label, tone: 'good', values, as: 'bars' }]} stacked
//     onZoom=${(from, to) => …} show=${number} />`
import { colours, html, localShort, number, subscribe, t, useEffect, useLayoutEffect, useMemo, useRef, useState, useStore } from '../core.js';

let library;
/** uPlot, which makes itself known to the window. */
function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `${document.documentElement.dataset.assets}/vendor/uplot.js`;
    script.onload = () => resolve(window.uPlot);
    script.onerror = () => { library = undefined; reject(new Error(script.src)); };
    document.head.append(script);
  });
  return library;
}

/** What a name of the theme is just now: colourOf(element, '--line'). */
function colourOf(element, name) {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
const faded = (colour, part) => `color-mix(in srgb, ${colour} ${part}%, transparent)`;

/** Sums from the bottom, for what stands on each other; the top one first, as it is drawn behind. */
function stackUp(series) {
  const sums = [];
  let below = [];
  for (const { values } of series) {
    below = values.map((value, index) => (value ?? 0) + (below[index] ?? 0));
    sums.push(below);
  }
  return sums;
}

// Counts have no halves.
const wholeSteps = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((each) => each * 10 ** power)).flat();

const gaps = (plot, space) => (plot.width < 480 ? space * 1.6 : space);

/** The ticks of time below: hours, or days, in the reader's zone. */
function timeLabels(plot, splits, axis, space, step) {
  let day = '';
  return splits.map((seconds) => {
    const d = new Date(seconds * 1000);
    const date = d.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
    if (step >= 86_400) return date;
    const time = d.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
    const isNew = date !== day && (day !== '' || step >= 3600 * 6) && d.getHours() === 0;
    day = date;
    return isNew ? date : time;
  });
}

function optionsOf(Plot, box, { series, stacked, height, show, onZoom, step }) {
  const line = colourOf(box, '--line');
  const ink = colourOf(box, '--text-faint');
  const font = `11px ${getComputedStyle(box).fontFamily}`;
  const drawn = series.map((each) => {
    const colour = colourOf(box, `--${each.tone === 'muted' ? 'muted' : each.tone}-fill`);
    if (each.as !== 'line') return { stroke: colour, fill: colour, width: 0, paths: Plot.paths.bars({ size: [0.8, 40], gap: 0 }), points: { show: false } };
    return { stroke: colour, width: 1.75, fill: each.fills ? faded(colour, 14) : undefined, points: { show: series[0].values.length < 2, size: 5, fill: colour }, spanGaps: true, paths: each.as === 'steps' ? Plot.paths.stepped({ align: 1 }) : undefined };
  });
  return {
    width: Math.max(80, box.clientWidth), height, padding: [8, 8, 0, 0], legend: { show: false },
    cursor: { points: { show: false }, y: false, drag: { x: Boolean(onZoom), y: false, setScale: false } },
    scales: {
      x: { time: true, range: (plot, min, max) => [min - step / 2, max + step / 2] },
      y: { range: (plot, min, max) => [0, Math.max(1, max * 1.08)] },
    },
    axes: [
      { stroke: ink, font, grid: { show: false }, ticks: { stroke: line, size: 4 }, space: (plot) => gaps(plot, 64), values: timeLabels, size: 28 },
      { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, space: 36, size: 44, incrs: show === number ? wholeSteps : undefined, values: (plot, splits) => splits.map((value) => show(value)) },
    ],
    series: [{}, ...(stacked ? [...drawn].reverse() : drawn)],
  };
}

/**
 * TIMES: seconds since 1970, ascending; SERIES: [{label, tone, values, as: 'bars' | 'line' | 'steps', fills}], for STACKED from
 * the bottom up. SHOW(value) writes a figure. ON_ZOOM(from, to), in seconds, follows a drag across it.
 */
export function Chart({ label, times, series, stacked = false, height = 220, show = number, onZoom, showTime = (seconds) => localShort(seconds * 1000), hint }) {
  const box = useRef(null);
  const plot = useRef(null);
  const theme = useStore(colours);
  const [Plot, setPlot] = useState(() => window.uPlot);
  const [at, setAt] = useState(null); // {index, left}
  const step = times.length > 1 ? times[1] - times[0] : 60;
  const latest = useRef({});
  latest.current = { onZoom };
  useEffect(() => {
    if (Plot) return undefined;
    const load = () => loadLibrary().then((loaded) => setPlot(() => loaded), () => {}); // tried again with the next connection
    load();
    return subscribe(['hello'], load);
  }, [Plot]);
  const data = useMemo(() => [times, ...(stacked ? stackUp(series).reverse() : series.map(({ values }) => values))], [times, series]);

  useLayoutEffect(() => {
    if (!Plot) return undefined;
    const options = optionsOf(Plot, box.current, { series, stacked, height, show, onZoom, step });
    options.hooks = {
      setCursor: [(own) => setAt(own.cursor.idx === null || own.cursor.idx === undefined ? null : { index: own.cursor.idx, left: own.cursor.left + own.bbox.left / devicePixelRatio })],
      setSelect: [(own) => {
        if (own.select.width > 4) latest.current.onZoom?.(own.posToVal(own.select.left, 'x'), own.posToVal(own.select.left + own.select.width, 'x'));
        own.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      }],
    };
    const own = new Plot(options, data, box.current);
    plot.current = own;
    const resized = new ResizeObserver(() => { if (box.current) own.setSize({ width: Math.max(80, box.current.clientWidth), height }); });
    resized.observe(box.current);
    return () => { resized.disconnect(); own.destroy(); plot.current = null; };
  }, [Plot, theme, series.map(({ label: name, as }) => name + as).join(), stacked, height, step, Boolean(onZoom)]);
  useEffect(() => { if (plot.current) plot.current.setData(data); }, [data]);

  const index = at?.index;
  const isRight = at && box.current && at.left > box.current.clientWidth / 2;
  return html`<figure class="chart" aria-label=${label}>
    <div class="chart-legend" aria-hidden="true">${series.map((each) => html`<span key=${each.label} class=${`legend-entry tone-${each.tone}`}><span class="legend-mark"></span>${each.label}</span>`)}${hint && html`<span class="chart-hint hide-phone">${hint}</span>`}</div>
    <div class="chart-box" ref=${box} style=${{ minHeight: `${height}px` }} aria-hidden="true"></div>
    ${at && index < times.length && html`<div class="chart-tip" aria-hidden="true" style=${{ top: '2.25rem', ...(isRight ? { right: `${box.current.clientWidth - at.left + 12}px` } : { left: `${at.left + 12}px` }) }}>
      <div class="chart-tip-time">${showTime(times[index])}</div>
      ${[...series].reverse().map((each) => html`<div key=${each.label} class=${`chart-tip-row tone-${each.tone}`}><span class="legend-mark"></span>${each.label}<b>${show(each.values[index] ?? 0)}</b></div>`)}
    </div>`}
    <details class="details-table"><summary>${t('chart.table')}</summary><div class="table-scroll" tabindex="0" role="region" aria-label=${label}><table class="table">
      <thead><tr><th scope="col">${t('timeline.time')}</th>${series.map((each) => html`<th key=${each.label} scope="col" class="is-right">${each.label}</th>`)}</tr></thead>
      <tbody>${times.map((time, row) => html`<tr key=${time}><td>${showTime(time)}</td>${series.map((each) => html`<td key=${each.label} class="is-right">${show(each.values[row] ?? 0)}</td>`)}</tr>`)}</tbody>
    </table></div></details>
  </figure>`;
}

/** A small chart beside a figure, of bars. It says nothing that does not stand beside it. */
export function Spark({ values, tone = 'accent' }) {
  const most = Math.max(1, ...values);
  const width = 100 / values.length;
  return html`<svg class=${`spark tone-${tone}`} viewBox="0 0 100 32" preserveAspectRatio="none" aria-hidden="true" focusable="false">${values.map((value, index) => html`<rect key=${index} x=${index * width + width * 0.12} width=${width * 0.76} y=${32 - Math.max(value > 0 ? 1.5 : 0.5, 32 * value / most)} height=${Math.max(value > 0 ? 1.5 : 0.5, 32 * value / most)} opacity=${value > 0 ? 1 : 0.35} />`)}</svg>`;
}
