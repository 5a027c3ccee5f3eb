// graph_layout.js - where the nodes of a graph without circles stand, and how its edges run. Pure.
//
//   const { width, height, places, edges } = layOut([{ id: 'a', dependsOn: [] }, { id: 'b', dependsOn: ['a'] }], { isDown: false });
//   places.get('b')    // {x, y, layer, at}: its corner, its layer, its place in the layer
//   edges[0]           // {from: 'a', to: 'b', path, head}: the curve and its arrow head, as data of SVG paths
//
// A node's layer is the longest way to it. Edges that pass layers get a bend in each, which is ordered and placed like a node,
// so that no edge runs behind a node. The order within the layers comes from a few sweeps to the means of the neighbours (the
// best of them is kept), the places from more sweeps, each layer as near to its neighbours' means as its order allows.

export const nodeWidth = 196;
export const nodeHeight = 50;
const bendSize = 10;
const mostBends = 4000; // of a larger graph long edges run straight
const mostCounted = 600; // edges up to which crossings are counted

/** The layer of each node: one more than the highest of those it depends on. What is on a circle stands in layer 0. */
export function layersOf(nodes) {
  const below = new Map(nodes.map(({ id }) => [id, []]));
  const open = new Map();
  for (const { id, dependsOn } of nodes) {
    const above = dependsOn.filter((each) => below.has(each));
    open.set(id, above.length);
    for (const each of above) below.get(each).push(id);
  }
  const layers = new Map(nodes.map(({ id }) => [id, 0]));
  const ready = nodes.filter(({ id }) => open.get(id) === 0).map(({ id }) => id);
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    for (const next of below.get(id)) {
      layers.set(next, Math.max(layers.get(next), layers.get(id) + 1));
      open.set(next, open.get(next) - 1);
      if (open.get(next) === 0) ready.push(next);
    }
  }
  return layers;
}

/** The layers as rows of points, {id?, ups, downs, size}, and the edges as the points they pass. */
function pointsOf(nodes, size) {
  const layers = layersOf(nodes);
  const points = new Map(nodes.map(({ id }) => [id, { id, layer: layers.get(id), ups: [], downs: [], size }]));
  const rows = Array.from({ length: 1 + Math.max(0, ...layers.values()) }, () => []);
  for (const point of points.values()) rows[point.layer].push(point);
  const wanted = nodes.flatMap(({ id, dependsOn }) => dependsOn.filter((from) => points.has(from) && layers.get(from) < layers.get(id)).map((from) => [points.get(from), points.get(id)]));
  const bends = wanted.reduce((sum, [from, to]) => sum + to.layer - from.layer - 1, 0);
  const edges = wanted.map(([from, to]) => {
    const passed = [from];
    for (let layer = from.layer + 1; layer < to.layer && bends <= mostBends; layer++) {
      const bend = { layer, ups: [], downs: [], size: bendSize };
      rows[layer].push(bend);
      passed.push(bend);
    }
    passed.push(to);
    for (let i = 1; i < passed.length; i++) {
      passed[i - 1].downs.push(passed[i]);
      passed[i].ups.push(passed[i - 1]);
    }
    return passed;
  });
  return { rows, edges, points };
}

const meanOf = (points, of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
const number = (rows) => { for (const row of rows) row.forEach((point, at) => { point.at = at; }); };

function crossingsOf(rows) {
  let count = 0;
  for (const row of rows) {
    const pairs = row.flatMap((point) => point.downs.map((down) => [point.at, down.at]));
    for (let i = 0; i < pairs.length; i++) for (let j = i + 1; j < pairs.length; j++) if ((pairs[i][0] - pairs[j][0]) * (pairs[i][1] - pairs[j][1]) < 0) count++;
  }
  return count;
}

/** Orders the points of each row so that few edges cross. */
function order(rows, edgeCount) {
  number(rows);
  const counts = edgeCount <= mostCounted;
  let best = { crossings: counts ? crossingsOf(rows) : Infinity, rows: rows.map((row) => [...row]) };
  for (let sweep = 0; sweep < 10 && best.crossings > 0; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const row of isDown ? rows : [...rows].reverse()) {
      const near = (point) => (isDown ? point.ups : point.downs);
      const wish = new Map(row.map((point) => [point, near(point).length > 0 ? meanOf(near(point), ({ at }) => at) : point.at]));
      row.sort((a, b) => wish.get(a) - wish.get(b) || a.at - b.at);
      row.forEach((point, at) => { point.at = at; });
    }
    const crossings = counts ? crossingsOf(rows) : -sweep;
    if (crossings < best.crossings) best = { crossings, rows: rows.map((row) => [...row]) };
  }
  best.rows.forEach((row, layer) => { rows[layer] = row; });
  number(rows);
}

