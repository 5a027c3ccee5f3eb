// The systemd unit keeps its promise: an exposure below 1.5 by systemd's own measure.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import { readText, root } from './source.mjs';

const unit = 'packaging/alphabet.service';
const measure = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' });
const version = Number(/systemd (\d+)/.exec(measure.stdout ?? '')?.[1] ?? 0);

test('the unit notifies, is watched, restarts, and runs without privileges', () => {
  const lines = readText(unit).split('\n');
  for (const line of ['Type=notify', 'WatchdogSec=30', 'Restart=always', 'KillMode=mixed', 'User=alphabet', 'UMask=0077',
    'NoNewPrivileges=yes', 'CapabilityBoundingSet=', 'ProtectSystem=strict', 'MemoryDenyWriteExecute=yes', 'StateDirectoryMode=0700']) {
    assert.ok(lines.includes(line), line);
  }
});

test('systemd measures an exposure below 1.5', { skip: version >= 250 ? false : 'needs systemd-analyze 250 or later' }, () => {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['security', '--offline=yes', '--threshold=15', '--no-pager', path.join(root, unit)], { encoding: 'utf8' });
  assert.equal(status, 0, stdout.trimEnd().split('\n').at(-1) + stderr);
});
