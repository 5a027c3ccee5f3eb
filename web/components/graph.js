// graph.js - a graph of jobs, drawn: layers from left to right (on narrow screens downwards), to be zoomed and scrolled.
//
//   <${Graph} label=${t('workflow.graph')} nodes=${[{ id, name, dependsOn: [], state: 'Running', text: '3 s', onFailure: 'Stop' }]} to=${(node) => href(…)} />
//   <${Graph} … onPick=${(id) => …} picked=${id} marked=${new Set(ids)} />       // in place of TO: nodes are buttons
//
// One tab stop: the arrow keys go from node to node along the drawing, Enter opens or picks.
import { Button, Icon, classes, html, openAddress, stateLook, t, useEffect, useMemo, useRef, useState } from '../core.js';
import { layOut, nodeHeight, nodeWidth } from './graph_layout.js';

const margin = 12;
const narrow = 620; // px: a box below that shows the layers downwards
const readable = 0.72; // smaller than that only when one asks for it
const steps = [0.25, 0.35, 0.5, 0.72, 1, 1.35, 1.8];
const room = nodeWidth - 68; // for the name, between the icon of the state and the mark

let pen; // measures names as they are drawn
function widthOf(text) {
  if (!pen) {
    pen = document.createElement('canvas').getContext('2d');
    pen.font = `500 13px ${getComputedStyle(document.body).fontFamily}`;
  }
  return pen.measureText(text).width;
}

/** The beginning of a name that finds room in a node. */
function cut(text) {
  if (widthOf(text) <= room) return text;
  const letters = [...text];
  let [fits, tooLong] = [0, letters.length];
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (widthOf(`${letters.slice(0, middle).join('')}…`) <= room) fits = middle; else tooLong = middle;
  }
  return `${letters.slice(0, fits).join('').trimEnd()}…`;
}

/** What the drawing around a node says, for those who do not see it. */
const saysOf = (node, names) => [
  node.dependsOn.length > 0 ? t('graph.after', { names: node.dependsOn.map((id) => names.get(id) ?? id).join(', ') }) : t('graph.first'),
  node.onFailure && t(`onFailure.${node.onFailure}.short`),
].filter(Boolean).join('; ');

function Node({ node, place, says, isAt, isPicked, isMarked, to, onPick, onHot }) {
  const [icon, tone] = node.state ? stateLook(node.state) : ['jobs', 'muted'];
  const address = to?.(node);
  const open = (event) => {
    if (!address || event.metaKey || event.ctrlKey || event.shiftKey || event.button > 0) return;
    event.preventDefault();
    openAddress(address);
  };
  const shown = useMemo(() => cut(node.name), [node.name]);
  const second = [node.state && t(`state.${node.state}`), node.text].filter(Boolean).join(' · ');
  const inside = html`<rect class="gnode-box" width=${nodeWidth} height=${nodeHeight} rx="8" />
    <g class="gnode-icon" transform="translate(12 ${nodeHeight / 2 - 9})"><${Icon} name=${icon} size="18" /></g>
    <svg x="40" width=${nodeWidth - 66} height=${nodeHeight}><text class="gnode-name" y=${second ? 21 : 30}>${shown}</text>${second && html`${' '}<text class="gnode-text" y="38">${second}</text>`}</svg>
    ${node.onFailure && html`<g class="gnode-mark" transform=${`translate(${nodeWidth - 22} ${nodeHeight / 2 - 6})`}><${Icon} name=${node.onFailure === 'Stop' ? 'stop' : 'right'} size="12" /></g>`}`;
  const own = {
    class: classes('gnode', `tone-${tone}`, node.state && `is-${node.state.toLowerCase()}`, isPicked && 'is-picked', isMarked && 'is-marked'), 'data-node': node.id, 'data-tip': shown === node.name ? undefined : node.name, transform: `translate(${place.x} ${place.y})`,
    tabindex: isAt ? 0 : -1, 'aria-label': second ? `${shown} ${second}` : shown, 'aria-description': shown === node.name ? says : `${node.name}; ${says}`, onMouseEnter: () => onHot(node.id), onMouseLeave: () => onHot(null), onFocus: () => onHot(node.id, true), onBlur: () => onHot(null),
  };
  if (onPick) return html`<g ...${own} role="button" aria-pressed=${Boolean(isPicked || isMarked)} onClick=${() => onPick(node.id)}>${inside}</g>`;
  return address ? html`<a ...${own} href=${address} onClick=${open}>${inside}</a>` : html`<g ...${own} role="img">${inside}</g>`;
}

