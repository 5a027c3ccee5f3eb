// What HTTP jobs may not reach: by default nothing but public addresses, in whatever spelling (rows U1 to U5, U7).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startScheduler } from './support/scheduler.mjs';

let closed; // nothing allowed
let named; // only the name localhost
before(async () => {
  closed = await startScheduler({ settings: { 'Scheduler:Http:AllowedHosts': '' } });
  named = await startScheduler({ settings: { 'Scheduler:Http:AllowedHosts': 'localhost' } });
});
after(async () => {
  await closed?.stop();
  await named?.stop();
});

const refusedWhenWritten = [
  // U1: loopback, private, link-local, shared, benchmark, documentation, multicast, reserved; their IPv6 kin
  '127.0.0.1', '127.255.255.254', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '100.100.100.200', '0.0.0.0', '0.1.2.3', '192.0.0.192', '192.0.2.1',
  '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255',
  '[::]', '[::1]', '[fc00::1]', '[fd00:ec2::254]', '[fe80::1]', '[ff02::1]', '[::ffff:169.254.169.254]', '[::ffff:7f00:1]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b:1::1]', '[2002:a9fe:a9fe::]', '[2001::1]', '[2001:db8::1]',
  // U2: the same in decimal, octal, hex and short
  '2130706433', '2852039166', '0xA9FEA9FE', '0251.0376.0251.0376', '0x7f.1', '127.1', '0177.0.0.1', '127.0.1', '0', '017700000001',
];
const refusedForm = [
  'http://user@127.0.0.1/', 'http://user:password@example.com/', 'http://example.com@127.0.0.1/', 'http://127.0.0.1:80\\@example.com/', 'ftp://example.com/', 'file:///etc/passwd', 'gopher://example.com/', 'unix:/run/x', '//example.com/',
  'example.com', '/path', '', ' ', 'http://', 'http://[::1', 'http://exa mple.com/', 'http://example.com:99999/', 'http://example.com:0/', 'http://example.com:x/', 'http://example.com/\r\nX: 1',
  'javascript:alert(1)', 'data:text/plain,x', 'http://example.com:22/', 'http://example.com:25/', 'http://example.com:6379/', 'http://[fe80::1%25eth0]/',
];

describe('guard', { concurrency: true }, () => {

test('U1 U2: a private address in any spelling is refused when the job is written', async () => {
  for (const host of refusedWhenWritten) {
    for (const url of [`http://${host}/`, `https://${host}:8443/x`]) {
      const answer = await closed.post('/jobs', closed.job({ jobConfiguration: { url } }));
      assert.deepEqual([answer.status, Object.keys(answer.body.errors ?? {})], [400, ['jobConfiguration.url']], url);
    }
  }
});

test('U2 U7: a URL that is no plain http or https one is refused', async () => {
  for (const url of refusedForm) {
    const answer = await closed.post('/jobs', closed.job({ jobConfiguration: { url } }));
    assert.deepEqual([answer.status, Object.keys(answer.body.errors ?? {})], [400, ['jobConfiguration.url']], JSON.stringify(url));
  }
});

test('a public address is taken', async () => {
  for (const url of ['http://example.com/', 'https://93.184.216.34/x?y=1', 'http://[2606:2800:220:1:248:1893:25c8:1946]/', 'https://bücher.example/', 'http://example.com:8080/a%20b']) {
    await closed.create({ jobConfiguration: { url }, isEnabled: false });
  }
});

test('U1: a name or a variable that leads there is refused at the connection, without telling what listens', async () => {
  const { port } = closed.target;
  const messages = [];
  for (const [url, parameters] of [[`http://localhost:${port}/ok`], [`http://localhost.:${port}/ok`], ['http://localhost:1/'], [`http://127.0.0.1.:${port}/ok`], [`http://{{Parameters.host}}:${port}/ok`, { host: '127.0.0.1' }],
    [`http://{{Parameters.host}}:${port}/ok`, { host: '2130706433' }], [`http://{{Parameters.host}}:${port}/ok`, { host: '[::ffff:127.0.0.1]' }], ['{{Parameters.url}}', { url: `http://127.0.0.1:${port}/ok` }]]) {
    const job = await closed.create({ jobConfiguration: { url }, retryPolicy: { maxAttempts: 3, delaySeconds: 0 } });
    const execution = await closed.run(job, parameters && { parameters });
    assert.equal(execution.status, 'Failed', url);
    assert.match(execution.errorMessage, /private or reserved address|could not be resolved/, url);
    if (execution.errorMessage.includes('private')) assert.equal((await closed.executions(job)).length, 1, 'it is not tried again');
    messages.push(execution.errorMessage);
  }
  assert.equal(messages[0].replace(/\d+/g, ''), messages[2].replace(/\d+/g, ''), 'an open and a closed port look the same');
  assert.equal(closed.target.calls.length, 0);
});

test('U4: every hop of a redirect is checked', async () => {
  const { port } = named.target;
  const start = (to) => named.create({ jobConfiguration: { url: `http://localhost:${port}/redirect/x?to=${encodeURIComponent(to)}`, followRedirects: true } });
  const allowed = await named.run(await start(`http://localhost:${port}/ok/hop`));
  assert.equal(allowed.status, 'Succeeded', allowed.errorMessage);
  for (const to of [`http://127.0.0.1:${port}/ok/forbidden`, `http://2130706433:${port}/ok/forbidden`, `http://[::ffff:127.0.0.1]:${port}/ok/forbidden`, 'http://169.254.169.254/latest/meta-data/', `http://user@localhost:${port}/ok/forbidden`]) {
    const execution = await named.run(await start(to));
    assert.equal(execution.status, 'Failed', to);
  }
  assert.equal(named.target.callsOf('/ok/forbidden').length, 0);
});

test('an allowed name does not allow its address', async () => {
  const answer = await named.post('/jobs', named.job({ jobConfiguration: { url: named.target.url('/ok') } }));
  assert.equal(answer.status, 400);
});

});
