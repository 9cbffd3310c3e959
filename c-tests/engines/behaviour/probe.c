#include "probe.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char host_message[] = "the host had enough";

enum { TEXTS = 64, TEXT_SIZE = 512 };

// A text that was made before is overwritten when all the others were made.
static char* new_text(void) {
    static char texts[TEXTS][TEXT_SIZE];
    static size_t count;
    char* text = texts[count++ % TEXTS];
    text[0] = '\0';
    return text;
}

static void append(char* text, const char* format, ...) {
    const size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, TEXT_SIZE - length, format, arguments);
    va_end(arguments);
}

const char* text_of_kind(wasm_valkind_t kind) {
    switch (kind) {
        case WASM_I32: return "i32";
        case WASM_I64: return "i64";
        case WASM_F32: return "f32";
        case WASM_F64: return "f64";
        case WASM_EXTERNREF: return "externref";
        case WASM_FUNCREF: return "funcref";
        default: return "unknown";
    }
}

// Of floats the bits, so that NaNs are told apart.
const char* text_of_value(const wasm_val_t* value) {
    char* text = new_text();
    append(text, "%s ", text_of_kind(value->kind));
    switch (value->kind) {
        case WASM_I32: append(text, "%d", value->of.i32); break;
        case WASM_I64: append(text, "%lld", (long long)value->of.i64); break;
        case WASM_F32: append(text, "0x%08x", (unsigned)value->of.i32); break;
        case WASM_F64: append(text, "0x%016llx", (unsigned long long)value->of.i64); break;
        default: append(text, value->of.ref ? "something" : "null");
    }
    return text;
}

const char* text_of_limits(const wasm_limits_t* limits) {
    char* text = new_text();
    append(text, "%u", limits->min);
    if (limits->max != wasm_limits_max_default) append(text, " to %u", limits->max);
    return text;
}

const char* text_of_valtypes(const wasm_valtype_vec_t* types) {
    char* text = new_text();
    append(text, "(");
    for (size_t i = 0; i < types->size; i++) {
        append(text, "%s%s", i ? " " : "", text_of_kind(api->valtype_kind(types->data[i])));
    }
    append(text, ")");
    return text;
}

const char* text_of_type(const wasm_externtype_t* type) {
    char* text = new_text();
    if (type == NULL) {
        append(text, "no type");
        return text;
    }
    switch (api->externtype_kind(type)) {
        case WASM_EXTERN_FUNC: {
            const wasm_functype_t* func = api->externtype_as_functype_const(type);
            append(text, "function %s -> %s", text_of_valtypes(api->functype_params(func)),
                   text_of_valtypes(api->functype_results(func)));
            break;
        }
        case WASM_EXTERN_GLOBAL: {
            const wasm_globaltype_t* global = api->externtype_as_globaltype_const(type);
            append(text, "global %s %s", api->globaltype_mutability(global) == WASM_VAR ? "var" : "const",
                   text_of_kind(api->valtype_kind(api->globaltype_content(global))));
            break;
        }
        case WASM_EXTERN_TABLE: {
            const wasm_tabletype_t* table = api->externtype_as_tabletype_const(type);
            append(text, "table %s of %s", text_of_limits(api->tabletype_limits(table)),
                   text_of_kind(api->valtype_kind(api->tabletype_element(table))));
            break;
        }
        case WASM_EXTERN_MEMORY:
            append(text, "memory %s",
                   text_of_limits(api->memorytype_limits(api->externtype_as_memorytype_const(type))));
            break;
        case WASM_EXTERN_TAG: append(text, "tag"); break;
        default: append(text, "unknown");
    }
    return text;
}

const char* text_of_name(const wasm_name_t* name) {
    char* text = new_text();
    append(text, "\"");
    for (size_t i = 0; i < name->size; i++) {
        const unsigned char byte = (unsigned char)name->data[i];
        append(text, isprint(byte) ? "%c" : "\\%02x", byte);
    }
    append(text, "\"");
    return text;
}

const char* text_of_trap(const wasm_trap_t* trap) {
    static const char* const known[] = {
        "unreachable", "integer divide by zero", "integer overflow", "invalid conversion to integer",
        "out of bounds memory access", "undefined element", "out of bounds table access", "uninitialized element",
        "indirect call type mismatch", "call stack exhausted", host_message};
    if (trap == NULL) return "no trap";
    wasm_message_t message;
    api->trap_message(trap, &message);
    if (message.size == 0 || message.data[message.size - 1] != '\0') return "a message without NUL";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strstr(message.data, known[i])) return known[i];
    }
    return "words of its own";
}

wasm_store_t* new_store(void) {
    wasm_store_t* store = api->store_new(api->engine_new());
    if (store == NULL) api_fail("there is no store");
    return store;
}

guest_t new_guest(wasm_store_t* store, const char* name, size_t count, wasm_extern_t* imports[]) {
    wasm_byte_vec_t binary = api_read(api, name);
    guest_t guest = {.module = api->module_new(store, &binary)};
    if (guest.module == NULL) api_fail("%s is refused", name);
    const wasm_extern_vec_t externs = {count, imports};
    wasm_trap_t* trap = NULL;
    guest.instance = api->instance_new(store, guest.module, &externs, &trap);
    if (guest.instance == NULL) api_fail("%s is not instantiated: %s", name, text_of_trap(trap));
    api->instance_exports(guest.instance, &guest.exports);
    return guest;
}

wasm_func_t* guest_func(const guest_t* guest, const char* name) {
    return api_export(api, guest->module, &guest->exports, name);
}

wasm_func_t* new_func(wasm_store_t* store, const char* params, const char* results,
                      wasm_func_callback_with_env_t callback, void* env) {
    wasm_functype_t* type = api_functype(api, params, results);
    wasm_func_t* func = api->func_new_with_env(store, type, callback, env, NULL);
    if (func == NULL) api_fail("there is no function");
    return func;
}

wasm_trap_t* new_trap(wasm_store_t* store, const char* message) {
    const wasm_message_t with_nul = {strlen(message) + 1, (char*)message};
    return api->trap_new(store, &with_nul);
}

void say_call(const char* what, const wasm_func_t* func, size_t count, const wasm_val_t arguments[]) {
    wasm_val_t values[20];
    const wasm_val_vec_t args = {count, (wasm_val_t*)arguments};
    wasm_val_vec_t results = {api->func_result_arity(func), values};
    if (results.size > sizeof values / sizeof *values) api_fail("%s gives too much", what);
    for (size_t i = 0; i < results.size; i++) values[i] = (wasm_val_t)WASM_INIT_VAL;
    wasm_trap_t* trap = api->func_call(func, &args, &results);
    if (trap) {
        say("%s gives a trap: %s", what, text_of_trap(trap));
        api->trap_delete(trap);
        return;
    }
    char* text = new_text();
    for (size_t i = 0; i < results.size; i++) append(text, "%s %s", i ? "," : "", text_of_value(&values[i]));
    say("%s gives%s", what, *text ? text : " nothing");
}
