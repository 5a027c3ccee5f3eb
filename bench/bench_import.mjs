// bench_import.mjs - how fast are definitions imported and exported, what do they hold up, and how much memory do they take?
//
// JOBS definitions (100,000) as one text are imported into an empty server in one transaction, exported, and imported
// again with `replace`. heldUpMillis is the longest that a small write waited meanwhile: the one transaction holds up
// every other write, an export none. cpuMicrosPerJob is the processor time of the server, which says more than the
// clock when others are at work; peakMegabytes is VmHWM of /proc/PID/status. The same work by hand beside it: JSON.parse
// and JSON.stringify of the text.
//
//   bench/run build/bench import          JOBS=100000 changes it
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import { startServer } from '../tests/api/support/server.mjs';

const JOBS = Number(process.env.JOBS || 100_000);
const V1 = '/api/v1/scheduler';
const LIMITS = { importPerSecond: 5000, exportMegabytesPerSecond: 10, peakMegabytes: 512 };

const server = await startServer();
const token = await server.login();
const ask = async (method, path, body, seconds = 300) => {
  const answer = await server.request(method, V1 + path, { token, body, seconds });
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
  return answer;
};
const memory = (field) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(fs.readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1000;
/** Seconds of processor time that the server has used. */
function cpu() {
  const text = fs.readFileSync(`/proc/${server.pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The bytes of an export, taken as they come. */
async function download() {
  const answer = await new Promise((resolve, reject) => {
    http.get(new URL(`${V1}/admin/export`, server.base), { headers: { Authorization: `Bearer ${token}` } }, resolve).on('error', reject);
  });
  assert.equal(answer.statusCode, 200);
  const chunks = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const round = (value) => Number(value.toFixed(1));
const timed = async (work) => {
  const began = process.hrtime.bigint();
  const result = await work();
  return [Number(process.hrtime.bigint() - began) / 1e9, result];
};

/** Small writes one after the other while WORK goes on: the longest that one took, in milliseconds. */
async function heldUp(work) {
  let done = false;
  let longest = 0;
  const writer = (async () => {
    const job = (await ask('POST', '/jobs', definition(-1))).body.id;
    while (!done) {
      const [seconds] = await timed(() => ask('PUT', `/jobs/${job}`, { description: `${Math.random()}` }));
      longest = Math.max(longest, seconds * 1000);
    }
    await ask('DELETE', `/jobs/${job}`);
  })();
  const result = await timed(work).finally(() => { done = true; });
  await writer;
  return [...result, longest];
}

const definition = (i) => ({
  name: `Job ${i}`, jobType: 'HttpCall', scheduleType: i % 2 ? 'Interval' : 'Cron', ...(i % 2 ? { intervalSeconds: 86400 } : { scheduleExpression: `${i % 60} ${i % 24} 1 1 *` }),
  jobConfiguration: { url: `https://example.org/${i}`, method: 'POST', body: { id: i } }, tags: [`t${i % 100}`],
});

try {
  const text = JSON.stringify({ version: 1, jobs: Array.from({ length: JOBS }, (_, i) => definition(i)) });
  const body = JSON.stringify({ jsonPayload: text });
  const [parse, tree] = await timed(() => JSON.parse(text));
  const [stringify] = await timed(() => JSON.stringify(tree));
  const idle = memory('VmRSS');
  const cpuIdle = cpu();
  const [importing, imported, importHeldUp] = await heldUp(() => ask('POST', '/admin/import', body));
  const cpuImport = cpu() - cpuIdle;
  assert.equal(imported.body, JOBS);
  const peak = memory('VmHWM');
  const cpuBefore = cpu();
  const [exporting, exported, exportHeldUp] = await heldUp(download);
  const cpuExport = cpu() - cpuBefore;
  const { jobs } = JSON.parse(exported);
  assert.equal(jobs.length >= JOBS, true);
  const part = { version: 1, jobs: jobs.slice(0, 20_000) };
  const [replacing, replaced] = await timed(() => ask('POST', '/admin/import', JSON.stringify({ jsonPayload: part, onConflict: 'replace' })));
  assert.equal(replaced.body, part.jobs.length);
  const figures = {
    jobs: JOBS,
    importSeconds: round(importing), importPerSecond: Math.round(JOBS / importing), importMegabytes: round(body.length / 1e6), importCpuMicrosPerJob: round(cpuImport * 1e6 / JOBS), importHeldUpMillis: Math.round(importHeldUp),
    exportSeconds: round(exporting), exportMegabytes: round(exported.length / 1e6), exportMegabytesPerSecond: round(exported.length / 1e6 / exporting), exportCpuMicrosPerJob: round(cpuExport * 1e6 / JOBS), exportHeldUpMillis: Math.round(exportHeldUp),
    replacePerSecond: Math.round(part.jobs.length / replacing),
    idleMegabytes: round(idle), peakMegabytes: round(peak), afterMegabytes: round(memory('VmRSS')), peakInAllMegabytes: round(memory('VmHWM')),
    byHandMegabytesPerSecond: { parse: round(text.length / 1e6 / parse), stringify: round(text.length / 1e6 / stringify) },
  };
  const held = figures.importPerSecond >= LIMITS.importPerSecond && figures.exportMegabytesPerSecond >= LIMITS.exportMegabytesPerSecond && figures.peakMegabytes <= LIMITS.peakMegabytes;
  console.log(JSON.stringify({ ...figures, limits: LIMITS, ok: held }));
} finally {
  await server.stop();
}
