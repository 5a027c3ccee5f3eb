// smtp.mjs - a mail server on loopback that keeps what it is given and answers as it is told.
//
//   const mail = await startMailServer({ tls: 'starttls', user: 'ada', password: 'secret' });
//   mail.settings()                      // EmailSettings that reach it
//   await mail.arrived(1)                // [{ from, to, text, headers, body, secured, user }], once there are so many
//   await mail.stop();
//
// tls: 'none' (default), 'starttls' or 'implicit', with a certificate of its own for 127.0.0.1 whose authority is mail.caFile.
// user, password: a login is needed. refusals: so many messages are answered by 451 first. hangs: after the greeting not a
// word more ('greeting'), none behind the end of a message ('data') or behind its acceptance ('quit'). refused: a recipient that gets a 550.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { waitFor } from './server.mjs';

function makeCertificate() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alphabet-mail-'));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2',
    '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' });
  return { folder, key: fs.readFileSync(key), cert: fs.readFileSync(cert), caFile: cert };
}

/** Headers unfolded, by lower-case name, and the text, of quoted-printable. */
export function parseMail(text) {
  const [head, ...rest] = text.split('\r\n\r\n');
  const headers = {};
  for (const line of head.replace(/\r\n[ \t]/g, ' ').split('\r\n')) {
    const at = line.indexOf(':');
    headers[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim();
  }
  const raw = rest.join('\r\n\r\n').replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return { headers, body: Buffer.from(raw, 'latin1').toString('utf8') };
}

/** A header that may hold encoded words, as a person reads it. */
export const decodeHeader = (text) => text.replace(/\?=\s+=\?/g, '?==?')
  .replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, base64) => Buffer.from(base64, 'base64').toString('latin1'))
  .replace(/[\x80-\xff]+/g, (bytes) => Buffer.from(bytes, 'latin1').toString('utf8'));

class Session {
  constructor(server, socket, secured) {
    Object.assign(this, { server, secured, user: null, lines: [], data: null });
    this.listen(socket);
    this.say('220 mail.test ready');
  }

  listen(socket) {
    this.socket = socket;
    this.rest = '';
    socket.setEncoding('latin1');
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      this.rest += piece;
      for (let at; (at = this.rest.indexOf('\r\n')) >= 0 && this.socket === socket;) {
        const line = this.rest.slice(0, at);
        this.rest = this.rest.slice(at + 2);
        this.take(line);
      }
    });
  }

  say(...lines) { this.socket.write(`${lines.join('\r\n')}\r\n`); }

  take(line) {
    this.server.lines.push(line);
    if (this.data !== null) { this.takeData(line); return; }
    if (this.expects) { this.expects(line); return; }
    const [word] = line.toUpperCase().split(/[ :]/);
    const { options } = this.server;
    if (options.hangs === 'greeting') return;
    if (word === 'EHLO') this.greet();
    else if (word === 'STARTTLS' && options.tls === 'starttls' && !this.secured) this.secure();
    else if (word === 'AUTH') this.login(line);
    else if (word === 'MAIL') this.begin(line);
    else if (word === 'RCPT') this.address(line);
    else if (word === 'DATA') { this.data = []; this.say('354 go on'); }
    else if (word === 'QUIT') { this.server.quits++; if (options.hangs !== 'quit') { this.say('221 bye'); this.socket.end(); } }
    else this.say('500 what?');
  }

  greet() {
    const extra = [];
    if (this.server.options.tls === 'starttls' && !this.secured) extra.push('STARTTLS');
    if (this.server.options.user) extra.push('AUTH PLAIN LOGIN');
    const all = ['mail.test', 'SIZE 1000000', ...extra];
    this.say(...all.map((text, i) => `250${i + 1 < all.length ? '-' : ' '}${text}`));
  }

  secure() {
    const plain = this.socket;
    this.say('220 go ahead');
    plain.removeAllListeners('data');
    this.secured = true;
    const { key, cert } = this.server.certificate;
    this.listen(new tls.TLSSocket(plain, { isServer: true, key, cert }));
  }

  login(line) {
    const check = (base64) => {
      this.expects = null;
      const [, user, password] = Buffer.from(base64, 'base64').toString('utf8').split('\0');
      const good = user === this.server.options.user && password === this.server.options.password;
      if (good) this.user = user;
      this.say(good ? '235 welcome' : '535 no');
    };
    const [, , initial] = line.split(' ');
    if (initial) { check(initial); return; }
    this.expects = check;
    this.say('334 ');
  }

  begin(line) {
    if (this.server.options.user && !this.user) { this.say('530 log in first'); return; }
    this.from = /<(.*)>/.exec(line)?.[1];
    this.to = [];
    this.say('250 fine');
  }

  address(line) {
    const to = /<(.*)>/.exec(line)?.[1];
    if (to === this.server.options.refused) { this.say('550 no such mailbox'); return; }
    this.to.push(to);
    this.say('250 fine');
  }

  takeData(line) {
    if (line !== '.') { this.data.push(line.startsWith('.') ? line.slice(1) : line); return; }
    const text = `${this.data.join('\r\n')}\r\n`;
    this.data = null;
    this.server.attempts++;
    if (this.server.options.hangs === 'data') return;
    if (this.server.attempts <= (this.server.options.refusals ?? 0)) { this.say('451 4.7.1 come back later'); return; }
    this.server.mails.push({ at: Date.now(), from: this.from, to: this.to, text, secured: this.secured, user: this.user, ...parseMail(text) });
    this.say('250 2.0.0 kept');
  }
}

class MailServer {
  constructor(options) {
    Object.assign(this, { options, mails: [], lines: [], attempts: 0, quits: 0, sockets: new Set() });
    if (options.tls && options.tls !== 'none') this.certificate = makeCertificate();
  }

  async start() {
    const accept = (socket) => { new Session(this, socket, this.options.tls === 'implicit'); };
    this.server = this.options.tls === 'implicit' ? tls.createServer(this.certificate, accept) : net.createServer(accept);
    this.server.on('connection', (socket) => { this.sockets.add(socket); socket.on('close', () => this.sockets.delete(socket)); });
    this.server.on('tlsClientError', () => {});
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get caFile() { return this.certificate.caFile; }

  settings() {
    const { tls: kind, user, password } = this.options;
    return {
      'EmailSettings:SmtpServer': '127.0.0.1', 'EmailSettings:SmtpPort': this.server.address().port, 'EmailSettings:From': 'alphabet@example.com',
      'Scheduler:Monitoring:FailedJobsAlertEmail': 'ops@example.com',
      ...(kind === 'implicit' ? { 'EmailSettings:UseTls': 'Tls' } : {}), ...(this.certificate ? { 'EmailSettings:CaFile': this.caFile } : {}),
      ...(user ? { 'EmailSettings:User': user, 'EmailSettings:Password': password } : {}),
    };
  }

  /** The messages, once there are COUNT of them. */
  arrived(count, seconds = 20) {
    return waitFor(() => this.mails.length >= count && this.mails, { what: `${count} e-mails`, seconds });
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
    if (this.certificate) fs.rmSync(this.certificate.folder, { recursive: true, force: true });
  }
}

export const startMailServer = (options = {}) => new MailServer(options).start();
