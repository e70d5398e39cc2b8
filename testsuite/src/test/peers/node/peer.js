// Copyright 2026 The netty-iocp authors
//
// Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
// the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0

// A peer for the tests of named pipes, built on Node's net module: a server or a client of one pipe. What it is told by
// its command line and what it prints is in ../README.md.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const zlib = require('node:zlib');

const [role, pipe, behaviour, ...rest] = process.argv.slice(2);
const options = Object.fromEntries(rest.map(argument => argument.split('=', 2)));
const text = (name, otherwise) => options[name] ?? otherwise;
const number = (name, otherwise) => name in options ? Number(options[name]) : otherwise;

// Synchronous: a mark must not wait for the event loop.
const mark = line => fs.writeSync(1, line + '\n');
const hex = sum => sum.toString(16).padStart(8, '0');

function fail(error) {
    mark(`ERROR ${error.code ?? error.message ?? error}`);
    process.exit(1);
}

// As a crash does: nothing is closed, flushed or said.
function die() {
    mark('DYING');
    process.kill(process.pid, 'SIGKILL');
}

/** The generator of all peers: the same seed gives the same bytes in each of them. */
function xorshift(seed) {
    let x = seed | 0;
    return () => {
        x ^= x << 13;
        x ^= x >>> 17;
        x ^= x << 5;
        return x >>> 0;
    };
}

function data(size, seed) {
    const random = xorshift(seed);
    const words = new Uint32Array(Math.ceil(size / 4));
    for (let i = 0; i < words.length; i++) {
        words[i] = random();
    }
    return Buffer.from(words.buffer, 0, size);
}

/** Sends back what comes, until it ends. */
function echo(socket) {
    const dieAfter = number('die-after', -1);
    let echoed = 0;
    socket.on('data', part => {
        const full = !socket.write(part, () => {
            echoed += part.length;
            if (dieAfter >= 0 && echoed >= dieAfter) {
                die();
            }
        });
        if (full) {
            socket.pause();
        }
    });
    socket.on('drain', () => socket.resume());
    socket.on('end', () => {
        mark('END');
        socket.end();
    });
    socket.on('error', error => mark(`BROKEN ${error.code}`));
    socket.on('close', () => mark(`CLOSED ${echoed}`));
}

/** Sends and receives at the same time. */
function transfer(socket, done) {
    const expected = number('receive', -1);
    const dieAfter = number('die-after', -1);
    let received = 0;
    let sum = 0;
    let sending = true;
    let receiving = true;
    const finish = () => {
        if (!sending && !receiving) {
            socket.destroySoon();
        }
    };
    const endOfReceiving = () => {
        if (receiving) {
            receiving = false;
            mark(`RECEIVED ${received} ${hex(sum)}`);
            finish();
        }
    };
    socket.on('data', part => {
        sum = zlib.crc32(part, sum);
        received += part.length;
        if (dieAfter >= 0 && received >= dieAfter) {
            die();
        }
        if (expected >= 0 && received >= expected) {
            endOfReceiving();
        }
    });
    socket.on('end', () => {
        mark('END');
        endOfReceiving();
    });
    socket.on('error', error => {
        mark(`BROKEN ${error.code}`);
        sending = false;
        endOfReceiving();
    });
    socket.on('close', () => {
        mark('CLOSED');
        done();
    });
    send(socket, () => {
        sending = false;
        finish();
    });
    if (expected === 0) {
        endOfReceiving();
    }
}

function send(socket, sentAll) {
    const seed = number('seed', 1);
    const all = data(number('send', 0), seed);
    const sizes = xorshift(seed + 1);
    const largest = number('largest', 65536);
    const dieAfter = number('die-after-sent', -1);
    let sent = 0;
    const next = () => {
        if (sent === all.length) {
            mark(`SENT ${all.length} ${hex(zlib.crc32(all))}`);
            if (text('end', 'close') === 'half') {
                socket.end(() => mark('HALF-CLOSED'));
            }
            sentAll();
            return;
        }
        const size = Math.min(1 + sizes() % largest, all.length - sent);
        socket.write(all.subarray(sent, sent + size), error => {
            if (error) {
                return; // 'error' is emitted too.
            }
            sent += size;
            if (dieAfter >= 0 && sent >= dieAfter) {
                die();
            }
            next();
        });
    };
    next();
}

