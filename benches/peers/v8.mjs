#!/usr/bin/env -S node --no-liftoff
// V8 as an engine of the benchmarks, which has no wasm.h: measures a kernel as measurement.c does, and prints the
// seconds that a call takes. V8's best compiler compiles it at once, as those of the others do.
//
//     v8.mjs <module> <function> <argument> <expected result> <least seconds of a sample> wall|cpu

import { readFileSync } from "node:fs";

const [file, name, argument, expected, least, clock] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(file));
const kernel = instance.exports[name];

function now() {
    if (clock === "wall") return performance.now() / 1e3;
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
}

function seconds(count) {
    const start = now();
    for (let i = 0; i < count; i++) {
        const result = kernel(Number(argument));
        if (result !== Number(expected)) throw new Error(`${name} gives ${result}`);
    }
    return now() - start;
}

let count = 1;
for (let taken; (taken = seconds(count)) < Number(least);) count *= taken < least / 8 ? 8 : 2;
console.log(seconds(count) / count);
