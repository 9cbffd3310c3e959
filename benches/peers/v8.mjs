// V8 as an engine of the benchmarks, which has no wasm.h: measures in node what measurement.c, modules.c and timeline.c
// measure through it, and prints the numbers, seconds and bytes. Flags of node say how V8 compiles.
//
//     v8.mjs kernel <module> <function> <argument> <expected result> <least seconds of a sample> wall|cpu
//     v8.mjs first-call <module>
//     v8.mjs timeline <module> <function> <argument> <expected result> <seconds> <driver, or nothing>

import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

function wall() {
    return performance.now() / 1e3;
}

// Of all threads.
function cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
}

// --- Modules ---

// Otherwise JavaScript is not told the types of what a module imports and exports.
function tellTypes() {
    setFlagsFromString("--experimental-wasm-type-reflection");
}

// Imports of the types that the module asks for, of which nothing can be called.
function standIns(module) {
    const make = {
        function: () => () => {
            throw new Error("only here to be imported");
        },
        memory: (type) => new WebAssembly.Memory(type),
        table: (type) => new WebAssembly.Table(type),
        global: (type) => new WebAssembly.Global(type),
    };
    const imports = {};
    for (const { module: from, name, kind, type } of WebAssembly.Module.imports(module)) {
        imports[from] ??= {};
        imports[from][name] = make[kind](type);
    }
    return imports;
}

// Calls the first function without parameters that is exported, or else the first function, with zeros.
function callFirst(module, instance) {
    const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === "function");
    const { name, type } = functions.find(({ type }) => type.parameters.length === 0) ?? functions[0];
    const zeros = type.parameters.map((kind) => (kind === "i64" ? 0n : kind.endsWith("ref") ? null : 0));
    try {
        instance.exports[name](...zeros);
    } catch {
        // Where it traps, as all do that call an import, the call ends as well.
    }
}

function caller(instance, name, argument, expected) {
    const kernel = instance.exports[name];
    return () => {
        const result = kernel(Number(argument));
        if (result !== Number(expected)) throw new Error(`${name} gives ${result}`);
    };
}

// --- Measurements ---

function kernel(file, name, argument, expected, least, clock) {
    const now = clock === "wall" ? wall : cpu;
    const call = caller(new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file))), name, argument, expected);
    const seconds = (count) => {
        const start = now();
        for (let i = 0; i < count; i++) call();
        return now() - start;
    };
    let count = 1;
    for (let taken; (taken = seconds(count)) < Number(least);) count *= taken < least / 8 ? 8 : 2;
    return [seconds(count) / count];
}

function firstCall(file) {
    tellTypes();
    const bytes = readFileSync(file);
    const [start, cpuStart] = [wall(), cpu()];
    const module = new WebAssembly.Module(bytes);
    callFirst(module, new WebAssembly.Instance(module, standIns(module)));
    return [wall() - start, cpu() - cpuStart, process.resourceUsage().maxRSS * 1024];
}

function timeline(file, name, argument, expected, seconds, driver) {
    tellTypes();
    const bytes = readFileSync(file);
    const driverBytes = driver && readFileSync(driver);
    const start = wall();
    const module = new WebAssembly.Module(bytes);
    const imports = standIns(module);
    let instance = new WebAssembly.Instance(module, imports);
    if (driver) {
        imports.sqlite = instance.exports;
        instance = new WebAssembly.Instance(new WebAssembly.Module(driverBytes), imports);
    }
    const call = caller(instance, name, argument, expected);
    const ends = [wall() - start];
    do {
        call();
        ends.push(wall() - start);
    } while (ends.at(-1) < ends[1] + Number(seconds));
    return ends;
}

const [what, ...rest] = process.argv.slice(2);
const numbers = { kernel, "first-call": firstCall, timeline }[what](...rest);
console.log(numbers.join("\n"));