/** Sends pieces and waits for each to come back. */
function exchange(socket, done) {
    const seed = number('seed', 1);
    const all = data(number('send', 0), seed);
    const sizes = xorshift(seed + 1);
    const largest = number('largest', 65536);
    const dieAfter = number('die-after-sent', -1);
    let sent = 0;
    let received = 0;
    let sum = 0;
    const next = () => {
        if (dieAfter >= 0 && sent >= dieAfter) {
            die();
        }
        if (sent === all.length) {
            mark(`SENT ${all.length} ${hex(zlib.crc32(all))}`);
            mark(`RECEIVED ${received} ${hex(sum)}`);
            socket.destroySoon();
            return;
        }
        const size = Math.min(1 + sizes() % largest, all.length - sent);
        socket.write(all.subarray(sent, sent + size));
        sent += size;
    };
    socket.on('data', part => {
        sum = zlib.crc32(part, sum);
        received += part.length;
        if (received === sent) {
            next();
        }
    });
    socket.on('error', fail);
    socket.on('close', () => {
        mark('CLOSED');
        done();
    });
    next();
}

/** Does round trips on some connections for some time, and counts those after the warm-up. */
async function load() {
    const size = number('bytes', 64);
    const sockets = [];
    for (let i = 0; i < number('connections', 1); i++) {
        sockets.push(await dial());
    }
    mark('CONNECTED');
    const message = data(size, 1);
    const began = process.hrtime.bigint() + BigInt(number('warmup', 0)) * 1000000n;
    const end = began + BigInt(number('millis', 1000)) * 1000000n;
    const trips = await Promise.all(sockets.map(socket => new Promise(done => {
        let count = 0;
        let received = 0;
        socket.on('error', fail);
        socket.on('data', part => {
            received += part.length;
            if (received < size) {
                return;
            }
            received = 0;
            const now = process.hrtime.bigint();
            if (now >= began) {
                count++;
            }
            if (now < end) {
                socket.write(message);
            } else {
                socket.destroy();
                done(count);
            }
        });
        socket.write(message);
    })));
    const micros = (process.hrtime.bigint() - began) / 1000n;
    mark(`TRIPS ${trips.reduce((a, b) => a + b)} ${micros} ${Math.min(...trips)} ${Math.max(...trips)}`);
}

function serve(handle) {
    const clients = number('clients', -1);
    let accepted = 0;
    let closed = 0;
    const server = net.createServer({ allowHalfOpen: true }, socket => {
        mark('ACCEPTED');
        if (++accepted === clients) {
            server.close();
        }
        handle(socket);
        socket.on('close', () => {
            if (++closed === clients) {
                finished();
            }
        });
    });
    server.on('error', fail);
    server.listen(pipe, () => mark('LISTENING'));
}

/** Node waits up to 30 seconds while all instances are busy, and doesn't wait for a pipe that isn't there. */
function dial() {
    return new Promise(connected => {
        const socket = net.connect({ path: pipe, allowHalfOpen: true });
        socket.once('error', fail);
        socket.once('connect', () => {
            socket.removeListener('error', fail);
            connected(socket);
        });
    });
}

function finished() {
    mark('DONE');
    process.exit();
}

/** When the process that started this one is gone, it ends too. */
function endWithParent() {
    const parent = process.ppid;
    if (parent > 0) {
        setInterval(() => {
            try {
                process.kill(parent, 0);
            } catch {
                process.exit(3);
            }
        }, 1000).unref();
    }
}

endWithParent();
process.on('uncaughtException', fail);

switch (`${role} ${behaviour}`) {
    case 'serve echo':
        serve(echo);
        break;
    case 'serve transfer':
        options.clients ??= '1';
        serve(socket => transfer(socket, () => {}));
        break;
    case 'dial transfer':
        dial().then(socket => {
            mark('CONNECTED');
            transfer(socket, finished);
        });
        break;
    case 'dial exchange':
        dial().then(socket => {
            mark('CONNECTED');
            exchange(socket, finished);
        });
        break;
    case 'dial load':
        load().then(finished);
        break;
    default:
        fail(`cannot ${role} ${behaviour}`);
}
