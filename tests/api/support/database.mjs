// database.mjs - the suite on PostgreSQL: with ALPHABET_TEST_DATABASE=postgres each server of startServer keeps what it
// knows in a database of its own instead of the SQLite file in its data folder.
//
//   const settings = await databaseOf(folder);     // for --set; the same database for the same folder; {} on SQLite
//   await dropDatabaseOf(folder);
//
// All of them are on one throw-away server: that of ALPHABET_TEST_POSTGRES, else one for this process.
//
//   tests/support/postgres run --no-fsync -- env ALPHABET_TEST_DATABASE=postgres node --test tests/api/jobs.test.mjs
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startPostgres } from '../../support/postgres.mjs';

export const isOnPostgres = process.env.ALPHABET_TEST_DATABASE === 'postgres';
/** For { skip: onlyOnSqlite } of a test that opens the database file. */
export const onlyOnSqlite = isOnPostgres && 'opens the SQLite file';

const names = new Map(); // by folder
let url; // a promise

async function sql(text) {
  await promisify(execFile)('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', await url, '-c', text]);
}

export async function databaseOf(folder) {
  if (!isOnPostgres) return {};
  url ??= process.env.ALPHABET_TEST_POSTGRES ? Promise.resolve(process.env.ALPHABET_TEST_POSTGRES)
    : startPostgres({ fsync: false }).then((server) => server.url);
  if (!names.has(folder)) {
    const name = `test_${process.pid}_${names.size + 1}`;
    names.set(folder, name);
    await sql(`create database ${name}`);
  }
  return {
    'Database:Provider': 'PostgreSql',
    'Database:ConnectionString': (await url).replace(/[^/]*$/, names.get(folder)),
  };
}

export async function dropDatabaseOf(folder) {
  if (names.has(folder)) await sql(`drop database ${names.get(folder)}`);
}