/** Moves the points of a row as near to their wishes as their order and sizes allow (least squares: neighbours that would overlap become one block). */
function settle(row, gap, near) {
  const blocks = [];
  let offset = 0;
  row.forEach((point, index) => {
    if (index > 0) offset += (row[index - 1].size + point.size) / 2 + gap;
    point.offset = offset;
    const others = near(point);
    blocks.push({ sum: (others.length > 0 ? meanOf(others, ({ pos }) => pos) : point.pos) - offset, count: 1 });
    while (blocks.length > 1) {
      const [before, last] = blocks.slice(-2);
      if (before.sum / before.count <= last.sum / last.count) break;
      blocks.splice(-2, 2, { sum: before.sum + last.sum, count: before.count + last.count });
    }
  });
  let at = 0;
  for (const { sum, count } of blocks) for (let i = 0; i < count; i++, at++) row[at].pos = sum / count + row[at].offset;
}

function place(rows, gap) {
  for (const row of rows) {
    let end = 0;
    for (const point of row) { point.pos = end + point.size / 2; end += point.size + gap; }
    for (const point of row) point.pos -= end / 2;
  }
  for (let sweep = 0; sweep < 16; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const row of isDown ? rows : [...rows].reverse()) settle(row, gap, (point) => (isDown ? point.ups : point.downs));
  }
  for (const row of rows) settle(row, gap, (point) => [...point.ups, ...point.downs]);
}

/** IS_DOWN: the layers stand below each other, else beside each other. */
export function layOut(nodes, { isDown = false } = {}) {
  if (nodes.length === 0) return { width: 0, height: 0, places: new Map(), edges: [] };
  const long = isDown ? nodeHeight : nodeWidth; // along the edges
  const wide = isDown ? nodeWidth : nodeHeight; // across them
  const step = long + (isDown ? 40 : 64);
  const { rows, edges, points } = pointsOf(nodes, wide);
  order(rows, edges.length);
  place(rows, isDown ? 16 : 14);
  const all = rows.flat();
  const low = Math.min(...all.map(({ pos, size }) => pos - size / 2));
  const high = Math.max(...all.map(({ pos, size }) => pos + size / 2));
  const across = (point) => Math.round(10 * (point.pos - low)) / 10;
  const at = (along, side) => (isDown ? `${side} ${along}` : `${along} ${side}`);

  const curves = edges.map((passed) => {
    let [along, side] = [passed[0].layer * step + long, across(passed[0])];
    let path = `M${at(along, side)}`;
    for (const point of passed.slice(1)) {
      const isLast = point === passed.at(-1);
      const [nextAlong, nextSide] = [point.layer * step - (isLast ? 6 : 0), across(point)];
      const middle = (along + nextAlong) / 2;
      path += `C${at(middle, side)} ${at(middle, nextSide)} ${at(nextAlong, nextSide)}`;
      if (!isLast) path += `L${at(nextAlong + long, nextSide)}`;
      [along, side] = [nextAlong + (isLast ? 0 : long), nextSide];
    }
    const tip = passed.at(-1).layer * step;
    return { from: passed[0].id, to: passed.at(-1).id, path, head: `M${at(tip, side)}L${at(tip - 8, side - 4)}L${at(tip - 8, side + 4)}z` };
  });
  const places = new Map([...points].map(([id, point]) => {
    const [along, side] = [point.layer * step, across(point) - wide / 2];
    return [id, { x: isDown ? side : along, y: isDown ? along : side, layer: point.layer, at: point.at }];
  }));
  const [depth, breadth] = [(rows.length - 1) * step + long, high - low];
  return { width: isDown ? breadth : depth, height: isDown ? depth : breadth, places, edges: curves };
}

/** The nodes of a circle that would be there if ID depended on ABOVE, beginning with ID; undefined when there would be none. */
export function circleWith(nodes, id, above) {
  const of = new Map(nodes.map((node) => [node.id, node.dependsOn]));
  const from = new Map([[above, undefined]]); // node -> the one that depends on it, on the way from ABOVE up
  const open = [above];
  for (let each = open.shift(); each !== undefined; each = open.shift()) {
    if (each === id) {
      const circle = [];
      for (let step = id; step !== undefined; step = from.get(step)) circle.push(step);
      return circle;
    }
    for (const next of of.get(each) ?? []) if (!from.has(next)) { from.set(next, each); open.push(next); }
  }
  return undefined;
}