/** The node that an arrow key leads to from the one at PLACE: along an edge, or to the next beside it. */
function neighbour(key, isDown, node, nodes, places) {
  const here = places.get(node.id);
  const [back, on, before, after] = isDown ? ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'] : ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'];
  const side = (place) => (isDown ? place.x : place.y);
  const nearest = (list) => list.sort((a, b) => Math.abs(side(places.get(a.id)) - side(here)) - Math.abs(side(places.get(b.id)) - side(here)))[0];
  if (key === back) return nearest(nodes.filter(({ id }) => node.dependsOn.includes(id)));
  if (key === on) return nearest(nodes.filter(({ dependsOn }) => dependsOn.includes(node.id)));
  const same = nodes.filter(({ id }) => places.get(id).layer === here.layer && id !== node.id);
  if (key === before) return nearest(same.filter(({ id }) => side(places.get(id)) < side(here)));
  if (key === after) return nearest(same.filter(({ id }) => side(places.get(id)) > side(here)));
  return undefined;
}

export function Graph({ label, nodes, to, onPick, picked, marked, legend = true }) {
  const box = useRef(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [zoom, setZoom] = useState(null); // null: as large as fits and can be read; 'fit': whole; or a number
  const [hot, setHot] = useState(null);
  const [at, setAt] = useState(null);
  useEffect(() => {
    const measure = () => box.current && setSize({ width: box.current.clientWidth, height: Math.max(260, window.innerHeight * 0.62) });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const isDown = size.width > 0 && size.width < narrow;
  const shape = JSON.stringify(nodes.map(({ id, dependsOn }) => [id, dependsOn]));
  const { width, height, places, edges } = useMemo(() => layOut(nodes, { isDown }), [shape, isDown]);
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  const states = new Map(nodes.map(({ id, state }) => [id, state]));
  const [whole, tall] = [width + 2 * margin, height + 2 * margin];
  const fit = size.width > 0 ? Math.min(1, size.width / whole, size.height / tall) : 1;
  const scale = zoom === null ? Math.max(fit, Math.min(readable, 1)) : zoom === 'fit' ? fit : zoom;
  const current = places.has(at) ? at : nodes[0]?.id;

  const keyed = (event) => {
    const node = nodes.find(({ id }) => id === event.target.closest('[data-node]')?.dataset.node);
    if (!node) return;
    if (onPick && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      onPick(node.id);
      return;
    }
    if (!event.key.startsWith('Arrow')) return;
    event.preventDefault();
    const next = neighbour(event.key, isDown, node, nodes, places);
    if (!next) return;
    setAt(next.id);
    box.current.querySelector(`[data-node="${CSS.escape(next.id)}"]`)?.focus();
  };
  const heat = (id, isFocus) => { setHot(id); if (isFocus) setAt(id); };
  const larger = steps.find((step) => step > scale + 0.01);
  const smaller = steps.findLast((step) => step < scale - 0.01);
  const edgeClass = ({ from, to: end }) => classes('gedge', states.get(from) === 'Succeeded' && 'is-done', (hot === from || hot === end) && 'is-hot');
  const inFront = [...edges].sort((a, b) => Number(hot === a.from || hot === a.to) - Number(hot === b.from || hot === b.to));

  return html`<div class="graph">
    <div class="graph-tools">
      ${legend && html`<p class="graph-legend muted"><span><${Icon} name="stop" size="12" /> ${t('onFailure.Stop.short')}</span><span><${Icon} name="right" size="12" /> ${t('onFailure.Continue.short')}</span></p>`}
      <span class="row"><${Button} small kind="quiet" label=${t('graph.smaller')} disabled=${!smaller} onClick=${() => setZoom(smaller)} icon="minus" /><span class="number muted" role="status" aria-label=${t('graph.zoom')}>${Math.round(100 * scale)} %</span><${Button} small kind="quiet" label=${t('graph.larger')} disabled=${!larger} onClick=${() => setZoom(larger)} icon="plus" /><${Button} small kind="quiet" onClick=${() => setZoom('fit')} aria-pressed=${zoom === 'fit'}>${t('graph.fit')}</${Button}></span>
    </div>
    <div class="graph-box" ref=${box} role="region" aria-label=${t('graph.box')} tabindex="0" onKeyDown=${keyed}>
      <svg class="graph-drawing" width=${Math.round(whole * scale)} height=${Math.round(tall * scale)} viewBox=${`${-margin} ${-margin} ${whole} ${tall}`} role="group" aria-label=${`${label}. ${t('graph.help')}`}>
        <g aria-hidden="true">${inFront.map((edge) => html`<g key=${`${edge.from} ${edge.to}`} class=${edgeClass(edge)}><path d=${edge.path} /><path class="gedge-head" d=${edge.head} /></g>`)}</g>
        ${nodes.map((node) => html`<${Node} key=${node.id} node=${node} place=${places.get(node.id) ?? { x: 0, y: 0 }} says=${saysOf(node, names)} isAt=${node.id === current} isPicked=${node.id === picked} isMarked=${marked?.has(node.id)} to=${to} onPick=${onPick} onHot=${heat} />`)}
      </svg>
    </div>
  </div>`;
}
